"""`python -m gto_action` and `gto-action`: the command line as a program."""

from gto_action.cli.app import main
from gto_action.util import program


def run() -> None:
    """Answer."""
    program.run(main)


if __name__ == "__main__":
    run()
