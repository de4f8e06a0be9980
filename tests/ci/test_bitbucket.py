"""Bitbucket Pipelines: git reaches the repository through a proxy that has the credentials."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from gto_action.ci.bitbucket import PROXY
from testkit.servers import http_server
from tests.ci.harness import TAG, check_out

ORIGIN = "http://bitbucket.org/remote.git"


def test_the_tags_come_through_the_proxy_and_the_outputs_are_variables(
    demo_remote: Path, tmp_path: Path
) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    variables = tmp_path / "variables"
    variables.write_text("BEFORE=1\n")
    environment = {
        "BITBUCKET_BUILD_NUMBER": "7",
        "BITBUCKET_TAG": TAG,
        "BITBUCKET_COMMIT": job.commit,
        "BITBUCKET_GIT_HTTP_ORIGIN": ORIGIN,
        "BITBUCKET_CLONE_DIR": str(job.checkout),
        "BITBUCKET_PIPELINES_VARIABLES_PATH": str(variables),
    }
    with http_server(demo_remote.parent, port=urlsplit(PROXY).port or 0) as server:
        result = job.run(environment=environment)
        assert server.authorizations
    assert result.code == 0, result.log
    lines = variables.read_text().splitlines()
    assert lines[0] == "BEFORE=1"
    assert dict(line.split("=", 1) for line in lines[1:]) == result.variables
    assert result.variables["ARTIFACT_PREVIOUS_VERSION"] == "v1.0.0"
    assert result.json["message"] == "Better by two points"


def test_a_step_that_fails_leaves_no_variables_of_an_earlier_one(
    demo_remote: Path, tmp_path: Path
) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    path = tmp_path / "variables"
    path.write_text("")
    variables = {"BITBUCKET_BUILD_NUMBER": "7", "BITBUCKET_PIPELINES_VARIABLES_PATH": str(path)}
    assert job.run(TAG, environment=variables).code == 0
    assert job.run("churn@v9.9.9", environment=variables).code == 6
    read = dict(line.split("=", 1) for line in path.read_text().splitlines())
    assert set(read.values()) == {""}


def test_without_the_url_the_checkout_s_remote_is_read(demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    result = job.run(TAG, environment={"BITBUCKET_BUILD_NUMBER": "7"})
    assert result.variables["ARTIFACT_PREVIOUS_VERSION"] == "v1.0.0"
