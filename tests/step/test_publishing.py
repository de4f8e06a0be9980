"""Releases, deployments and events, against the API as GitHub describes it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testkit.github_api import DESCRIPTIONS, Failure, GitHubApi, github_api
from testkit.repositories import Builder, git
from testkit.step import Result, Workspace
from tests.conftest import Pushed as Push

TOKEN = "ghs_of-the-job"  # noqa: S105 - of nothing
OTHER = "ghs_of-an-app"
NAMES = "models/nlp=churn@v1.1.0"

pytestmark = pytest.mark.skipif(not DESCRIPTIONS.is_dir(), reason="needs npm, and make test")


@pytest.fixture
def api() -> Iterator[GitHubApi]:
    with github_api(TOKEN) as server:
        yield server


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, which the tests do not wait for."""
    pauses: list[float] = []
    monkeypatch.setattr("gto_action.forges.github_errors.time.sleep", pauses.append)
    return pauses


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    builder = Builder(tmp_path / "models.git")
    first = builder.commit(
        {
            "models/nlp/dvc.yaml": "artifacts: {churn: {path: c.pkl, type: model, desc: A *b*}}\n",
            "models/nlp/c.pkl": "1\n",
        }
    )
    builder.tag("models/nlp=churn@v1.0.0", first)
    second = builder.commit({"models/nlp/c.pkl": "2\n"})
    builder.tag(NAMES, second, message="Better")
    builder.tag("models/nlp=churn#prod#3", second)
    builder.tag("models/nlp=churn#prod!#4", second)
    builder.tag("models/nlp=churn#dev#5", first)
    builder.tag("models/nlp=churn#dev#6", second)
    builder.tag("models/nlp=churn@v1.0.0!#7", first)
    return builder.build()


@pytest.fixture
def pushed(pushed: Push) -> Push:
    """Return a function that checks out a tag of the run's own repository."""
    return lambda remote, tag: _of_run(pushed(remote, tag), Path(remote))


@pytest.fixture
def registration(remote: Path, pushed: Push) -> Workspace:
    return pushed(remote, NAMES)


def run(workspace: Workspace, api: GitHubApi, **inputs: str | bool) -> Result:
    environment = {
        "GITHUB_API_URL": api.url,
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "org/models",
        "GITHUB_RUN_ID": "42",
    }
    given: dict[str, str | bool] = {"token": TOKEN, **inputs}
    remote = ("-C", str(workspace.checkout), "ls-remote", "origin")
    api.commit_of = lambda tag: git(*remote, f"refs/tags/{tag}^{{}}").split()[0]
    return workspace.run(environment, None, **given)


OF_RUN = "https://github.com/org/models"


def _of_run(workspace: Workspace, remote: Path) -> Workspace:
    """Return a checkout whose remote is the run's repository, in the configuration of Git."""
    place = ("-C", str(workspace.checkout))
    git(*place, "remote", "set-url", "origin", OF_RUN)
    git(*place, "config", f"url.{remote}.insteadOf", OF_RUN)
    return workspace


def test_a_registration_is_released_once(remote: Path, api: GitHubApi, pushed: Push) -> None:
    api.commits = [("b" * 40, "Train <longer>", "models/nlp/c.pkl"), ("c" * 40, "no", "other")]
    workspace = pushed(remote, NAMES)
    for _ in range(2):
        result = run(workspace, api, release=True, summary=True)
        assert result.code == 0, result.log
    (release,) = api.releases
    assert (release["tag_name"], release["name"]) == (NAMES, "models/nlp:churn v1.1.0")
    assert release["prerelease"] is False
    for part in (
        "Description: A &#42;b&#42;",
        "Message: Better",
        "previous version: `v1.0.0`",
        "Train &lt;longer&gt;",
    ):
        assert part.replace("&lt;", "&#60;").replace("&gt;", "&#62;") in release["body"]
    assert "`c.pkl`" not in release["body"].replace("models/nlp/c.pkl", "")
    created = [each for each in api.requests if each.method == "POST"]
    assert [each.body["make_latest"] for each in created] == ["false"]
    assert result.outputs["release-url"] == release["html_url"]
    assert f"[release]({release['html_url']})" in result.summary


@pytest.mark.parametrize(("status", "message"), [(404, "No common ancestor"), (500, "Oops")])
def test_commits_that_cannot_be_listed_are_left_out_of_the_release(
    status: int, message: str, api: GitHubApi, registration: Workspace
) -> None:
    body = json.dumps({"message": message}).encode()
    api.failures += [Failure("GET", "/compare/", status, body=body)] * 9
    result = run(registration, api, release=True)
    assert result.code == 0, result.log
    assert "::notice::the release lists no commits: " in result.log
    assert message in result.log
    assert len(api.releases) == 1


def test_a_deregistered_version_has_a_marked_release(
    remote: Path, api: GitHubApi, pushed: Push
) -> None:
    workspace = pushed(remote, "models/nlp=churn@v1.0.0")
    assert run(workspace, api, release=True).code == 0
    assert api.releases[0]["prerelease"] is True  # it is deregistered by now
    for _ in range(2):
        result = run(workspace, api, release=True, ref="models/nlp=churn@v1.0.0!#7")
        assert result.code == 0, result.log
    note = "> Deregistered by the tag `models/nlp=churn@v1.0.0!#7`."
    assert api.releases[0]["body"].count(note) == 1
    assert len(api.releases) == 1


def test_an_assignment_has_one_deployment_of_its_own_task(
    remote: Path, api: GitHubApi, pushed: Push
) -> None:
    workspace = pushed(remote, "models/nlp=churn#dev#6")
    for _ in range(2):
        result = run(workspace, api, deployment=True, summary=True)
        assert result.code == 0, result.log
        assert result.outputs["deployment-id"] == "1"
    (deployment,) = api.deployments
    assert deployment["task"] == "deploy:models/nlp:churn"
    assert deployment["environment"] == "dev"
    assert deployment["ref"] == "models/nlp=churn#dev#6"
    url = "https://github.com/org/models/deployments/dev"
    assert result.outputs["deployment-url"] == url
    assert f"[deployment]({url})" in result.summary
    assert result.json()["deployment-id"] == "1"
    stale = run(workspace, api, deployment=True, ref="models/nlp=churn#dev#5")
    assert "no longer current" in stale.log
    assert (stale.code, stale.outputs["deployment-id"], len(api.deployments)) == (0, "", 1)


def test_a_tag_that_was_created_again_elsewhere_has_a_deployment_of_its_own(
    remote: Path, api: GitHubApi, pushed: Push
) -> None:
    workspace = pushed(remote, "models/nlp=churn#dev#6")
    assert run(workspace, api, deployment=True).outputs["deployment-id"] == "1"
    api.deployments[0]["sha"] = "1" * 40
    assert run(workspace, api, deployment=True).outputs["deployment-id"] == "2"
    assert run(workspace, api, deployment=True).outputs["deployment-id"] == "2"


def test_an_earlier_success_becomes_inactive_after_many_failures(
    api: GitHubApi, tmp_path: Path
) -> None:
    (tmp_path / "workspace").mkdir()
    states = ["success", "inactive", "success", *(["failure"] * 30), "in_progress"]
    for number, state in enumerate(states, start=1):
        url = f"{api.url}/repos/org/models/deployments/{number}"
        about = {"id": number, "task": "deploy:churn", "environment": "dev", "url": url}
        api.deployments.append(api.example("deployment", about))
        api.statuses[number] = [api.example("deployment-status", {"state": state})]
    step = Workspace(tmp_path, "", "", action="deployment")
    inputs = {"INPUT_DEPLOYMENT-ID": str(len(states)), "INPUT_STATE": "success"}
    assert _report(step, api, inputs).code == 0
    assert api.states(3) == ["success", "inactive"]
    assert api.states(1) == ["success"]  # what is before one that was made inactive is not read


@pytest.mark.parametrize(
    ("state", "reported"),
    [("success", "success"), ("failure", "failure"), ("cancelled", "error")],
)
def test_how_a_deployment_ended(
    state: str, reported: str, remote: Path, api: GitHubApi, pushed: Push
) -> None:
    """Only the deployments of the same artifact become inactive."""
    for number, task in enumerate(("deploy:models/nlp:churn", "deploy:other"), start=1):
        api.deployments.append(
            api.example(
                "deployment",
                {"id": number, "task": task, "environment": "dev"},
                {"ref": "old", "url": f"{api.url}/repos/org/models/deployments/{number}"},
            )
        )
        api.statuses[len(api.deployments)] = [api.example("deployment-status")]
    workspace = pushed(remote, "models/nlp=churn#dev#6")
    created = run(workspace, api, deployment=True).outputs["deployment-id"]
    step = Workspace(workspace.root, workspace.ref, workspace.sha, action="deployment")
    inputs = {"deployment-id": created, "state": state}
    environment = {f"INPUT_{name.upper()}": value for name, value in inputs.items()}
    for _ in range(2):
        result = _report(step, api, environment)
        assert result.code == 0, result.log
    assert api.states(int(created)) == [reported]
    others = [api.states(1), api.states(2)]
    before = api.example("deployment-status")["state"]
    assert before == "success"
    superseded = [before, "inactive"] if state == "success" else [before]
    assert others == [superseded, [before]]
    assert f"**{reported}**" in result.summary
    assert result.outputs == {"deployment-url": "https://github.com/org/models/deployments/dev"}


def _report(step: Workspace, api: GitHubApi, environment: dict[str, str]) -> Result:
    return step.run(
        {
            "GITHUB_API_URL": api.url,
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "org/models",
            "INPUT_TOKEN": TOKEN,
            **environment,
        }
    )


def test_an_older_success_leaves_a_newer_deployment_active(api: GitHubApi, tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    step = Workspace(tmp_path, "", "", action="deployment")
    for identifier in (1, 2):
        url = f"{api.url}/repos/org/models/deployments/{identifier}"
        values = {"id": identifier, "task": "deploy:churn", "environment": "prod"}
        api.deployments.append(
            api.example("deployment", values, {"url": url, "statuses_url": f"{url}/statuses"})
        )
        api.statuses[identifier] = []
    for number in ("2", "1"):
        environment = {"INPUT_STATE": "success", "INPUT_DEPLOYMENT-ID": number}
        assert _report(step, api, environment).code == 0
    assert (api.states(1), api.states(2)) == (["success"], ["success"])


@pytest.mark.parametrize(
    ("inputs", "code", "sentence"),
    [
        ({"INPUT_STATE": "success", "INPUT_DEPLOYMENT-ID": "9" * 99}, 2, "it is a number"),
        ({"INPUT_STATE": "success", "INPUT_DEPLOYMENT-ID": "\uff11"}, 2, "it is a number"),
        ({"INPUT_STATE": "won"}, 2, "the input state is 'won': write one of in_progress"),
        ({"INPUT_STATE": ""}, 2, "the input state is ''"),
        ({"INPUT_STATE": "success"}, 0, "there is no deployment-id"),
        ({"INPUT_STATE": "success", "INPUT_DEPLOYMENT-ID": "x"}, 2, "deployment-id is 'x'"),
        ({"INPUT_STATE": "success", "INPUT_DEPLOYMENT-ID": "9"}, 14, "(404: Not Found)"),
    ],
)
def test_what_can_not_be_reported(
    inputs: dict[str, str], code: int, sentence: str, api: GitHubApi, tmp_path: Path
) -> None:
    (tmp_path / "workspace").mkdir()
    result = _report(Workspace(tmp_path, "", "", action="deployment"), api, inputs)
    assert result.code == code
    assert sentence in result.log


def test_a_tag_of_another_repository_is_not_published(
    remote: Path, api: GitHubApi, pushed: Push
) -> None:
    workspace = pushed(remote, NAMES)
    place = ("-C", str(workspace.checkout))
    git(*place, "config", "--remove-section", f"url.{remote}")
    git(*place, "remote", "set-url", "origin", str(remote))
    result = run(workspace, api, release=True, path=".")
    assert result.code == 2
    assert "the tag is of another one" in result.log
    assert (api.requests, result.outputs["tag"]) == ([], NAMES)


def test_a_stale_deregistration_leaves_the_release_of_the_new_registration(
    api: GitHubApi, pushed: Push, tmp_path: Path
) -> None:
    builder = Builder(tmp_path / "again.git")
    commit = builder.commit({"a": "1"})
    for tag in ("churn@v1.0.0", "churn@v1.0.0!#2", "churn@v1.0.0#3"):
        builder.tag(tag, commit)
    workspace = pushed(builder.build(), "churn@v1.0.0#3")
    assert run(workspace, api, release=True).code == 0
    result = run(workspace, api, release=True, ref="churn@v1.0.0!#2")
    assert (result.code, api.releases[0]["prerelease"]) == (0, False)
    assert "is registered again" in result.log


def test_an_unassignment_makes_the_deployments_of_its_version_inactive(
    remote: Path, api: GitHubApi, pushed: Push
) -> None:
    task = {"task": "deploy:models/nlp:churn", "environment": "prod"}
    for number, ref in enumerate(("models/nlp=churn#prod#3", "models/nlp=churn#prod#9"), start=1):
        url = f"{api.url}/repos/org/models/deployments/{number}"
        api.deployments.append(api.example("deployment", task, {"url": url, "ref": ref}))
        api.statuses[number] = []
    result = run(pushed(remote, "models/nlp=churn#prod!#4"), api, deployment=True)
    assert result.code == 0, result.log
    assert (api.states(1), api.states(2)) == (["inactive"], [])
    assert result.outputs["deployment-id"] == ""


def test_another_repository_receives_the_event(remote: Path, pushed: Push) -> None:
    with github_api(OTHER) as api:
        workspace = pushed(remote, "models/nlp=churn#dev#6")
        given = {"dispatch": "org/serving", "dispatch_token": OTHER}
        result = run(workspace, api, **given)
        assert result.code == 0, result.log
        (sent,) = api.dispatched
        assert (sent["repository"], sent["event_type"]) == ("org/serving", "assignment")
        event = sent["client_payload"]["event"]
        assert {**event} == {key: value for key, value in result.json().items() if key != "json"}
        assert sent["client_payload"]["truncated"] is False


def test_a_long_message_is_cut(tmp_path: Path, pushed: Push) -> None:
    builder = Builder(tmp_path / "long.git")
    builder.tag("churn@v1.0.0", builder.commit({"a": "1"}), message="x" * 70_000)
    with github_api(OTHER) as api:
        workspace = pushed(builder.build(), "churn@v1.0.0")
        result = run(workspace, api, dispatch="org/serving", dispatch_token=OTHER)
        assert result.code == 0, result.log
        assert len(json.dumps(api.dispatched[0]["client_payload"])) <= 65_535
        payload = api.dispatched[0]["client_payload"]
        assert (payload["truncated"], payload["event"]["message"]) == (True, None)
        assert payload["event"]["name"] == "churn"


@pytest.mark.parametrize(
    ("failure", "attempts", "sentence"),
    [
        (Failure("POST", "releases$", 500), 2, ""),
        (Failure("POST", "releases$", 502, is_late=True), 1, ""),
        (Failure("POST", "releases$", 0), 2, ""),
        (Failure("POST", "releases$", 0, is_late=True), 1, ""),
        (Failure("GET", "tags", 429, {"Retry-After": "7"}), 1, ""),
        (Failure("POST", "releases$", 403, {"Retry-After": "7"}), 2, ""),
        (
            Failure("POST", "releases$", 403, message="Resource not accessible by integration"),
            1,
            "the token needs `contents: write`: in a workflow add it under permissions:",
        ),
        (Failure("POST", "releases$", 404, message="Not Found"), 1, "`contents: write`"),
        (Failure("POST", "releases$", 409, message="Conflict"), 1, "(409: Conflict)"),
        (Failure("POST", "releases$", 422, message="Validation Failed"), 1, "(422: Valid"),
        (Failure("POST", "releases$", 503, body=b"<html>"), 2, ""),
        (Failure("POST", "releases$", 503, body=b'{"mess'), 2, ""),
        (Failure("POST", "releases$", 201, body=b"{}"), 2, ""),
        (Failure("POST", "releases$", 201, body=b"null"), 2, ""),
        (Failure("POST", "releases$", 200, body=b"<html>"), 2, ""),
        (Failure("POST", "releases$", 307, {"Location": "/x"}, body=b""), 2, ""),
        (Failure("GET", "tags", 200, body=b"<html>"), 1, ""),
        (Failure("POST", "releases$", 429, {"Retry-After": "999"}), 1, "lifted in 999 s"),
    ],
)
def test_an_error_is_tried_again_or_is_one_sentence(
    failure: Failure, attempts: int, sentence: str, api: GitHubApi, registration: Workspace
) -> None:
    api.failures.append(failure)
    result = run(registration, api, release=True)
    assert len([each for each in api.requests if each.method == "POST"]) == attempts, api.requests
    assert "Traceback" not in result.log
    assert result.outputs["tag"] == NAMES
    if sentence:
        assert (result.code, len(api.releases)) == (14, 0)
        (error,) = (line for line in result.log.splitlines() if line.startswith("::error::"))
        assert sentence in error
    else:
        assert (result.code, len(api.releases)) == (0, 1), result.log


def test_a_deployment_is_never_created_twice(remote: Path, api: GitHubApi, pushed: Push) -> None:
    api.failures.append(Failure("POST", "deployments$", 500, is_late=True))
    result = run(pushed(remote, "models/nlp=churn#dev#6"), api, deployment=True)
    assert (result.code, len(api.deployments)) == (0, 1), result.log


@pytest.mark.parametrize(
    "body", [b"{}", b"null", b"[]", b"<html>", b'{"id": "x"}', b'{"id": null, "environment": "p"}']
)
def test_an_answer_that_is_not_githubs_is_no_deployment(
    body: bytes, remote: Path, api: GitHubApi, pushed: Push
) -> None:
    api.failures += [Failure("POST", "deployments$", 201, body=body)] * 4
    result = run(pushed(remote, "models/nlp=churn#dev#6"), api, deployment=True)
    assert (result.code, result.outputs["deployment-id"]) == (14, "")
    assert "gives an answer that is not GitHub's" in result.log
    assert "Traceback" not in result.log


def test_a_release_that_another_run_created_first_is_updated(
    api: GitHubApi, registration: Workspace
) -> None:
    api.failures.append(Failure("POST", "releases$", 422, message="already_exists", is_late=True))
    result = run(registration, api, release=True)
    assert (result.code, len(api.releases)) == (0, 1), result.log


def test_publishing_has_the_time_limit(
    api: GitHubApi, registration: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the pauses are real here
    api.failures += [Failure("GET", "tags", 429, {"Retry-After": "60"})] * 4
    result = run(registration, api, release=True, time_limit="3")
    assert result.code == 10
    assert "the step took longer than 3 s" in result.log
    assert result.outputs["tag"] == NAMES


@pytest.mark.parametrize("status", [500, 0, 307, 200])
def test_an_event_that_may_have_been_sent_is_not_sent_again(
    status: int, remote: Path, pushed: Push
) -> None:
    with github_api(OTHER) as api:
        body = b"<html>" if status in {200, 307} else None
        api.failures.append(Failure("POST", "dispatches$", status, is_late=True, body=body))
        given = {"dispatch": "org/serving", "dispatch_token": OTHER}
        result = run(pushed(remote, NAMES), api, **given)
        assert (result.code, len(api.dispatched)) == (14, 1)
        assert "whether it was done is unknown" in result.log


def test_an_error_that_stays_is_given_up(
    remote: Path, api: GitHubApi, pushed: Push, waited: list[float]
) -> None:
    api.failures += [Failure("GET", "tags", 503)] * 4
    result = run(pushed(remote, NAMES), api, release=True)
    assert (result.code, waited) == (14, [1.0, 4.0, 10.0])
    assert "run the job again" in result.log


def test_an_api_that_is_not_there(remote: Path, api: GitHubApi, pushed: Push) -> None:
    workspace = pushed(remote, NAMES)
    environment = {"GITHUB_API_URL": "http://127.0.0.1:1", "GITHUB_REPOSITORY": "org/models"}
    environment["GITHUB_SERVER_URL"] = "https://github.com"
    result = workspace.run(environment, None, release=True, token=TOKEN)
    assert result.code == 14
    assert "GitHub's API at http://127.0.0.1:1 can't be reached to list the commits" in result.log
    assert api.requests == []


def test_what_is_missing_is_named(remote: Path, api: GitHubApi, pushed: Push) -> None:
    workspace = pushed(remote, NAMES)
    no_token = run(workspace, api, release=True, token="")
    assert (no_token.code, "there is no token" in no_token.log) == (14, True)
    refused = run(workspace, api, release=True, token="ghs_wrong")  # noqa: S106 - of nothing
    assert (refused.code, "the token is not valid" in refused.log) == (14, True)
    no_other = run(workspace, api, dispatch="org/serving")
    assert (no_other.code, "needs dispatch-token" in no_other.log) == (2, True)
    for url in ("foo", "http://", "ftp://x/y", "http://[::1", "http://127.0.0.1:99999"):
        variables = {"GITHUB_API_URL": url, "GITHUB_REPOSITORY": "org/models"}
        wrong = workspace.run(variables, None, release=True, token=TOKEN)
        assert (wrong.code, "which is not a URL of HTTP" in wrong.log) == (2, True), wrong.log
    for name in ("org", "org/a/b", "https://github.com/a/b", "o/r#x", "org/..", "o/s\nx"):
        wrong = run(workspace, api, dispatch=name, dispatch_token=OTHER)
        assert (wrong.code, "write OWNER/NAME" in wrong.log) == (2, True), wrong.log
    outside = workspace.run({}, None, release=True, token=TOKEN)
    assert (outside.code, "are for a run of GitHub Actions" in outside.log) == (2, True)
    assert no_other.outputs == outside.outputs == {}
    for result in (no_token, refused):
        assert result.outputs["tag"] == NAMES


@pytest.mark.parametrize("name", ["token", "dispatch_token"])
@pytest.mark.parametrize("secret", ["ghs_a\nghs_b", "ghs_\u2026", "ghs a"])
def test_a_token_that_no_header_can_have_is_in_no_message(
    name: str, secret: str, api: GitHubApi, registration: Workspace
) -> None:
    given = {"dispatch": "org/serving", "dispatch_token": OTHER, name: secret}
    result = run(registration, api, release=True, **given)
    assert result.code == 2
    assert "correct the secret" in result.log
    assert secret.split(maxsplit=1)[0] not in result.log
    assert api.requests == []


def test_a_rerun_keeps_the_note_and_takes_no_latest(
    remote: Path, api: GitHubApi, pushed: Push
) -> None:
    workspace = pushed(remote, "models/nlp=churn@v1.0.0")
    result = run(workspace, api, release=True, make_latest=True)
    assert result.code == 0, result.log
    note = "> Deregistered by the tag `models/nlp=churn@v1.0.0!#7`."
    assert api.releases[0]["body"].startswith(note)
    newest = run(workspace, api, release=True, make_latest=True, ref=NAMES)
    assert newest.code == 0, newest.log
    sent = [each.body["make_latest"] for each in api.requests if each.method == "POST"]
    assert sent == ["false", "true"]


def test_an_enterprise_server_is_asked_below_its_path(remote: Path, pushed: Push) -> None:
    with github_api(TOKEN, prefix="/api/v3", description="ghes-3.19") as api:
        workspace = pushed(remote, NAMES)
        for tag, chosen in ((NAMES, "release"), ("models/nlp=churn#dev#6", "deployment")):
            result = run(workspace, api, ref=tag, **{chosen: True})
            assert result.code == 0, result.log
        assert len(api.releases) == len(api.deployments) == 1


def test_a_proxy_of_the_environment_is_used(remote: Path, pushed: Push) -> None:
    with github_api(TOKEN) as api:
        workspace = pushed(remote, NAMES)
        environment = {
            "GITHUB_API_URL": "http://api.example.org",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "org/models",
            "HTTP_PROXY": api.url,
            "NO_PROXY": "127.0.0.1",
        }
        result = workspace.run(environment, None, release=True, token=TOKEN)
        api.problems.clear()  # a proxy gets complete URLs
        assert (result.code, len(api.releases)) == (0, 1), result.log


IMPORTS = """
import sys
from gto_action.action import main, report, tag_step
from gto_action.services import interpret
sys.exit(bool({"github", "requests", "gto_action.forges"} & set(sys.modules)))
"""


def test_reading_imports_no_client_of_the_api() -> None:
    subprocess.run([sys.executable, "-c", IMPORTS], check=True)


def test_the_token_is_nowhere(remote: Path, api: GitHubApi, pushed: Push, tmp_path: Path) -> None:
    workspace = pushed(remote, NAMES)
    for failing in (False, True):
        if failing:
            api.failures.append(Failure("PATCH", "releases", 409, message="Conflict"))
        result = run(workspace, api, release=True, summary=True)
        assert TOKEN not in result.log + result.summary + json.dumps(result.outputs)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert TOKEN.encode() not in path.read_bytes()
    assert git("-C", str(workspace.checkout), "status", "--porcelain") == ""
