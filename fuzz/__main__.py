"""`python -m fuzz TARGET DIRECTORY [OPTION...]`: fuzz a target with atheris.

DIRECTORY keeps what was found to reach new code; the options are libFuzzer's.
"""

from __future__ import annotations

import sys
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("fuzzing needs atheris: run make fuzz")

with atheris.instrument_imports(include=["gto_action", "actions_toolkit"]):
    from testkit.fuzz_targets import SEEDS, TARGETS

if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in TARGETS:  # noqa: PLR2004 - a target and a directory
        sys.exit(
            f"usage: python -m fuzz TARGET DIRECTORY [OPTION...]; targets: {', '.join(TARGETS)}"
        )
    name, directory, *options = sys.argv[1:]
    corpus = Path(directory) / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[name]):
        (corpus / f"seed-{number}").write_bytes(seed)
    limits = ("-timeout=10", "-rss_limit_mb=1024", f"-artifact_prefix={directory}/{name}-")
    atheris.Setup([name, str(corpus), *limits, *options], TARGETS[name])
    atheris.Fuzz()
