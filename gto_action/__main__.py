"""`python -m gto_action` and `gto-action`: the command line as a program."""

import gc
import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # until ``run`` handles it: no traceback

from gto_action.cli.app import main  # noqa: E402
from gto_action.util import program  # noqa: E402 - imports are what an interruption may cut


def run() -> None:
    """Run a command and end the process."""
    gc.disable()  # a command makes few cycles, and much that the collector would look through again
    program.run(main)


if __name__ == "__main__":
    run()
