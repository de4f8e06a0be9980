"""`make demo`: the step as a runner starts it, on the demo registry or a repository of yours.

On the demo registry a tour follows: tags are created there, and interpreted.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from gto_action.git.runner import without_userinfo
from testkit.demo_registry import build_demo
from testkit.runner import clone_as_a_runner, read_outputs, runner_environment

ENTRYPOINT = Path(__file__).parent.parent / "entrypoint.py"
DEFAULT_TAG = "churn@v1.1.0"


def main() -> int:
    """Run the demo; return the step's exit code, or 0 if the reader of the output is gone."""
    try:
        code = _run()
        sys.stdout.flush()
    except BrokenPipeError:  # as in `make demo | head`: nobody wants the rest
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _run() -> int:
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--tag", help="the tag that was pushed")
    parser.add_argument("--repo", help="a path or a URL, instead of the demo registry")
    requested = parser.parse_args()
    tag = requested.tag or DEFAULT_TAG
    with tempfile.TemporaryDirectory(prefix="gto-demo-") as directory:
        root = Path(directory)
        remote = requested.repo or str(build_demo(root / "remote.git"))
        if Path(remote).exists():
            remote = str(Path(remote).resolve())
        try:
            commit = clone_as_a_runner(remote, tag, root / "workspace")
        except subprocess.CalledProcessError:
            shown = without_userinfo(remote)
            print(f"demo: can't check out the tag {tag} of {shown}", file=sys.stderr)
            return 1
        code = run_step(root, tag, commit)
        return code if code or requested.repo else tour(Path(remote).as_uri())


def tour(url: str) -> int:
    """Register and assign on the demo registry, and interpret the pushed tags; return a code."""
    print("\n== the other half: tags are created, pushed, and interpreted")
    environment = {**os.environ, **_DEMONSTRATOR, "PYTHONPATH": str(ENTRYPOINT.parent)}
    for line in TOUR:
        print(f"$ gto-action {line} -r URL", flush=True)
        words = [sys.executable, "-m", "gto_action", *shlex.split(line), "-r", url]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        print(f"{done.stdout}{done.stderr}", flush=True)
        if done.returncode:
            return done.returncode
    return 0


TOUR = (
    "register churn main --bump-minor",
    "assign churn --version v2.1.0 --stage staging",
    "check-ref churn@v2.1.0",
    "check-ref 'churn#staging#6'",
    "show churn",
)
_DEMONSTRATOR = {"GIT_COMMITTER_NAME": "Ann Lee", "GIT_COMMITTER_EMAIL": "ann@example.org"}


def run_step(root: Path, tag: str, commit: str) -> int:
    """Run the step on root/workspace, and show what it wrote. Return its exit code."""
    environment = runner_environment(root, f"refs/tags/{tag}", commit)
    print(f"== the log of the step, for a push of {tag}", flush=True)
    command = [sys.executable, str(ENTRYPOINT)]
    # its output is passed on, so that only this program notices that the reader is gone
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, encoding="utf-8", errors="replace"
    ) as step:
        assert step.stdout is not None
        for line in step.stdout:
            print(line, end="", flush=True)
    print(f"\n== the job summary\n{(root / 'summary.md').read_text()}")
    print("== the step outputs, as the runner reads them")
    for name, value in read_outputs((root / "output").read_text()).items():
        print(f"{name}: {value}")
    return step.returncode


if __name__ == "__main__":
    sys.exit(main())
