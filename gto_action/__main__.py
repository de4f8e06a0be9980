"""`python -m gto_action`: the command line."""

import sys

from gto_action.cli import main

if __name__ == "__main__":
    sys.exit(main())
