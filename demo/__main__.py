"""`make demo`: the step as a runner starts it, on the demo registry or a repository of yours."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from demo.registry import build_demo, clone_as_a_runner
from demo.runner import read_outputs, runner_environment

ENTRYPOINT = Path(__file__).parent.parent / "entrypoint.py"
DEFAULT_TAG = "churn@v1.1.0"


def main() -> int:
    """Run the demo; give the step's exit code."""
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--tag", help="the tag that was pushed")
    parser.add_argument("--repo", help="a path or a URL, instead of the demo registry")
    asked = parser.parse_args()
    tag = asked.tag or DEFAULT_TAG
    with tempfile.TemporaryDirectory(prefix="gto-demo-") as folder:
        root = Path(folder)
        remote = asked.repo or str(build_demo(root / "remote.git"))
        if Path(remote).exists():
            remote = str(Path(remote).resolve())
        try:
            commit = clone_as_a_runner(remote, tag, root / "workspace")
        except subprocess.CalledProcessError:
            print(f"demo: there is no tag {tag} in {remote}", file=sys.stderr)
            return 1
        return run_step(root, tag, commit)


def run_step(root: Path, tag: str, commit: str) -> int:
    """Run the step on root/workspace, and show what it wrote. Gives its exit code."""
    environment = runner_environment(root, f"refs/tags/{tag}", commit)
    print(f"== the log of the step, for a push of {tag}", flush=True)
    done = subprocess.run([sys.executable, str(ENTRYPOINT)], env=environment, check=False)
    print(f"\n== the job summary\n{(root / 'summary.md').read_text()}")
    print("== the step outputs, as the runner reads them")
    for name, value in read_outputs((root / "output").read_text()).items():
        print(f"{name}: {value}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
