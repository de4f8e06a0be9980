"""`python -m gto_action` and `gto-action`: the command line as a program."""

import os
import signal
import sys
from contextlib import suppress

from gto_action.cli import main


def run() -> None:
    """Answer, and end at once: to take a million tags apart takes Python seconds."""
    # what is cancelled takes its temporary folder with it
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
