"""Drone: the checkout has no tag, not even that of the build."""

from __future__ import annotations

from pathlib import Path

from testkit.repositories import git
from testkit.servers import http_server
from tests.ci.harness import TAG, check_out
from tests.ci.secrets import PASSWORD, authorization


def test_the_tags_come_from_the_server(demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    git("-C", str(job.checkout), "tag", "-d", TAG)
    with http_server(demo_remote.parent, authorization("robot")) as server:
        environment = {
            "DRONE": "true",
            "DRONE_TAG": TAG,
            "DRONE_COMMIT_REF": f"refs/tags/{TAG}",
            "DRONE_COMMIT_SHA": job.commit,
            "DRONE_GIT_HTTP_URL": f"{server.url}/{demo_remote.name}",
            "DRONE_WORKSPACE": str(job.checkout),
            "DRONE_NETRC_USERNAME": "robot",
            "DRONE_NETRC_PASSWORD": PASSWORD,
        }
        result = job.run(environment=environment)
    assert result.code == 0, result.log
    assert result.variables["ARTIFACT_PREVIOUS_VERSION"] == "v1.0.0"
    assert PASSWORD not in result.log
