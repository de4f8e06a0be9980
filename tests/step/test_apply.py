"""The step that changes a registry: on real remotes, with a runner's environment."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from testkit.repositories import git
from testkit.servers import HttpServer, http_server
from testkit.step import AS_A_PROCESS, Result, Workspace
from tests.registries import changed_models
from tests.writing.harness import hook, tags

TOKEN = "ghs_of-the-job"  # noqa: S105 - of nothing
CHANGED = "register --changed\nassign --changed --stage dev\n"
REFUSED = "refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml`"


def header(token: str) -> str:
    return "basic " + base64.b64encode(f"x-access-token:{token}".encode()).decode()


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return changed_models(tmp_path / "org" / "models")


@pytest.fixture
def server(tmp_path: Path, remote: Path) -> Iterator[HttpServer]:
    assert remote.is_dir()
    with http_server(tmp_path, header(TOKEN)) as http:
        yield http


@pytest.fixture
def workspace(tmp_path: Path, remote: Path) -> Workspace:
    """A runner without a checkout, for a push to main."""
    (tmp_path / "workspace").mkdir()
    sha = git("-C", str(remote), "rev-parse", "main")
    return Workspace(tmp_path, "refs/heads/main", sha, action="apply")


def apply(
    workspace: Workspace, server: HttpServer, events: str = CHANGED, **inputs: str | bool
) -> Result:
    run = {
        "GITHUB_SERVER_URL": server.url,
        "GITHUB_REPOSITORY": "org/models",
        "GITHUB_ACTOR": "octocat",
        "GITHUB_ACTOR_ID": "583231",
        "GIT_CONFIG_GLOBAL": "/dev/null",
    }
    return workspace.run(run, None, events=events, **{"token": TOKEN, **inputs})


def test_what_changed_is_registered_and_assigned(
    workspace: Workspace, server: HttpServer, remote: Path
) -> None:
    before = set(tags(remote))
    result = apply(workspace, server)
    assert result.code == 0, result.log
    assert set(tags(remote)) - before == {"a@v1.0.1", "b@v1.0.1", "a#dev#1", "b#dev#1"}
    events = json.loads(result.outputs["events"])
    assert [event["tag"] for event in events] == ["a@v1.0.1", "b@v1.0.1", "a#dev#1", "b#dev#1"]
    assert (result.outputs["count"], result.outputs["event"]) == ("4", "")
    assert "created tag a@v1.0.1: version v1.0.1 of a was registered" in result.log
    again = apply(workspace, server)
    assert (again.code, again.outputs["count"], again.outputs["events"]) == (0, "0", "[]")
    assert "nothing to do" in again.log


def test_an_event_is_what_the_step_that_reads_its_tag_reports(
    workspace: Workspace, server: HttpServer
) -> None:
    result = apply(workspace, server, "register a")
    assert result.code == 0, result.log
    (event,) = json.loads(result.outputs["events"])
    read = replace(workspace, ref="refs/tags/a@v1.0.1", action="")
    run = {"GITHUB_SERVER_URL": server.url, "GITHUB_REPOSITORY": "org/models"}
    reported = read.run(run, token=TOKEN)
    assert event == reported.json()
    only = {name: text for name, text in result.outputs.items() if name not in {"events", "count"}}
    assert only == reported.outputs
    assert event["author"] == "octocat"
    assert event["path"] == "a.pkl"


def test_a_dry_run_creates_nothing_and_sets_no_event(
    workspace: Workspace, server: HttpServer, remote: Path
) -> None:
    before = tags(remote)
    pull_request = replace(workspace, ref="refs/pull/7/merge")
    result = apply(pull_request, server, dry_run=True)
    assert result.code == 0, result.log
    assert tags(remote) == before
    assert (result.outputs["count"], result.outputs["events"]) == ("0", "[]")
    assert "4 events would be created" in result.summary
    assert "would create tag a#dev#1: stage dev was assigned to version v1.0.1 of a" in result.log


def test_the_summary_has_the_events_with_links_and_what_each_stage_shows(
    workspace: Workspace, server: HttpServer
) -> None:
    result = apply(workspace, server)
    url = f"{server.url}/org/models"
    assert result.summary.startswith("### 4 events created\n")
    assert f"[`a#dev#1`]({url}/tree/a%23dev%231)" in result.summary
    assert f"[`{workspace.sha[:7]}`]({url}/commit/{workspace.sha})" in result.summary
    assert f"[`dvc.yaml`]({url}/blob/{workspace.sha}/dvc.yaml)" in result.summary
    assert "| `a` | `v1.0.1` | `v1.0.1` |" in result.summary
    assert "| `c` | `v1.0.0` |  |" in result.summary


def test_what_changed_is_left_to_the_run_of_a_newer_commit(
    workspace: Workspace, server: HttpServer, remote: Path
) -> None:
    """A run that is late, or run again, must not assign older contents again."""
    before = tags(remote)
    newer = git("-C", str(remote), *IDENTITY, "commit-tree", "-m", "x", "main^{tree}")
    git("-C", str(remote), "branch", "same", "main")
    git("-C", str(remote), "update-ref", "refs/heads/main", newer)
    result = apply(workspace, server)
    assert (result.code, result.outputs["count"]) == (0, "0"), result.log
    assert f"main is at {newer[:7]} by now, and no longer at {workspace.sha[:7]}" in result.log
    assert tags(remote) == before
    named = apply(workspace, server, "register a")
    assert (named.code, named.outputs["version"]) == (0, "v1.0.1"), named.log
    of_branch = apply(replace(workspace, ref="refs/heads/same"), server)
    assert (of_branch.code, of_branch.outputs["count"]) == (0, "2"), of_branch.log


def test_a_registry_may_be_empty_afterwards(
    workspace: Workspace, server: HttpServer, remote: Path
) -> None:
    lines = "".join(f"deprecate {name} --delete\n" for name in "abc")
    for dry_run in (True, False):
        result = apply(workspace, server, lines, dry_run=dry_run)
        assert (result.code, result.outputs["count"]) == (0, "0"), result.log
    assert tags(remote) == []
    newer = git("-C", str(remote), *IDENTITY, "commit-tree", "-m", "x", "main^{tree}")
    git("-C", str(remote), "update-ref", "refs/heads/main", newer)
    late = apply(workspace, server)
    assert (late.code, late.outputs["count"]) == (0, "0"), late.log


IDENTITY = ("-c", "user.name=A", "-c", "user.email=a@example.org")


@pytest.mark.parametrize("name", ["a b", "a..b", "a*", "a[b", "a~b", "/a", "x/.y", "../x"])
def test_a_name_that_no_tag_can_have_is_named(
    name: str, workspace: Workspace, server: HttpServer
) -> None:
    result = apply(workspace, server, f"register '{name}'")
    assert (result.code, f"line 1: '{name}' is not a name that tags can hold" in result.log) == (
        1,
        True,
    ), result.log


@pytest.mark.parametrize("number", range(2, 6))
def test_a_file_that_fails_once_is_read_again(
    number: int, workspace: Workspace, server: HttpServer
) -> None:
    requests = 0

    def fail(handler: BaseHTTPRequestHandler) -> bool:
        nonlocal requests
        requests += handler.path.endswith("git-upload-pack")
        if requests != number:
            return False
        requests += 1
        handler.send_error(500)
        return True

    server.intercept = fail
    result = apply(workspace, server, "register a")
    assert (result.code, result.outputs["path"]) == (0, "a.pkl"), result.log


def test_an_event_that_was_pushed_meanwhile_is_seen(
    workspace: Workspace, server: HttpServer, remote: Path
) -> None:
    """Another assignment, with a later time, arrives with ours."""
    script = (
        "git -c user.name=A -c user.email=a@example.org -c core.hooksPath=/dev/null "
        "tag -a -m later 'a#dev#99' a@v1.0.0"
    )
    date = "GIT_COMMITTER_DATE='@4000000000 +0000'"
    hook(remote, "post-receive", f"{date} {script}")
    result = apply(workspace, server, "assign a --stage dev")
    assert result.code == 0, result.log
    events = json.loads(result.outputs["events"])
    assert [event["current"] for event in events] == [True, False]
    assert events[-1]["stages"] == {"dev": "v1.0.0"}


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ({"events": ""}, "there is no request: write one in each line, as register NAME"),
        ({"events": "register a\nregistr b"}, "line 2: 'registr' is not one of"),
        ({"events": "register a --push"}, "line 1: --push concerns all lines"),
        ({"events": "register a --version v1.0.0"}, "already was registered"),
        ({"ref": "gone"}, "there is no commit 'gone'"),
        ({"if_needed": "yes"}, "the input if-needed is 'yes'"),
        ({"path": "nowhere"}, "the input path is nowhere, and there is no checkout"),
    ],
)
def test_what_can_not_be_done_creates_nothing(
    inputs: dict[str, str], sentence: str, workspace: Workspace, server: HttpServer, remote: Path
) -> None:
    before = tags(remote)
    result = apply(workspace, server, **inputs)
    assert result.code in {1, 2}
    assert sentence in result.log
    assert (tags(remote), result.outputs) == (before, {})


def test_the_commit_that_tests_a_merge_is_not_tagged(
    workspace: Workspace, server: HttpServer, remote: Path
) -> None:
    pull_request = replace(workspace, ref="refs/pull/7/merge")
    result = apply(pull_request, server)
    assert result.code == 2
    assert "name the commit to tag by the input ref" in result.log
    merged = apply(pull_request, server, "register a", ref=workspace.sha)
    assert merged.code == 0, merged.log
    assert "a@v1.0.1" in tags(remote)


@pytest.mark.parametrize("ref", ["main~1", "", "HEAD", "main", "refs/heads/main"])
def test_head_is_the_commit_of_the_run_or_the_ref(
    ref: str, workspace: Workspace, server: HttpServer, remote: Path
) -> None:
    """By a URL only refs and SHAs are known, not those before them."""
    result = apply(workspace, server, "register a HEAD\nassign b --stage dev", ref=ref)
    if ref == "main~1":
        assert (result.code, "there is no commit 'main~1'" in result.log) == (1, True)
    else:
        assert result.code == 0, result.log
        assert git("-C", str(remote), "rev-parse", "a@v1.0.1^{}") == workspace.sha
        assert git("-C", str(remote), "rev-parse", "b#dev#1^{}") == workspace.sha


def test_a_chosen_checkout_has_the_commit_and_the_identity(
    workspace: Workspace, server: HttpServer, remote: Path
) -> None:
    checkout = workspace.checkout / "sub"
    git("clone", "--quiet", str(remote), str(checkout))
    git("-C", str(checkout), "checkout", "--quiet", "main~1")
    git("-C", str(checkout), "remote", "set-url", "origin", f"{server.url}/org/models")
    git("-C", str(checkout), "config", "user.name", "Registrar")
    git("-C", str(checkout), "config", "user.email", "registrar@example.org")
    result = apply(workspace, server, "register d", path="sub")
    assert result.code == 0, result.log
    assert git("-C", str(remote), "rev-parse", "d@v0.0.1^{}") == git(
        "-C", str(remote), "rev-parse", "main~1"
    )
    assert result.outputs["author"] == "Registrar"
    assert "d@v0.0.1" not in tags(checkout)


@pytest.mark.parametrize("token", [TOKEN, ""])
def test_the_token_comes_before_what_the_checkout_kept(
    token: str, workspace: Workspace, server: HttpServer, remote: Path
) -> None:
    git("clone", "--quiet", str(remote), str(workspace.checkout))
    git("-C", str(workspace.checkout), "remote", "set-url", "origin", f"{server.url}/org/models")
    kept = "ghs_kept" if token else TOKEN
    setting = f"http.{server.url}/.extraheader"
    git("-C", str(workspace.checkout), "config", setting, f"AUTHORIZATION: {header(kept)}")
    result = apply(workspace, server, "register a", token=token)
    assert result.code == 0, result.log
    assert {sent for sent in server.authorizations if sent} == {header(TOKEN)}


@pytest.mark.parametrize("kind", [("-t", "ed25519"), ("-t", "rsa", "-m", "PEM")])
def test_tags_are_signed_with_the_key_of_the_input(
    kind: tuple[str, ...], workspace: Workspace, server: HttpServer, remote: Path, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    command = ["ssh-keygen", "-q", *kind, "-N", "", "-C", "", "-f", str(key)]
    subprocess.run(command, check=True)
    secret = key.read_text().strip().replace("\n", "\r\n")
    run = replace(workspace, wrapper=AS_A_PROCESS)
    result = apply(run, server, "register a", signing_key=secret)
    assert result.code == 0, result.log
    signers = tmp_path / "signers"
    signers.write_text(f"octocat {key.with_suffix('.pub').read_text()}")
    signed = ("-c", f"gpg.ssh.allowedSignersFile={signers}", "verify-tag", "a@v1.0.1")
    git("-C", str(remote), *signed)
    body = secret.splitlines()[1]
    assert body not in result.log + result.summary + json.dumps(result.outputs)
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path != key]
    assert [path for path in left if body.encode() in path.read_bytes()] == []


def test_a_key_that_is_none_signs_nothing(
    workspace: Workspace, server: HttpServer, remote: Path
) -> None:
    before = tags(remote)
    result = apply(workspace, server, "register a", signing_key="not a key")
    assert result.code == 2
    assert "the input signing-key is not a private key of SSH without a passphrase" in result.log
    assert tags(remote) == before


def test_the_time_limit_after_the_push_loses_no_output(
    workspace: Workspace, server: HttpServer
) -> None:
    """The look for changes of others after the push is given up, and a notice says so."""
    pushed = threading.Event()
    ended = threading.Event()

    def stall(handler: BaseHTTPRequestHandler) -> bool:
        if "git-receive-pack" in handler.path and handler.command == "POST":
            pushed.set()
        elif pushed.is_set():
            return ended.wait(30)  # and no answer is sent
        return False

    server.intercept = stall
    try:
        run = replace(workspace, wrapper=AS_A_PROCESS)  # which leaves no open pipe
        result = apply(run, server, "register a", time_limit="8")
    finally:
        ended.set()
    assert result.code == 0, result.log
    assert result.outputs["tag"] == "a@v1.0.1"
    assert "whether another change was made at the same time is unknown" in result.log


@pytest.mark.parametrize(
    ("refusal", "advice"),
    [
        (f"{REFUSED} without `workflows` permission", "Workflows: write"),
        ("GH013: Repository rule violations found for refs/tags/a@v1.0.1.", "bypass the rule"),
        ("You are not allowed to create this tag as it is protected.", "bypass the rule"),
        ("something else", "something else"),
    ],
)
def test_a_refused_push_says_what_to_do(
    refusal: str, advice: str, workspace: Workspace, server: HttpServer, remote: Path
) -> None:
    before = tags(remote)
    hook(
        remote,
        "pre-receive",
        f"cat <<'EOF' >&2\n{refusal}\nEOF\nexit 1",
    )
    result = apply(workspace, server)
    assert result.code == 1
    assert refusal in result.log
    assert advice in result.log
    assert (tags(remote), result.outputs) == (before, {})


def test_a_token_that_may_only_read_is_told_its_permission(
    workspace: Workspace, server: HttpServer, remote: Path
) -> None:
    git("-C", str(remote), "config", "http.receivepack", "false")
    result = apply(workspace, server)
    assert result.code == 1
    assert "permissions: contents: write" in result.log


def test_the_token_is_nowhere(workspace: Workspace, server: HttpServer, tmp_path: Path) -> None:
    run = replace(workspace, wrapper=AS_A_PROCESS)
    for events in (CHANGED, "register a --version v1.0.0"):
        result = apply(run, server, events)
        assert TOKEN not in result.log + result.summary + json.dumps(result.outputs)
    encoded = header(TOKEN).encode()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    for secret in (TOKEN.encode(), encoded):
        assert [path for path in files if secret in path.read_bytes()] == []


def test_a_closed_log_or_summary_loses_no_output(
    workspace: Workspace, server: HttpServer, remote: Path
) -> None:
    result = workspace.run(
        {
            "GITHUB_SERVER_URL": server.url,
            "GITHUB_REPOSITORY": "org/models",
            "GITHUB_ACTOR": "octocat",
            "GITHUB_ACTOR_ID": "1",
            "GITHUB_STEP_SUMMARY": str(remote / "nowhere"),
        },
        events="register a",
        token=TOKEN,
    )
    assert result.code == 8
    assert "; the change was made: a@v1.0.1" in result.log
    assert "a@v1.0.1" in tags(remote)
    assert result.outputs["tag"] == "a@v1.0.1"
