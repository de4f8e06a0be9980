"""`make picture`: write the job summary of the step on the demo registry to a file."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from testkit.demo_registry import build_demo
from testkit.repositories import git
from testkit.runner import clone_as_a_runner, runner_environment

ENTRYPOINT = Path(__file__).parent.parent / "entrypoint.py"
TAG = "churn#prod#3"
SERVER = "https://github.com"
REPOSITORY = "org/models"
"""The summary links to this repository on SERVER; the fetch is redirected to the demo."""


def main() -> None:
    """Write the summary to the file that is named on the command line."""
    with tempfile.TemporaryDirectory(prefix="gto-picture-") as directory:
        Path(sys.argv[1]).write_text(demo_summary(Path(directory)), encoding="utf-8")


def demo_summary(root: Path) -> str:
    """Return the Markdown that the step writes for a push of TAG. ``root`` is an empty directory.

    Raises subprocess.CalledProcessError if the step fails.
    """
    remote = build_demo(root / "remote.git")
    workspace = root / "workspace"
    commit = clone_as_a_runner(str(remote), TAG, workspace)
    url = f"{SERVER}/{REPOSITORY}"
    git("-C", str(workspace), "remote", "set-url", "origin", url)
    git("-C", str(workspace), "config", f"url.{remote.as_uri()}.insteadOf", url)
    environment = {
        **runner_environment(root, f"refs/tags/{TAG}", commit),
        "GITHUB_SERVER_URL": SERVER,
        "GITHUB_REPOSITORY": REPOSITORY,
    }
    command = (sys.executable, str(ENTRYPOINT))
    subprocess.run(command, env=environment, stdout=sys.stderr, check=True)
    return (root / "summary.md").read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
