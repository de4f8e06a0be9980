"""Values of YAML as JSON has them: the same in each process."""

from __future__ import annotations

import subprocess
import sys

from gto_action.util.json_values import plain

PROGRAM = """
from gto_action.util.json_values import plain
print(plain({"tasks": {"alpha", "beta", "gamma", 1, 2.5, None}}))
"""


def test_a_set_is_a_sorted_list_in_every_process() -> None:
    printed = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={"PYTHONHASHSEED": str(seed), "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(1, 5)
    }
    assert printed == {"{'tasks': ['alpha', 'beta', 'gamma', 1, 2.5, None]}\n"}


def test_what_json_lacks_becomes_text() -> None:
    assert plain({None: float("inf"), False: b"\xff", 1: (1, 2)}) == {
        "null": "inf",
        "false": "\ufffd",
        "1": [1, 2],
    }
