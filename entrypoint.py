"""What GitHub starts: the step."""

import gc
import os
import sys

gc.disable()  # a step makes no cycles, and much that the collector would look through again

from gto_action.action import main  # noqa: E402 - its import is what the collector would watch

if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # all is written and closed: Python would take 9 ms to take itself apart
