"""What GitHub starts: the step."""

import gc
import os
import sys

gc.disable()  # a step makes no cycles, and much that the collector would look through again
if sys.stdout is None:
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - it stays open

from gto_action import program  # noqa: E402 - imports are what the collector would watch
from gto_action.action import main  # noqa: E402

if __name__ == "__main__":
    program.run(main)
