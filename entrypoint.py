"""What GitHub starts: the step."""

import gc
import os
import signal
import sys
from contextlib import suppress

gc.disable()  # a step makes no cycles, and much that the collector would look through again
if sys.stdout is None:
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - it stays open

from gto_action.action import main  # noqa: E402 - its import is what the collector would watch

if __name__ == "__main__":
    # what is cancelled takes its temporary folder with it
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    code = main()
    with suppress(OSError):
        sys.stdout.flush()
    os._exit(code)  # all is written and closed: Python would take 9 ms to take itself apart
