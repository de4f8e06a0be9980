"""What GitHub starts: a step of the action that the argument names."""

import gc
import os
import signal
import sys
from functools import partial

signal.signal(signal.SIGINT, signal.SIG_DFL)  # until ``run`` handles it: no traceback
gc.disable()  # a step makes no cycles, and much that the collector would look through again
if sys.stdout is None:
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - it stays open

from gto_action.action.main import main  # noqa: E402
from gto_action.util import program  # noqa: E402 - imports are what the collector would watch
from gto_action.util.environment import forget_repositories  # noqa: E402 - as above

if __name__ == "__main__":
    forget_repositories(os.environ)
    program.run(partial(main, name="".join(sys.argv[1:])))
