"""GitLab CI/CD: the tags come from CI_REPOSITORY_URL, whose token is shown nowhere."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

from gto_action.ci.gitlab import CHILD_PIPELINE_FILE, NO_OP_JOB
from gto_action.ci.job import MASK
from testkit.repositories import Builder, git
from testkit.servers import http_server
from tests.ci.harness import TAG, Job, JobResult, check_out
from tests.ci.secrets import PASSWORD, authorization
from tests.registries import changed_models
from tests.terminal.harness import ask


def _environment(job: Job, url: str) -> dict[str, str]:
    return {
        "GITLAB_CI": "true",
        "CI_COMMIT_TAG": TAG,
        "CI_COMMIT_SHA": job.commit,
        "CI_REPOSITORY_URL": url,
        "CI_JOB_TOKEN": PASSWORD,
        "CI_PROJECT_DIR": str(job.checkout),
        "CI_JOB_IMAGE": "registry.example.org/gto-action:2",
    }


@pytest.mark.parametrize("with_token", [True, False])
def test_the_tags_come_from_the_server(with_token: bool, demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    with http_server(demo_remote.parent, authorization("gitlab-ci-token")) as server:
        user = f"gitlab-ci-token:{PASSWORD}@" if with_token else ""
        url = f"{server.url.replace('//', f'//{user}')}/{demo_remote.name}"
        result = job.run(environment=_environment(job, url))
    assert result.code == 0, result.log
    assert result.variables["ARTIFACT_PREVIOUS_VERSION"] == "v1.0.0"
    assert result.json["message"] == "Better by two points"
    assert PASSWORD not in result.log + (job.checkout / "gto.json").read_text()


def test_a_token_that_is_refused_is_masked(demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    with http_server(demo_remote.parent, authorization("nobody")) as server:
        url = server.url.replace("//", f"//gitlab-ci-token:{PASSWORD}@")
        result = job.run(environment=_environment(job, f"{url}/{demo_remote.name}"))
    assert result.code == 5, result.log
    assert PASSWORD not in result.log


def test_the_token_is_masked_in_what_other_programs_print(
    demo_remote: Path, tmp_path: Path
) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    environment = _environment(job, f"nonsense:{PASSWORD}@h/x")
    ssh = {"GIT_SSH_COMMAND": f"echo Permission denied: {PASSWORD} >&2; exit 1; #"}
    result = job.run(environment={**environment, **ssh})
    assert result.code == 5, result.log
    assert PASSWORD not in result.log
    assert MASK in result.log


@pytest.mark.parametrize("password", ["p%20w", "p%C3%A4", "p%40w"])
def test_a_password_with_any_character(password: str, demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    accepted = base64.b64encode(f"bob:{unquote(password)}".encode()).decode()
    with http_server(demo_remote.parent, f"basic {accepted}") as server:
        url = server.url.replace("//", f"//bob:{password}@")
        environment = _environment(job, f"{url}/{demo_remote.name}")
        result = job.run(environment={**environment, "CI_JOB_TOKEN": ""})
    assert result.code == 0, result.log
    assert result.variables["ARTIFACT_PREVIOUS_VERSION"] == "v1.0.0"


@pytest.mark.parametrize(
    "configuration",
    [
        {"url.{with_job_token}.insteadOf": "{bare}"},
        {"credential.{server}.helper": "!echo username=gitlab-ci-token; echo password=job #"},
    ],
)
def test_apply_pushes_with_its_token_whatever_the_runner_configured(
    configuration: dict[str, str], tmp_path: Path
) -> None:
    """Runners without a token in the URL rewrite it, or name a helper, in the checkout."""
    remote = changed_models(tmp_path / "org" / "models")
    git("-C", str(remote), "config", "http.receivepack", "true")
    with http_server(tmp_path, authorization("gitlab-ci-token")) as server:
        bare = f"{server.url}/org/models"
        places = {
            "bare": bare,
            "server": server.url,
            "with_job_token": bare.replace("//", "//gitlab-ci-token:job@"),
        }
        checkout = tmp_path / "checkout"
        git("clone", "--quiet", str(remote), str(checkout))
        git("-C", str(checkout), "remote", "set-url", "origin", bare)
        for key, value in configuration.items():
            git("-C", str(checkout), "config", key.format(**places), value.format(**places))
        environment = {
            "GITLAB_CI": "true",
            "CI_COMMIT_BRANCH": "main",
            "CI_COMMIT_SHA": git("-C", str(checkout), "rev-parse", "HEAD"),
            "CI_REPOSITORY_URL": places["with_job_token"],
            "CI_PROJECT_DIR": str(checkout),
            "INPUT_EVENTS": "register --changed",
            "INPUT_TOKEN": PASSWORD,
            "GITLAB_USER_NAME": "Ada",
            "GITLAB_USER_EMAIL": "ada@example.org",
        }
        result = ask("run", "--action", "apply", directory=checkout, environment=environment)
    assert result.code == 0, result
    events = json.loads((checkout / "gto-events.json").read_text())
    assert [event["tag"] for event in events] == ["a@v1.0.1", "b@v1.0.1"]
    assert PASSWORD not in result.output + result.errors


def test_a_tag_that_was_moved_fails(demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    environment = {**_environment(job, str(demo_remote)), "CI_COMMIT_SHA": "0" * 40}
    result = job.run(environment=environment)
    assert (result.code, "someone moved it" in result.log) == (7, True)


def test_a_merge_request_is_not_an_event(demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    environment = _environment(job, str(demo_remote))
    del environment["CI_COMMIT_TAG"]
    request = {"CI_MERGE_REQUEST_REF_PATH": "refs/merge-requests/1/head"}
    result = job.run(environment={**environment, **request})
    assert (result.code, set(result.variables.values())) == (0, {""}), result.log


def _hostile(message: str, tmp_path: Path) -> JobResult:
    builder = Builder(tmp_path / "remote.git")
    description = f"artifacts: {{churn: {{path: 'a b', desc: {message!r}}}}}"
    commit = builder.commit({"dvc.yaml": description})
    builder.tag("churn@v1.0.0", commit)
    builder.tag(TAG, commit, message)
    remote = builder.build()
    job = check_out(str(remote), tmp_path / "checkout")
    return job.run(environment=_environment(job, str(remote)))


@pytest.mark.parametrize(
    "message",
    [
        *("$CI_JOB_TOKEN", "%HOME%", "x\nARTIFACT_STAGE=evil", "x" * 6000),
        "x\r\x1b[0Ksection_start:1:x",
    ],
)
def test_no_text_of_a_tag_reaches_a_variable(message: str, tmp_path: Path) -> None:
    result = _hostile(message, tmp_path)
    assert result.code == 0, result.log
    assert result.json["message"] == message
    assert result.variables["ARTIFACT_STAGE"] == "prod"
    assert result.variables["ARTIFACT_PATH"] == ""
    pipeline = yaml.safe_load((result.directory / CHILD_PIPELINE_FILE).read_text())
    assert pipeline["variables"] == result.variables
    assert re.findall(r"section_start:[0-9]+:gto_action_[0-9]+", result.log)
    assert "\x1b[0Ksection_start:1:x" not in result.log


def test_the_child_pipeline_has_a_job_that_does_nothing(demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    for tag in (TAG, "release-2026-03"):
        environment = _environment(job, str(demo_remote))
        result = job.run(tag, environment={**environment, "CI_COMMIT_SHA": ""})
        assert result.code == 0, result.log
        pipeline = yaml.safe_load((job.checkout / CHILD_PIPELINE_FILE).read_text())
        assert pipeline[NO_OP_JOB]["image"]["name"] == "registry.example.org/gto-action:2"
        assert pipeline[NO_OP_JOB]["script"]


def test_the_person_who_started_the_pipeline_is_the_tagger(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "models", bare=False)
    builder.commit({"x": "x"})
    directory = Path(builder.build())
    environment = {
        "GITLAB_CI": "true",
        "GITLAB_USER_NAME": "Ada Lovelace",
        "GITLAB_USER_EMAIL": "ada@example.org",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_AUTHOR_NAME": "",
        "GIT_COMMITTER_NAME": "",
    }
    result = ask("register", "churn", directory=directory, environment=environment)
    assert result.code == 0, result
    shown = ask("history", "churn", "--json", directory=directory)
    assert "Ada Lovelace" in shown.output
