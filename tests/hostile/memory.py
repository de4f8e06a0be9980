"""The memory that one run of the step takes, whatever ran before in this process."""

from __future__ import annotations

import sys
from dataclasses import replace

from testkit.step import Result, Workspace

_MEASURE = """
import os, sys
file, *command = sys.argv[1:]
_, status, usage = os.wait4(os.posix_spawn(command[0], command, os.environ), 0)
with open(file, "w") as output:
    output.write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status))
"""


def run_measured(workspace: Workspace, *, reports: bool = False) -> tuple[Result, int]:
    """Run the step; return its result and the peak memory of its largest process, in kilobytes.

    A process of its own starts the step: what is measured begins with the memory of its parent,
    and a process that runs tests may have taken any amount.
    """
    file = workspace.root / "peak-memory"
    wrapper = (sys.executable, "-I", "-S", "-c", _MEASURE, str(file))
    result = replace(workspace, wrapper=wrapper).run(show=reports, history=reports, summary=reports)
    return result, int(file.read_text())
