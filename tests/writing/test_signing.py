"""Signed tags, which Git itself verifies."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from testkit.repositories import git
from tests.writing.harness import run, tags


@pytest.fixture
def ssh_key(clone: Path, tmp_path: Path) -> Path:
    """A key that the clone signs with, and whose tags it trusts."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    public = key.with_suffix(".pub").read_text()
    (tmp_path / "signers").write_text(f"ann@example.org {public}")
    for name, value in {
        "gpg.format": "ssh",
        "user.signingKey": str(key),
        "gpg.ssh.allowedSignersFile": str(tmp_path / "signers"),
    }.items():
        git("-C", str(clone), "config", name, value)
    return key


@pytest.mark.parametrize("push", [[], ["--push"]], ids=["here", "pushed"])
@pytest.mark.parametrize("how", ["--sign", "-u", "tag.gpgSign"])
def test_a_tag_is_signed_with_an_ssh_key(
    how: str, push: list[str], clone: Path, remote: Path, ssh_key: Path
) -> None:
    options = {"--sign": ["--sign"], "-u": ["-u", str(ssh_key)], "tag.gpgSign": []}[how]
    if how == "tag.gpgSign":
        git("-C", str(clone), "config", how, "true")
    message = "line\n\n# not a comment\n"
    run("assign", "churn", "--stage", "prod", "-m", message, *options, *push, at=clone)
    assert tags(clone) == ["churn#prod#1", "churn@v0.0.1"]
    assert tags(remote) == (tags(clone) if push else [])
    for tag in tags(clone):
        git("-C", str(clone), "verify-tag", tag)
    shown = git("-C", str(clone), "tag", "-l", "--format=%(contents:subject)|%(contents:body)")
    assert "line|# not a comment" in shown


@pytest.mark.skipif(shutil.which("gpg") is None, reason="there is no gpg")
def test_a_tag_is_signed_with_a_gpg_key(clone: Path, tmp_path: Path) -> None:
    home = tmp_path / "gpg"
    home.mkdir(mode=0o700)
    environment = {**os.environ, "GNUPGHOME": str(home)}
    words = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-gen-key"]
    words.append("Ann Lee <ann@example.org>")
    subprocess.run(words, env=environment, check=True, capture_output=True)
    try:
        run("register", "churn", "--sign", at=clone, variables={"GNUPGHOME": str(home)})
        verify = ["git", "-C", str(clone), "verify-tag", "churn@v0.0.1"]
        verified = subprocess.run(verify, env=environment, capture_output=True, check=True)
        assert b"Good signature" in verified.stderr
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], env=environment, check=True)


@pytest.mark.parametrize("push", [[], ["--push"]], ids=["here", "pushed"])
def test_a_path_of_a_key_begins_at_the_root_as_for_git(
    push: list[str], clone: Path, ssh_key: Path
) -> None:
    (clone / "models").mkdir()
    (clone.parent / "other").mkdir()
    key = f"../{ssh_key.name}.pub"
    for where, options in ((clone, ["-u", key]), (clone / "models", ["-u", key])):
        run("assign", "churn", "--stage", where.name, *options, *push, at=where)
    git("-C", str(clone), "config", "user.signingKey", key)
    git("-C", str(clone / "models"), "tag", "-s", "-m", "x", "by-git")
    run("assign", "churn", "--stage", "x", "--sign", *push, at=clone / "models")
    for tag in tags(clone):
        git("-C", str(clone), "verify-tag", tag)


def test_a_path_of_a_key_begins_here_without_a_work_tree(
    clone: Path, remote: Path, ssh_key: Path, tmp_path: Path
) -> None:
    (tmp_path / "here").mkdir()
    key, ssh = f"../{ssh_key.name}.pub", {"GIT_CONFIG_COUNT": "1", **_SSH}
    words = ("register", "churn", "main", "-u", key, "-r", remote.as_uri())
    run(*words, at=tmp_path / "here", variables=ssh)
    git("-C", str(clone), "fetch", "--quiet", "--tags")
    git("-C", str(clone), "verify-tag", "churn@v0.0.1")


_SSH = {"GIT_CONFIG_KEY_0": "gpg.format", "GIT_CONFIG_VALUE_0": "ssh"}


def test_a_key_that_is_missing_is_an_error_and_nothing_is_created(
    clone: Path, remote: Path, ssh_key: Path
) -> None:
    ssh_key.unlink()
    ssh_key.with_suffix(".pub").unlink()
    for push in ([], ["--push"]):
        result = run("assign", "churn", "--stage", "x", "--sign", *push, at=clone, code=1)
        assert "git can't sign the tag churn@v0.0.1: " in result.errors
        assert "user.signingKey" in result.errors
        assert result.errors.count("\n") == 1
    assert tags(clone) == tags(remote) == []
