"""Buildkite: a reused checkout lacks the tag, and the commit may be HEAD."""

from __future__ import annotations

from pathlib import Path

import pytest

from testkit.repositories import git
from tests.ci.harness import TAG, check_out


@pytest.mark.parametrize("commit", ["HEAD", ""])
def test_the_tags_come_from_the_repository(commit: str, demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    git("-C", str(job.checkout), "tag", "-d", TAG)
    environment = {
        "BUILDKITE": "true",
        "BUILDKITE_TAG": TAG,
        "BUILDKITE_BRANCH": TAG,
        "BUILDKITE_COMMIT": commit or job.commit,
        "BUILDKITE_REPO": str(demo_remote),
        "BUILDKITE_BUILD_CHECKOUT_PATH": str(job.checkout),
    }
    result = job.run(environment=environment)
    assert result.code == 0, result.log
    assert result.variables["ARTIFACT_PREVIOUS_VERSION"] == "v1.0.0"
    moved = job.run(environment={**environment, "BUILDKITE_COMMIT": "0" * 40})
    assert (moved.code, "someone moved it" in moved.log) == (7, True)
