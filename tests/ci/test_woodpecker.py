"""Woodpecker CI: the tags come from the repository, with the credentials that a step has."""

from __future__ import annotations

from pathlib import Path

from testkit.servers import http_server
from tests.ci.harness import TAG, check_out
from tests.ci.secrets import PASSWORD, authorization


def test_the_tags_come_from_the_server(demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    with http_server(demo_remote.parent, authorization("robot")) as server:
        environment = {
            "CI": "woodpecker",
            "CI_SYSTEM_NAME": "woodpecker",
            "CI_COMMIT_TAG": TAG,
            "CI_COMMIT_SHA": job.commit,
            "CI_REPO_CLONE_URL": f"{server.url}/{demo_remote.name}",
            "CI_WORKSPACE": str(job.checkout),
            "CI_NETRC_USERNAME": "robot",
            "CI_NETRC_PASSWORD": PASSWORD,
        }
        result = job.run(environment=environment)
    assert result.code == 0, result.log
    assert result.variables["ARTIFACT_PREVIOUS_VERSION"] == "v1.0.0"
    assert PASSWORD not in result.log
