"""Any tag object is read as git reads it, or is not an event."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from testkit.repositories import git, git_environment
from tests.hostile.memory import run_measured
from tests.hostile.repositories import TAG, TAGGER, add_object, add_tag, repository, workspace

PGP = "-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n"


@pytest.mark.parametrize("target", ["main^{tree}", "main:file"])
def test_a_tag_of_what_is_no_commit_is_no_event(target: str, tmp_path: Path) -> None:
    remote = repository(tmp_path)
    add_tag(remote, TAG, target=target)
    result = workspace(tmp_path, remote).run(show=True)
    assert (result.code, set(result.outputs.values())) == (0, {""})
    assert "an event is a tag of a commit" in result.log


@pytest.mark.parametrize("depth", [1, 50])
def test_a_tag_of_tags_is_an_event_at_the_commit_below(depth: int, tmp_path: Path) -> None:
    remote = repository(tmp_path)
    target = "main"
    for number in range(depth):
        add_tag(remote, f"inner{number}", target=target)
        target = f"inner{number}"
    add_tag(remote, TAG, target=target)
    result = workspace(tmp_path, remote).run()
    commit = git("-C", str(remote), "rev-parse", "main")
    assert (result.code, result.outputs["commit"]) == (0, commit)


@pytest.mark.parametrize(("size", "event"), [(9 << 20, "registration"), (11 << 20, "")])
def test_a_tag_of_a_huge_tag(size: int, event: str, tmp_path: Path) -> None:
    remote = repository(tmp_path)
    add_tag(remote, "huge", message=b"x" * size)
    add_tag(remote, TAG, target="huge")
    add_tag(remote, "churn@v2.0.0")
    run = workspace(tmp_path, remote)
    result = run.run(show=True)
    assert (result.code, result.outputs["event"]) == (0, event)
    reason = f"tag '{TAG}' points to a tag; an event is a tag of a commit"
    assert (reason in result.log) == (not event)
    # the other tags are read all the same
    other = run.run(ref="churn@v2.0.0", show=True)
    assert (other.code, other.outputs["event"]) == (0, "registration")
    assert other.outputs["previous-version"] == ("v1.0.0" if event else "")


@pytest.mark.parametrize(
    ("header", "author", "created_at"),
    [
        ("", "", "1970-01-01T00:00:00+00:00"),
        ("tagger A <a@b> 0 +0000\n", "A", "1970-01-01T00:00:00+00:00"),
        ("tagger A <a@b> -1 +0000\n", "A", "1969-12-31T23:59:59+00:00"),
        ("tagger A <a@b> 253402300800 +0000\n", "A", "10000-01-01T00:00:00+00:00"),
        ("tagger A <a@b> 9223372036854775807 +0000\n", "A", None),
        (f"tagger A <a@b> {'9' * 5000} +0000\n", "A", "1970-01-01T00:00:00+00:00"),
        ("tagger A <a@b> 0 +1400\n", "A", "1970-01-01T14:00:00+14:00"),
        ("tagger A <a@b> 0 -1259\n", "A", "1969-12-31T11:01:00-12:59"),
        ("tagger A <a@b> 0 +9999\n", "A", "1970-01-01T00:00:00+00:00"),
        ("tagger A <a@b> 0 +99999999999\n", "A", "1970-01-01T00:00:00+00:00"),
        ("tagger A <a@b> 0 MESZ\n", "A", "1970-01-01T00:00:00+00:00"),
        ("tagger A <a@b>\n", "A", "1970-01-01T00:00:00+00:00"),
        ("tagger nobody\n", "", "1970-01-01T00:00:00+00:00"),
    ],
)
def test_any_tagger_and_any_date(
    header: str, author: str, created_at: str | None, tmp_path: Path
) -> None:
    remote = repository(tmp_path)
    commit = git("-C", str(remote), "rev-parse", "main")
    content = f"object {commit}\ntype commit\ntag {TAG}\n{header}\nmessage\n"
    add_object(remote, TAG, content.encode())
    result = workspace(tmp_path, remote).run(show=True, history=True, summary=True)
    reported = (result.code, result.outputs["event"], result.outputs["author"])
    assert reported == (0, "registration", author)
    assert created_at in {None, result.outputs["created-at"]}


def test_the_name_is_the_refs_and_not_what_the_object_says(tmp_path: Path) -> None:
    remote = repository(tmp_path)
    commit = git("-C", str(remote), "rev-parse", "main")
    content = f"object {commit}\ntype commit\ntag churn#prod#1\ntagger {TAGGER}\n\nx\n"
    add_object(remote, TAG, content.encode())
    result = workspace(tmp_path, remote).run()
    reported = [result.outputs[name] for name in ("event", "tag", "stage")]
    assert reported == ["registration", TAG, ""]


@pytest.mark.parametrize(
    ("message", "reported"),
    [
        (b"gr\xfc\xdfe\n", "gr\ufffd\ufffde"),
        (b"signed\n" + PGP.encode(), "signed"),
        (b"x" * (1 << 20), "x" * (1 << 20)),
        (b"x" * (3 << 20), "x" * (1 << 20)),
        (b"", ""),
        (b"\n\n\n", ""),
    ],
)
def test_any_message(message: bytes, reported: str, tmp_path: Path) -> None:
    remote = repository(tmp_path)
    add_tag(remote, TAG, message=message)
    add_tag(remote, "churn@v2.0.0")
    result = workspace(tmp_path, remote).run(show=True, history=True, summary=True)
    assert (result.code, result.outputs["event"]) == (0, "registration")
    assert result.outputs["message"] == reported
    assert result.outputs["latest"] == "false"


def test_a_message_of_signatures_without_an_end(tmp_path: Path) -> None:
    remote = repository(tmp_path)
    add_tag(remote, TAG)
    message = b"x\n" + b"-----BEGIN PGP SIGNATURE-----\n" * 17_000 + b"y\n" * 260_000
    add_tag(remote, "zzz", message=message)
    result = workspace(tmp_path, remote).run(show=True, time_limit="60")
    assert (result.code, result.outputs["event"]) == (0, "registration")


def test_many_tags_of_one_large_object_are_no_larger(tmp_path: Path) -> None:
    remote = repository(tmp_path)
    add_tag(remote, TAG, message="\U0001f600".encode() + b"x" * (1 << 20))
    oid = git("-C", str(remote), "rev-parse", f"refs/tags/{TAG}")
    refs = "".join(f"create refs/tags/churn@v1.0.{number} {oid}\n" for number in range(1, 1000))
    command = ["git", "-C", str(remote), "update-ref", "--stdin"]
    subprocess.run(command, input=refs.encode(), env=git_environment(), check=True)
    run = workspace(tmp_path, remote)
    result, memory = run_measured(run, reports=True)
    assert (result.code, len(result.outputs["message"])) == (0, (1 << 20) - 3)
    assert memory < 300_000


def test_an_object_that_is_not_a_tag_ends_the_run(tmp_path: Path) -> None:
    remote = repository(tmp_path)
    add_tag(remote, TAG)
    add_object(remote, "broken", b"nothing\n")
    result = workspace(tmp_path, remote).run(show=True)
    assert (result.code in {5, 9}, result.outputs) == (True, {})
    assert "Traceback" not in result.log
