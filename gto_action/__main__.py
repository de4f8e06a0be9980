"""`python -m gto_action` and `gto-action`: the command line as a program."""

import gc

from gto_action.cli.app import main
from gto_action.util import program


def run() -> None:
    """Run a command and end the process."""
    gc.disable()  # a command makes few cycles, and much that the collector would look through again
    program.run(main)


if __name__ == "__main__":
    run()
