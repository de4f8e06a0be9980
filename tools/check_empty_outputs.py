"""Check that a step set every output of action.yml, and each to an empty string.

The environment variable OUTPUTS holds the step's outputs as JSON. Only the standard library is
used, so the script runs on any runner.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

ACTION = Path(__file__).parent.parent / "action.yml"


def main() -> str | None:
    """Return what is wrong, or ``None``."""
    outputs: dict[str, str] = json.loads(os.environ["OUTPUTS"])
    section = re.search(r"^outputs:\n(.*?)^\w", ACTION.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert section
    declared = re.findall(r"^  ([\w-]+):", section[1], re.MULTILINE)
    if missing := sorted(set(declared) - set(outputs)):
        return f"action.yml declares outputs that the step did not set: {', '.join(missing)}"
    if unknown := sorted(set(outputs) - set(declared)):
        return f"the step set outputs that action.yml does not declare: {', '.join(unknown)}"
    if full := sorted(name for name, value in outputs.items() if value):
        return f"outputs that should be empty: {', '.join(full)}"
    return None


if __name__ == "__main__":
    sys.exit(main())
