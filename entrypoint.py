"""What GitHub starts: the step."""

import sys

from gto_action.action import main

if __name__ == "__main__":
    sys.exit(main())
