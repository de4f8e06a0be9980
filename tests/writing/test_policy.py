"""Commands that create tags under a policy: what it refuses is not created anywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from testkit.repositories import git
from testkit.runner import clone_as_a_runner
from testkit.step import Workspace
from tests.writing.harness import run, tags

ORDER = "policy: {order: [dev, prod], override: true}\n"


def _commit(clone: Path, **files: str) -> None:
    """Commit files to the default branch of the remote."""
    for name, content in files.items():
        (clone / name.replace("__", ".")).write_text(content)
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    git("-C", str(clone), "add", ".")
    git("-C", str(clone), *who, "commit", "--quiet", "--message", "Set the policy")
    git("-C", str(clone), "push", "--quiet", "origin", "main")


@pytest.fixture
def ordered(clone: Path) -> Path:
    _commit(clone, __gto=ORDER)
    return clone


@pytest.mark.parametrize("where", ["push", "url", "here"])
def test_what_the_policy_refuses_is_created_nowhere(
    where: str, ordered: Path, remote: Path
) -> None:
    to = {"push": ["--push"], "url": ["-r", remote.as_uri()], "here": []}[where]
    # --version with a URL: HEAD is the remote's there
    result = run("assign", "churn", "main", "--stage", "prod", *to, at=ordered, code=12)
    assert result.errors == (
        "the policy refuses churn#prod#1: order: v0.0.1 is not in dev, where a version of churn "
        "has to be before prod: assign it there first\n"
    )
    assert tags(ordered) == tags(remote) == []
    run("assign", "churn", "main", "--stage", "dev", *to, at=ordered)
    run("assign", "churn", "main", "--stage", "prod", *to, at=ordered)
    dry = run("assign", "new", "main", "--stage", "prod", "--dry-run", *to, at=ordered, code=12)
    assert "the policy refuses new#prod#1" in dry.errors


def test_all_lines_of_apply_or_none(ordered: Path, remote: Path, tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    lines.write_text("register a\nassign churn --stage prod\n")
    run("apply", "-f", lines, "--push", at=ordered, code=12)
    assert tags(remote) == []
    lines.write_text("register a\nassign churn --stage dev\nassign churn --stage prod\n")
    run("apply", "-f", lines, "--push", at=ordered)
    assert tags(remote) == ["a@v0.0.1", "churn#dev#1", "churn#prod#2", "churn@v0.0.1"]


def test_a_dry_run_is_refused_as_the_command_is(ordered: Path) -> None:
    """Also where the local repository forbids it as well."""
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    git("-C", str(ordered), *who, "tag", "-a", "-m", "x", "churn#prod#1")
    words = ("assign", "churn", "--stage", "prod", "--push")
    real = run(*words, at=ordered, code=12)
    assert run(*words, "--dry-run", at=ordered, code=12).errors == real.errors


def test_an_override_has_its_reason_in_the_tag(ordered: Path, remote: Path) -> None:
    words = ("assign", "churn", "--stage", "prod", "--override", "prod is on fire", "--push")
    run(*words, "-m", "Now", at=ordered)
    message = git("-C", str(remote), "tag", "--list", "--format=%(contents)", "churn#prod#1")
    assert message == "Now\n\nGto-Override: prod is on fire"
    result = run("register", "b", "--override", "two\nlines", at=ordered, code=1)
    assert "of --override is not one line of text" in result.errors


def test_an_override_by_some_people_is_left_to_the_host(clone: Path, remote: Path) -> None:
    _commit(clone, __gto="policy: {order: [dev, prod], override: {actors: [alice]}}\n")
    words = ("assign", "churn", "--stage", "prod", "--push")
    run(*words, at=clone, code=12)
    result = run(*words, "--override", "a fire", at=clone)
    assert "the host decides whether churn#prod#1 is allowed: v0.0.1 is not in dev" in result.errors
    assert "only alice may override the policy" in result.errors
    assert "churn#prod#1" in tags(remote)


def test_without_the_default_branch_there_is_a_notice(ordered: Path) -> None:
    git("-C", str(ordered), "remote", "set-head", "origin", "--delete")
    result = run("assign", "churn", "--stage", "prod", at=ordered)
    assert "no policy was applied" in result.errors


def test_who_may_is_decided_by_the_host(clone: Path, remote: Path) -> None:
    _commit(clone, __gto="policy: {stages: {prod: {actors: [alice]}}}\n")
    result = run("assign", "churn", "--stage", "prod", "--push", at=clone)
    assert "the host decides whether churn#prod#1 is allowed: only alice may create" in (
        result.errors
    )
    assert "churn#prod#1" in tags(remote)


@pytest.mark.parametrize(
    ("policy", "code"), [("policy: {}\n", 12), ("policy: {delete: {actors: [alice]}}\n", 0)]
)
def test_a_deletion(policy: str, code: int, clone: Path, remote: Path) -> None:
    run("assign", "churn", "--stage", "prod", "--push", at=clone)
    _commit(clone, __gto=policy)
    result = run("unassign", "churn", "prod", "--delete", "--push", at=clone, code=code)
    assert ("churn#prod#1" in tags(remote)) == bool(code)
    expected = "allows nobody to delete" if code else "the host decides whether churn#prod#1 may be"
    assert expected in result.errors


def test_a_policy_that_is_broken_refuses_everything(clone: Path, remote: Path) -> None:
    _commit(clone, __gto="stages: [dev]\npolicy:\n  ordr: []\n")
    result = run("register", "churn", "--push", at=clone, code=12)
    assert "refuses everything: .gto, line 3: policy has an unknown key 'ordr'" in result.errors
    assert tags(remote) == []


def test_a_default_branch_that_is_missing(clone: Path, remote: Path) -> None:
    git("-C", str(remote), "symbolic-ref", "HEAD", "refs/heads/gone")
    refused = run("register", "churn", "--push", at=clone, code=12)
    assert "git symbolic-ref HEAD refs/heads/BRANCH" in refused.errors
    assert not tags(remote)


def test_the_first_push_to_an_empty_remote_has_no_policy(clone: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.git"
    git("init", "--quiet", "--bare", str(empty))
    git("-C", str(clone), "remote", "set-url", "origin", str(empty))
    run("register", "churn", "--push-commits", at=clone)
    assert tags(empty) == ["churn@v0.0.1"]


def test_a_list_beside_the_policy_is_not_overridden_by_a_variable(clone: Path) -> None:
    _commit(clone, __gto="stages: [dev]\npolicy: {}\n")
    stages = {"GTO_STAGES": '["prod"]'}
    result = run("assign", "a", "--stage", "prod", "--push", at=clone, code=12, variables=stages)
    assert "stages: prod is not a stage of .gto; they are: dev" in result.errors


def _key(path: Path) -> str:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path.with_suffix(".pub").read_text().strip()


SIGNED = "policy: {stages: {prod: {signed: true}}, signers: signers, revoked: revoked}\n"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ("", 0),
        ('namespaces="git"', 0),
        ("another line", 0),
        ('namespaces="file"', 12),
        ('valid-before="20200101"', 12),
        ('valid-after="20990101"', 12),
        ("revoked", 12),
    ],
)
def test_a_signature(options: str, code: int, clone: Path, remote: Path, tmp_path: Path) -> None:
    revokes, has_other = options == "revoked", options == "another line"
    options = "" if revokes or has_other else options
    public = _key(tmp_path / "key")
    line = " ".join(filter(None, ["ann@example.org", options, public]))
    other = f'*@example.com,bob@example.com namespaces="file" {public}\n' * has_other
    _commit(clone, __gto=SIGNED, signers=f"{other}{line}\n", revoked=public if revokes else "")
    git("-C", str(clone), "config", "gpg.format", "ssh")
    plain = run("assign", "churn", "--stage", "prod", "--push", at=clone, code=12)
    assert "is not signed: it has no signature" in plain.errors
    words = ("assign", "churn", "--stage", "prod", "--push", "-u", str(tmp_path / "key"))
    run(*words, at=clone, code=code)
    assert ("churn#prod#1" in tags(remote)) == (code == 0)


@pytest.mark.parametrize(
    ("principals", "code"),
    [
        ("*@x", 0),
        ("boss@?", 0),
        ("ann@x,!boss@x", 12),
        ("*@x,!boss@x", 12),
        ("!boss@x,*@x", 12),
        ("!ann@x,boss@x", 0),
        ("[b]oss@x", 12),
    ],
)
def test_who_a_line_of_signers_is_about(
    principals: str, code: int, clone: Path, remote: Path, tmp_path: Path
) -> None:
    policy = "policy: {stages: {prod: {signed: [boss@x]}}, signers: signers}\n"
    _commit(clone, __gto=policy, signers=f"{principals} {_key(tmp_path / 'key')}\n")
    git("-C", str(clone), "config", "gpg.format", "ssh")
    words = ("assign", "churn", "--stage", "prod", "--push", "-u", str(tmp_path / "key"))
    run(*words, at=clone, code=code)
    assert ("churn#prod#1" in tags(remote)) == (code == 0)


def test_a_dry_run_knows_whether_a_tag_would_be_signed(clone: Path, tmp_path: Path) -> None:
    policy = SIGNED.replace("{stages", "{order: [dev, prod], stages").replace(
        "prod: {", "dev: {signed: true}, prod: {"
    )
    line = f"ann@example.org {_key(tmp_path / 'key')}\n"
    _commit(clone, __gto=policy, signers=line, revoked="")
    git("-C", str(clone), "config", "gpg.format", "ssh")
    words = ("apply", "--push", "-f", str(tmp_path / "lines"), "--dry-run")
    (tmp_path / "lines").write_text("assign churn --stage dev\nassign churn --stage prod\n")
    plain = run(*words, at=clone, code=12)
    assert "is not signed: it has no signature" in plain.errors
    signed = run(*words, "-u", str(tmp_path / "key"), at=clone)
    assert "nothing was signed, so the policy's rules of signatures are not decided" in (
        signed.errors
    )


def test_a_signature_of_someone_else_or_of_another_name(
    clone: Path, remote: Path, tmp_path: Path
) -> None:
    known, other = _key(tmp_path / "known"), _key(tmp_path / "other")
    policy = "policy: {stages: {prod: {signed: [ann@example.org]}}, signers: signers}\n"
    _commit(clone, __gto=policy, signers=f"ann@example.org {known}\nbob@example.org {other}\n")
    git("-C", str(clone), "config", "gpg.format", "ssh")
    words = ("assign", "churn", "--push")
    by_bob = run(*words, "--stage", "prod", "-u", str(tmp_path / "other"), at=clone, code=12)
    assert "is signed by bob@example.org, who is none of ann@example.org" in by_bob.errors
    run(*words, "--stage", "dev", "-u", str(tmp_path / "known"), at=clone)
    # the step reads what somebody copied to another name
    sha = git("-C", str(remote), "rev-parse", "refs/tags/churn#dev#1")
    git("-C", str(remote), "update-ref", "refs/tags/churn#prod#9", sha)
    commit = clone_as_a_runner(str(remote), "churn#prod#9", tmp_path / "workspace")
    result = Workspace(tmp_path, "refs/tags/churn#prod#9", commit).run()
    assert result.code == 12
    assert "is not signed: the tag was made as 'churn#dev#1'" in result.log


@pytest.mark.skipif(shutil.which("gpg") is None, reason="there is no gpg")
def test_a_signature_by_gpg(clone: Path, remote: Path, tmp_path: Path) -> None:
    home = tmp_path / "gpg"
    home.mkdir(mode=0o700)
    environment = {**os.environ, "GNUPGHOME": str(home)}
    words = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-gen-key"]
    try:
        subprocess.run([*words, "Ann Lee <ann@example.org>"], env=environment, check=True)
        export = subprocess.run(
            ["gpg", "--armor", "--export"], env=environment, check=True, capture_output=True
        )
        policy = "policy: {stages: {prod: {signed: [ann@example.org]}}, gpg-keys: keys}\n"
        _commit(clone, __gto=policy, keys=export.stdout.decode())
        signing = {"GNUPGHOME": str(home)}
        words = ["assign", "churn", "--stage", "prod", "--push"]
        plain = run(*words, at=clone, code=12)
        assert "it has no signature" in plain.errors
        run(*words, "--sign", at=clone, variables=signing)
        assert "churn#prod#1" in tags(remote)
        _commit(clone, __gto=policy.replace("ann@", "bob@"))
        other = run(*words, "--force", "--sign", at=clone, code=12, variables=signing)
        assert "who is none of bob@example.org" in other.errors
        missing = {**signing, "PATH": _path_without("gpg", tmp_path)}
        without = run("policy", "check", "churn#prod#1", at=clone, code=12, variables=missing)
        assert "the program gpg that verifies it is missing" in without.output
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], env=environment, check=True)


def _path_without(program: str, directory: Path) -> str:
    """Return a PATH that has git and not another program."""
    programs = directory / "programs"
    programs.mkdir()
    for name in ("git", "ssh", "sh"):
        (programs / name).symlink_to(shutil.which(name) or name)
    assert not (programs / program).exists()
    return str(programs)


def test_what_a_command_allowed_the_step_allows(
    ordered: Path, remote: Path, tmp_path: Path
) -> None:
    for stage in ("dev", "prod"):
        run("assign", "churn", "--stage", stage, "--push", at=ordered)
    run("rollback", "churn", "prod", "--push", at=ordered, code=1)
    for number, tag in enumerate(tags(remote)):
        root = tmp_path / str(number)
        root.mkdir()
        commit = clone_as_a_runner(str(remote), tag, root / "workspace")
        result = Workspace(root, f"refs/tags/{tag}", commit).run()
        assert (result.code, result.outputs["allowed"]) == (0, "true"), result.log
