"""A push: all tags are there and the output says so, or none is and the error says why."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from signal import SIGINT, SIGTERM

import pytest

from gto_action.git.push import Outbox, Outcome, ShowProgress, TagChange
from testkit.large_registries import make_history
from testkit.repositories import git
from testkit.servers import git_daemon, http_server
from tests.terminal.harness import ROOT, run_at_a_terminal, terminal_environment
from tests.writing.harness import WHO, hook, objects, run, tags

PUSHED = """\
Created git tag 'churn@v0.0.1' that registers version
Running `git push origin churn@v0.0.1`
Successfully pushed git tag churn@v0.0.1 on remote.
"""


@pytest.fixture(params=["path", "git", "http"])
def url(request: pytest.FixtureRequest, remote: Path) -> Iterator[str]:
    """The URL of the remote at a server of each kind."""
    if request.param == "path":
        yield str(remote)
    elif request.param == "git":
        with git_daemon(remote.parent) as server:
            yield f"{server}/{remote.name}"
    else:
        with http_server(remote.parent) as http:
            yield f"{http.url}/{remote.name}"


def test_a_tag_is_pushed_and_is_here_too(url: str, clone: Path, remote: Path) -> None:
    git("-C", str(clone), "remote", "set-url", "origin", url)
    assert run("register", "churn", "--push", at=clone).output == PUSHED
    assert objects(clone) == objects(remote)
    assert list(objects(remote)) == ["churn@v0.0.1"]
    run("assign", "churn", "--stage", "prod", "--push", at=clone)
    run("deprecate", "churn", "--delete", "--push", at=clone)
    assert tags(remote) == tags(clone) == []


def test_a_url_needs_no_clone(url: str, remote: Path, tmp_path: Path) -> None:
    where = url if "://" in url else Path(url).as_uri()
    for ref in ("main", "HEAD"):
        run("assign", f"of-{ref}", ref, "--stage", "dev", "-r", where, at=tmp_path)
    assert tags(remote) == [
        "of-HEAD#dev#1",
        "of-HEAD@v0.0.1",
        "of-main#dev#1",
        "of-main@v0.0.1",
    ]
    lines = "register a\nassign of-main --stage prod\n"
    (tmp_path / "lines").write_text(lines)
    run("apply", "-f", tmp_path / "lines", "-r", where, at=tmp_path)
    assert tags(remote)[0] == "a@v0.0.1"


def test_the_tags_of_the_remote_count_and_not_those_here(clone: Path, remote: Path) -> None:
    run("register", "churn", "HEAD~1", "--version", "v1.0.0", at=remote)
    run("register", "churn", "--push", at=clone)
    assert tags(clone) == ["churn@v1.0.1"]


@pytest.mark.parametrize("name", ["pre-receive", "update"])
def test_a_refused_push_leaves_no_tag(name: str, clone: Path, remote: Path) -> None:
    condition = 'case "$1" in *#*) ;; *) exit 0;; esac; ' if name == "update" else ""
    hook(remote, name, f"{condition}echo 'no tags on Fridays' >&2; exit 1")
    result = run("assign", "churn", "--stage", "prod", "--push", at=clone, code=1)
    assert result.output == ""
    assert "could not push the tags to " in result.errors
    assert "no tags on Fridays" in result.errors
    assert result.errors.count("\n") == 1
    assert tags(remote) == tags(clone) == []


def test_a_remote_that_may_not_be_written_says_so(remote: Path, tmp_path: Path) -> None:
    git("-C", str(remote), "config", "http.receivepack", "false")
    with http_server(tmp_path) as server:
        where = f"{server.url}/models.git"
        result = run("register", "churn", "-r", where, at=tmp_path, code=1)
    assert (result.output, "could not push the tags to " in result.errors) == ("", True)
    assert "403" in result.errors


def test_a_server_without_atomic_takes_one_tag_or_one_after_the_other(
    clone: Path, remote: Path
) -> None:
    git("-C", str(remote), "config", "receive.advertiseAtomic", "false")
    run("register", "churn", "--push", at=clone)
    refused = run("assign", "churn", "HEAD~1", "--stage", "x", "--push", at=clone, code=1)
    assert "--push-each" in refused.errors
    assert tags(remote) == ["churn@v0.0.1"]
    run("assign", "churn", "HEAD~1", "--stage", "x", "--push-each", at=clone)
    assert tags(remote) == tags(clone) == ["churn#x#1", "churn@v0.0.1", "churn@v0.0.2"]


def test_what_one_after_the_other_did_not_push_is_named(clone: Path, remote: Path) -> None:
    git("-C", str(remote), "config", "receive.advertiseAtomic", "false")
    hook(remote, "update", 'case "$1" in *#*) echo "not today" >&2; exit 1;; esac')
    result = run("assign", "churn", "--stage", "x", "--push-each", at=clone, code=1)
    assert result.errors.endswith("; pushed before: churn@v0.0.1\n")
    assert "not today" in result.errors
    assert tags(remote) == tags(clone) == ["churn@v0.0.1"]


def test_a_local_tag_of_that_name_is_an_error_before_anything_is_pushed(
    clone: Path, remote: Path
) -> None:
    git("-C", str(clone), "tag", "churn@v0.0.1")
    result = run("register", "churn", "--push", at=clone, code=1)
    assert "tag 'churn@v0.0.1' is in the local repository, and not in the remote" in result.errors
    assert tags(remote) == []


def test_a_commit_that_the_remote_lacks_is_pushed_on_request(clone: Path, remote: Path) -> None:
    git("-C", str(clone), *_AS_ANN, "commit", "--quiet", "--allow-empty", "-m", "mine")
    commit = git("-C", str(clone), "rev-parse", "HEAD")
    result = run("register", "churn", "--push", at=clone, code=1)
    assert f"does not have the commit {commit}: push it first" in result.errors
    assert tags(remote) == tags(clone) == []
    dry = run("register", "churn", "--push", "--dry-run", at=clone, code=1)
    assert dry.errors == result.errors
    run("register", "churn", "--push-commits", "--dry-run", at=clone)
    run("register", "churn", "--push-commits", at=clone)
    assert git("-C", str(remote), "rev-parse", "churn@v0.0.1^{}") == commit


def test_another_remote_and_its_push_url(clone: Path, remote: Path, tmp_path: Path) -> None:
    git("-C", str(clone), "remote", "rename", "origin", "upstream")
    git("-C", str(clone), "remote", "add", "origin", str(tmp_path / "nowhere"))
    git("-C", str(clone), "config", "remote.upstream.url", "/nowhere/models.git")
    git("-C", str(clone), "config", "url.file://.insteadOf", "there:")
    git("-C", str(clone), "config", "remote.upstream.url", f"there:{remote}")
    git("-C", str(clone), "config", "remote.upstream.pushurl", str(remote))
    run("register", "churn", "--remote", "upstream", at=clone)
    assert tags(remote) == ["churn@v0.0.1"]
    assert "no remote 'other'" in run("register", "x", "--remote", "other", at=clone, code=1).errors


def test_a_shallow_clone_tags_any_commit_of_the_remote(remote: Path, tmp_path: Path) -> None:
    git("clone", "--quiet", "--depth=1", remote.as_uri(), str(tmp_path / "shallow"))
    commit = git("-C", str(remote), "rev-parse", "main~5")
    result = run("register", "churn", commit, "--push", at=tmp_path / "shallow")
    assert result.errors == (
        "tag 'churn@v0.0.1' is not in the local repository, which lacks its commit\n"
    )
    assert git("-C", str(remote), "rev-parse", "churn@v0.0.1^{}") == commit
    assert tags(tmp_path / "shallow") == []
    run("register", "churn", "--push", at=tmp_path / "shallow")
    assert tags(tmp_path / "shallow") == ["churn@v0.0.2"]


@pytest.mark.parametrize("filters", ["true", "false"])
@pytest.mark.parametrize("version", ["0", "1", "2"])
def test_every_protocol_and_server_can_be_pushed_to(
    version: str, filters: str, clone: Path, remote: Path
) -> None:
    git("-C", str(remote), "config", "uploadpack.allowFilter", filters)
    git("-C", str(clone), "remote", "set-url", "origin", remote.as_uri())
    git("-C", str(clone), "config", "protocol.version", version)
    for ref in ("HEAD", "HEAD~3"):
        run("register", "churn", ref, "--push", at=clone)
    assert tags(remote) == tags(clone) == ["churn@v0.0.1", "churn@v0.0.2"]


Answer = Callable[[BaseHTTPRequestHandler], bool]


_PROBE = 10
"""Git asks with fewer bytes whether it is authorized."""


def _first_push(*, process: bool, closes: bool = False, begins: bool = False) -> Answer:
    """Return what loses the answer to the first push, after or without processing it.

    If it ``closes`` the connection, curl itself sends the push again; not if an answer ``begins``.
    """
    lost: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> bool:
        if lost or request.command != "POST" or "receive-pack" not in request.path:
            return False
        body: bytes = request.body  # type: ignore[attr-defined]
        if len(body) < _PROBE:
            return False
        lost.append(request.path)
        if process:
            request.process(body)  # type: ignore[attr-defined]
        request.close_connection = True
        if begins:
            request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
        if closes:
            request.connection.close()
        else:
            request.connection.shutdown(socket.SHUT_RDWR)
        return True

    return answer


@pytest.mark.parametrize(
    ("process", "begins", "atomic"),
    [
        (True, False, "true"),
        (False, False, "true"),
        (True, True, "true"),
        (True, True, "false"),
        (False, True, "false"),
    ],
)
def test_a_lost_answer_is_found_out(  # noqa: PLR0917 - a case, and fixtures
    process: bool, begins: bool, atomic: str, clone: Path, remote: Path, tmp_path: Path
) -> None:
    git("-C", str(remote), "config", "receive.advertiseAtomic", atomic)
    with http_server(tmp_path) as server:
        git("-C", str(clone), "remote", "set-url", "origin", f"{server.url}/models.git")
        server.intercept = _first_push(process=process, begins=begins)
        result = run("register", "churn", "--push", at=clone)
        assert result.output == PUSHED
        assert result.errors.count("; trying again in 1 s\n") == begins
        assert objects(remote) == objects(clone)
        assert tags(remote) == ["churn@v0.0.1"]
        server.intercept = _first_push(process=process, begins=begins)
        result = run("deregister", "churn", "v0.0.1", "--delete", "--push", at=clone)
    assert "Successfully deleted git tag churn@v0.0.1 on remote." in result.output
    assert tags(remote) == tags(clone) == []


def test_a_push_that_curl_sends_again_is_found_out_to_be_done(
    clone: Path, remote: Path, tmp_path: Path
) -> None:
    with http_server(tmp_path) as server:
        git("-C", str(clone), "remote", "set-url", "origin", f"{server.url}/models.git")
        server.intercept = _first_push(process=True, closes=True)
        result = run("register", "churn", "--push", at=clone)
        assert result.output == PUSHED
        server.intercept = _first_push(process=True, closes=True)
        run("deregister", "churn", "v0.0.1", "--delete", "--push", at=clone)
    assert tags(remote) == tags(clone) == []


def test_a_remote_that_cannot_store_a_tag_says_why(clone: Path, remote: Path) -> None:
    (remote / "refs/tags").mkdir(exist_ok=True)
    (remote / "refs/tags/churn@v0.0.1.lock").touch()
    result = run("register", "churn", "--push", at=clone, code=1)
    assert "could not push the tags to " in result.errors
    assert "cannot lock ref" in result.errors
    assert "Total" not in result.errors


def test_tags_that_cannot_be_stored_here_are_noted(clone: Path, remote: Path) -> None:
    (clone / ".git/refs/tags/churn@v0.0.1.lock").touch()
    result = run("register", "churn", "--push", at=clone)
    assert "the remote has the changes of churn@v0.0.1, and the local" in result.errors
    assert (tags(remote), tags(clone)) == (["churn@v0.0.1"], [])


def test_several_push_urls_are_refused(clone: Path, remote: Path) -> None:
    for url in (str(remote), "/elsewhere"):
        git("-C", str(clone), "remote", "set-url", "--add", "--push", "origin", url)
    result = run("register", "churn", "--push", at=clone, code=1)
    assert "remote.origin.pushurl has 2 values" in result.errors
    assert tags(remote) == []


def test_a_server_that_stays_away_is_an_error(clone: Path, remote: Path, tmp_path: Path) -> None:
    with http_server(tmp_path) as server:
        git("-C", str(clone), "remote", "set-url", "origin", f"{server.url}/models.git")

        def answer(request: BaseHTTPRequestHandler) -> bool:
            if "receive-pack" not in request.path:
                return False
            request.send_error(503)
            return True

        server.intercept = answer
        result = run("register", "churn", "--push", at=clone, code=1)
    assert result.output == ""
    assert "whether it has churn@v0.0.1 is not known: try again" in result.errors
    assert tags(remote) == tags(clone) == []


def test_a_name_that_is_taken_meanwhile_is_not_taken_twice(clone: Path, remote: Path) -> None:
    """The server takes the name itself once, when the push is on its way."""
    other = (
        "[ -e taken ] && exit 0; touch taken; unset GIT_QUARANTINE_PATH; "
        "GIT_COMMITTER_NAME=B GIT_COMMITTER_EMAIL=b@example.org "
        "git tag -a -m x churn@v0.0.1 refs/heads/main~3"
    )
    hook(remote, "pre-receive", other)
    result = run("register", "churn", "--push", at=clone)
    assert result.output == PUSHED.replace("v0.0.1", "v0.0.2")
    assert tags(remote) == ["churn@v0.0.1", "churn@v0.0.2"]
    assert tags(clone) == ["churn@v0.0.2"]


@pytest.mark.parametrize(("other", "code"), [("v9.0.0 refs/heads/main", 13), ("v9.0.0 main~1", 0)])
def test_an_event_that_excludes_the_new_one_is_reported(
    other: str, code: int, clone: Path, remote: Path
) -> None:
    who = "GIT_COMMITTER_NAME=B GIT_COMMITTER_EMAIL=b@example.org"
    past = "GIT_COMMITTER_DATE='@1700000000 +0000'"
    hook(remote, "post-receive", f"{who} {past} git tag -a -m x churn@{other}")
    result = run("register", "churn", "--push", at=clone, code=code)
    assert tags(remote) == ["churn@v0.0.1", "churn@v9.0.0"]
    assert ("churn@v0.0.1 and churn@v9.0.0 were created at the same time" in result.errors) is bool(
        code
    )


@pytest.mark.parametrize("name", ["pre-receive", "post-receive"])
def test_a_kill_leaves_nothing_that_a_further_run_does_not_finish(
    name: str, clone: Path, remote: Path, tmp_path: Path
) -> None:
    hook(remote, name, f"kill -9 $(cat {tmp_path}/pid)")
    lines = "register churn\nassign churn --stage prod\nregister other\n"
    script = f"echo $$ > {tmp_path}/pid; exec {sys.executable} -m gto_action apply --push"
    killed = subprocess.run(
        ["sh", "-c", script],
        cwd=clone,
        env={**terminal_environment(), **WHO},
        input=lines.encode(),
        capture_output=True,
        check=False,
    )
    assert (killed.returncode, killed.stdout) == (-9, b"")
    (remote / "hooks" / name).unlink()
    (tmp_path / "lines").write_text(lines)
    run("apply", "-f", tmp_path / "lines", "--if-needed", "--push", at=clone)
    assert tags(remote) == ["churn#prod#1", "churn@v0.0.1", "other@v0.0.1"]


def test_nothing_of_the_history_is_transferred(tmp_path: Path) -> None:
    _check_transfer(tmp_path, megabytes=5)


@pytest.mark.long
def test_nothing_of_a_history_of_100_megabytes_is_transferred(tmp_path: Path) -> None:
    _check_transfer(tmp_path, megabytes=100)


def _check_transfer(directory: Path, megabytes: int) -> None:
    remote = make_history(directory, megabytes, tags=50)
    git("-C", str(remote), "config", "http.receivepack", "true")
    tagged = git("-C", str(remote), "rev-parse", "model-1@v1.1.0^{}")
    with http_server(directory) as server:
        url = f"{server.url}/{remote.name}"
        for ref, name in (("main", "new"), (tagged, "model-1-again")):
            server.sent = server.received = 0
            run("register", name, ref, "-r", url, at=directory)
            assert server.sent + server.received < 200_000
    assert {"new@v0.0.1", "model-1-again@v0.0.1"} < set(tags(remote))


def test_a_push_that_takes_long_shows_how_far_it_is(clone: Path, remote: Path) -> None:
    hook(remote, "pre-receive", "sleep 1.2; exit 0")
    words = [sys.executable, "-m", "gto_action", "register", "churn", "--push", "-r", str(clone)]
    shown = run_at_a_terminal(words, {**WHO, "PYTHONPATH": str(ROOT)})
    assert "Successfully pushed git tag churn@v0.0.1 on remote." in shown


_AS_ANN = ("-c", "user.name=A", "-c", "user.email=a@example.org")


@pytest.mark.parametrize("where", ["here", "there"])
def test_a_dry_run_refuses_what_the_push_would(where: str, clone: Path, remote: Path) -> None:
    git("-C", str(clone if where == "here" else remote), "tag", "foo", "HEAD")
    for options in ((), ("--dry-run",)):
        result = run("register", "foo/bar", "--push", *options, at=clone, code=1)
        assert "foo" in result.errors
    run("register", "new", "HEAD~1", at=clone)
    for options in ((), ("--dry-run",)):
        result = run("register", "new", "--push", *options, at=clone, code=1)
        assert "tag 'new@v0.0.1' is in the local repository, and not in the remote" in result.errors
    assert [tag for tag in tags(remote) if tag != "foo"] == []


def test_tags_that_only_the_local_repository_has_are_named(clone: Path, remote: Path) -> None:
    run("register", "churn", "--version", "v2.0.0", at=clone)
    run("register", "other", at=clone)
    result = run("assign", "churn", "HEAD~1", "--stage", "dev", "--push", at=clone)
    note = "tag 'churn@v2.0.0' is only in the local repository, so it did not count"
    assert note in result.errors
    assert "other" not in result.errors
    assert tags(remote) == ["churn#dev#1", "churn@v0.0.1"]
    # also if nothing comes of the request
    words = ("assign", "churn", "--stage", "dev", "--version")
    assert note in run(*words, "v2.0.0", "--push", at=clone, code=1).errors
    assert note in run(*words, "v0.0.1", "--if-needed", "--push", at=clone).errors
    assert note in run("unassign", "churn", "dev", "--delete", "--push", at=clone).errors


def test_a_local_tag_that_is_not_that_of_the_remote_is_named(clone: Path, remote: Path) -> None:
    run("register", "churn", "HEAD~1", "--push", at=clone)
    git("-C", str(clone), *_AS_ANN, "tag", "-f", "-a", "-m", "moved", "churn@v0.0.1", "HEAD")
    words = ("assign", "churn", "--stage", "dev", "--version", "v0.0.1", "--push")
    result = run(*words, at=clone)
    advice = "git fetch origin '+refs/tags/churn@v0.0.1:refs/tags/churn@v0.0.1'"
    assert f"is not that of the remote, which counts: {advice} replaces it" in result.errors
    subprocess.run(shlex.split(advice), cwd=clone, check=True, capture_output=True)
    assert objects(clone) == objects(remote)
    assert "is not that" not in run(*words, "--force", at=clone).errors


@pytest.mark.parametrize("variable", ["url", "pushurl"])
def test_a_remote_with_several_urls_is_refused(variable: str, clone: Path, remote: Path) -> None:
    place = ("-C", str(clone), "config", "--add", f"remote.origin.{variable}")
    for path in ("/second", "/third"):
        git(*place, path)
    result = run("register", "churn", "--push", at=clone, code=1)
    assert f"remote.origin.{variable} has " in result.errors
    assert tags(remote) == []


def test_a_url_is_no_remote_and_its_password_is_hidden(clone: Path) -> None:
    url = "http://u:secretpw@127.0.0.1:1/x"
    result = run("register", "churn", "--remote", url, at=clone, code=1)
    assert "secretpw" not in result.errors
    assert "name a remote, or give a URL with --repo" in result.errors


@pytest.mark.parametrize("signal", [SIGINT, SIGTERM])
def test_an_interrupted_push_says_that_its_outcome_is_unknown(
    signal: int, clone: Path, remote: Path, tmp_path: Path
) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    hook(remote, "pre-receive", f"echo > '{started}'; exec sleep 30")
    errors = _interrupted(clone, started, signal)
    assert "interrupted: whether the remote has churn@v0.0.1 is not known" in errors


@pytest.mark.parametrize("signal", [SIGINT, SIGTERM])
@pytest.mark.parametrize("push", [[], ["--push"]], ids=["here", "pushed"])
def test_an_interruption_waits_for_the_local_transaction(
    push: list[str], signal: int, clone: Path, tmp_path: Path
) -> None:
    started, lines = tmp_path / "started", tmp_path / "lines"
    os.mkfifo(started)
    lines.write_text("register a\nregister b\n")
    # the second line is read from the fifo once the signal was sent
    wait = f"echo > '{started}'; read line < '{started}'"
    hook(clone / ".git", "reference-transaction", f'[ "$1" != prepared ] || {{ {wait}; }}')
    words = ("apply", "-f", str(lines), *push)
    errors = _interrupted(clone, started, signal, words, answers=True)
    assert tags(clone) == ["a@v0.0.1", "b@v0.0.1"]
    where = "remote" if push else "repository"
    assert f"interrupted: the {where} has the changes of a@v0.0.1, b@v0.0.1" in errors


@pytest.mark.parametrize("push", [[], ["--push"]], ids=["here", "pushed"])
def test_an_interruption_after_the_change_says_what_was_changed(
    push: list[str], clone: Path, tmp_path: Path
) -> None:
    started, program = tmp_path / "started", tmp_path / "bin" / "git"
    os.mkfifo(started)
    program.parent.mkdir()
    # what looks for tags that have appeared meanwhile
    listing = "ls-remote" if push else "for-each-ref"
    is_made = (
        f"env -u GIT_DIR '{GIT}' -C '{clone}' rev-parse --quiet --verify churn@v0.0.1 >/dev/null"
    )
    wait = f"echo > '{started}'; exec sleep 30"
    program.write_text(
        f'#!/bin/sh\ncase " $* " in *" {listing} "*) if {is_made}; then {wait}; fi;; esac\n'
        f"exec '{GIT}' \"$@\"\n"
    )
    program.chmod(0o755)
    path = {"PATH": f"{program.parent}:{os.environ['PATH']}"}
    words = ("register", "churn", *push)
    errors = _interrupted(clone, started, SIGTERM, words, variables=path)
    assert tags(clone) == ["churn@v0.0.1"]
    where = "remote" if push else "repository"
    assert f"interrupted: the {where} has the changes of churn@v0.0.1\n" in errors


GIT = shutil.which("git")


def test_a_tag_that_another_process_makes_alike_is_its_own(
    clone: Path, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both assign a stage to a commit without a version, in the same second, as the same person."""
    when = {"GIT_COMMITTER_DATE": "@1800000000 +0000"}
    push, others = Outbox.push, iter([("assign", "m", "--stage", "dev", "-r", remote.as_uri())])

    def after_another(
        self: Outbox, changes: Sequence[TagChange], *, atomic: bool, show: ShowProgress | None
    ) -> Outcome:
        for command in others:
            run(*command, at=clone, variables=when)
        return push(self, changes, atomic=atomic, show=show)

    monkeypatch.setattr(Outbox, "push", after_another)
    command = ("assign", "m", "--stage", "prod", "-r", remote.as_uri(), "--json")
    created = json.loads(run(*command, at=clone, variables=when).output)
    assert [event["tag"] for event in created] == ["m#prod#1"]
    assert tags(remote) == ["m#dev#1", "m#prod#1", "m@v0.0.1"]


@pytest.mark.parametrize("name", ["GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_DIR"])
def test_variables_that_lead_to_another_repository_have_no_effect(
    name: str, clone: Path, remote: Path
) -> None:
    command = [sys.executable, "-m", "gto_action", "register", "churn", "--push"]
    environment = {**terminal_environment(), **WHO, "PYTHONPATH": str(ROOT), name: "/nope"}
    subprocess.run(command, cwd=clone, env=environment, check=True, stdout=subprocess.DEVNULL)
    assert tags(remote) == ["churn@v0.0.1"]


def test_a_git_that_gitpython_does_not_find_is_an_error(clone: Path, remote: Path) -> None:
    command = [sys.executable, "-m", "gto_action", "register", "churn", "--push"]
    variables = {"PYTHONPATH": str(ROOT), "GIT_PYTHON_GIT_EXECUTABLE": "/nope"}
    environment = {**terminal_environment(), **WHO, **variables}
    done = subprocess.run(
        command, cwd=clone, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "GitPython can't be used to push: " in done.stderr
    assert tags(remote) == []


def _interrupted(
    clone: Path,
    started: Path,
    signal: int,
    words: Sequence[str] = ("register", "churn", "--push"),
    *,
    answers: bool = False,
    variables: Mapping[str, str] | None = None,
) -> str:
    """Run a command, and send a signal when a fifo is written; return what was printed.

    If something ``answers`` then, the fifo is written by the test.
    """
    command = [sys.executable, "-m", "gto_action", *words]
    environment = {**terminal_environment(), **WHO, "PYTHONPATH": str(ROOT), **(variables or {})}
    with subprocess.Popen(
        command, cwd=clone, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        started.read_text()
        process.send_signal(signal)
        if answers:
            started.write_text("\n")
        errors = process.communicate()[1]
    assert process.returncode == 128 + signal
    return errors
