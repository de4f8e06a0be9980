"""Jenkins: the URL is that of the job's Git, whose credentials its own git has."""

from __future__ import annotations

import os
from pathlib import Path

from testkit.servers import http_server
from tests.ci.harness import TAG, check_out
from tests.ci.secrets import PASSWORD, authorization


def test_the_tags_come_from_the_server(demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    # what gitUsernamePassword of the Git plugin sets
    askpass = tmp_path / "askpass"
    askpass.write_text(
        '#!/bin/sh\ncase "$1" in Username*) echo "$GIT_USERNAME";; *) echo "$GIT_PASSWORD";; esac\n'
    )
    askpass.chmod(0o755)
    with http_server(demo_remote.parent, authorization("robot")) as server:
        environment = {
            "JENKINS_HOME": os.devnull,
            "TAG_NAME": TAG,
            "BRANCH_NAME": TAG,
            "GIT_COMMIT": job.commit,
            "GIT_URL": f"{server.url}/{demo_remote.name}",
            "WORKSPACE": str(job.checkout),
            "GIT_ASKPASS": str(askpass),
            "GIT_USERNAME": "robot",
            "GIT_PASSWORD": PASSWORD,
        }
        result = job.run(environment=environment)
    assert result.code == 0, result.log
    assert result.variables["ARTIFACT_PREVIOUS_VERSION"] == "v1.0.0"
    assert PASSWORD not in result.log
