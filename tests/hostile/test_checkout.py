"""Any checkout will do, and none of its configuration runs a program of its choice."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from testkit.demo_registry import build_demo
from testkit.repositories import git
from testkit.runner import read_outputs, runner_environment
from testkit.step import ENTRYPOINT, Result, Workspace, full_clone
from tests.conftest import Pushed

TAG = "churn#prod#3"


def _is_right(result: Result) -> None:
    assert (result.code, result.outputs["version"]) == (0, "v1.1.0"), result.log


@pytest.mark.parametrize("kind", ["none", "empty directory", "empty repository", "file"])
def test_without_a_checkout_the_remote_is_read(
    kind: str, demo_remote: Path, tmp_path: Path
) -> None:
    place = tmp_path / "workspace"
    match kind:
        case "empty directory":
            place.mkdir()
        case "empty repository":
            git("init", "--quiet", str(place))
        case "file":
            place.write_text("")
        case _:
            pass
    server = {"GITHUB_SERVER_URL": str(demo_remote.parent), "GITHUB_REPOSITORY": demo_remote.name}
    _is_right(Workspace(tmp_path, f"refs/tags/{TAG}", "").run(server))


@pytest.mark.parametrize(
    "kind", ["bare", "worktree", "submodule", "shallow", "blobless", "treeless"]
)
def test_every_kind_of_checkout(kind: str, demo_remote: Path, tmp_path: Path) -> None:
    place = tmp_path / "workspace"
    url = f"file://{demo_remote}"
    match kind:
        case "bare":
            git("clone", "--quiet", "--bare", url, str(place))
        case "worktree":
            git("clone", "--quiet", url, str(tmp_path / "main"))
            git("-C", str(tmp_path / "main"), "worktree", "add", "--quiet", "--detach", str(place))
        case "submodule":
            outer = tmp_path / "outer"
            git("init", "--quiet", str(outer))
            allowed = ("-c", "protocol.file.allow=always")
            git("-C", str(outer), *allowed, "submodule", "--quiet", "add", url, "inner")
            place.symlink_to(outer / "inner")
        case "shallow":
            git("clone", "--quiet", "--depth=1", url, str(place))
        case "blobless":
            git("clone", "--quiet", "--filter=blob:none", url, str(place))
        case _:
            git("clone", "--quiet", "--filter=tree:0", "--no-checkout", url, str(place))
    _is_right(Workspace(tmp_path, f"refs/tags/{TAG}", "").run(show=True))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
@pytest.mark.parametrize("fetch", [True, False])
def test_a_checkout_of_another_user(fetch: bool, demo_remote: Path, tmp_path: Path) -> None:
    run = full_clone(str(demo_remote), tmp_path, f"refs/tags/{TAG}")
    for path in (run.checkout, *run.checkout.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)
    _is_right(run.run(fetch=fetch))


@pytest.mark.parametrize(
    "file", ["HEAD", "config", "packed-refs", "refs/heads/main", "objects/info/alternates"]
)
@pytest.mark.parametrize("fetch", [True, False])
def test_a_corrupt_checkout_ends_in_a_sentence_or_not_at_all(
    file: str, fetch: bool, demo_remote: Path, tmp_path: Path
) -> None:
    run = full_clone(str(demo_remote), tmp_path, f"refs/tags/{TAG}")
    place = run.checkout / ".git" / file
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"\x00\xff garbage [\n")
    result = run.run(fetch=fetch)
    assert result.code in {0, 6, 9}, result.log
    assert "Traceback" not in result.log
    assert (result.outputs == {}) == (result.code != 0)
    if result.code == 0:
        assert result.outputs["version"] == "v1.1.0"


@pytest.mark.parametrize("reports", [True, False])
@pytest.mark.parametrize("content", ["", "garbage\n", "1" * 40 + "\n"])
def test_no_event_is_reported_if_a_tag_is_broken(
    content: str, reports: bool, demo_remote: Path, tmp_path: Path
) -> None:
    run = full_clone(str(demo_remote), tmp_path, f"refs/tags/{TAG}")
    (run.checkout / ".git/refs/tags/churn#prod#2").write_text(content)
    result = run.run(fetch=False, show=reports)
    assert (result.code, result.outputs) == (9, {})
    assert "git can't read the tags" in result.log


def test_a_directory_of_git_s_with_an_odd_name(demo_remote: Path, tmp_path: Path) -> None:
    run = full_clone(str(demo_remote), tmp_path, f"refs/tags/{TAG}")
    (run.checkout / ".git").rename(run.checkout / "g\u2028x")
    (run.checkout / ".git").write_text("gitdir: g\u2028x\n")
    _is_right(run.run())


def test_corrupt_objects_are_fetched_again_or_reported(demo_remote: Path, tmp_path: Path) -> None:
    run = full_clone(f"file://{demo_remote}", tmp_path, f"refs/tags/{TAG}")
    for path in (run.checkout / ".git/objects").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"garbage")
    with_remote = run.run()
    assert with_remote.code in {0, 9}
    assert with_remote.outputs.get("version", "v1.1.0") == "v1.1.0"
    without = run.run(fetch=False)
    assert (without.code, without.outputs) == (9, {})
    assert "Traceback" not in with_remote.log + without.log


def test_a_read_only_checkout(demo_remote: Path, tmp_path: Path) -> None:
    run = full_clone(str(demo_remote), tmp_path, f"refs/tags/{TAG}")
    script = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && exec "$2" "$3"'
    words = (
        "unshare",
        "--mount",
        "sh",
        "-c",
        script,
        "sh",
        run.checkout,
        sys.executable,
        ENTRYPOINT,
    )
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount")
    environment = runner_environment(tmp_path, run.ref, run.sha)
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    reported = read_outputs((tmp_path / "output").read_text())
    assert (done.returncode, reported["version"]) == (0, "v1.1.0"), done.stdout


@pytest.mark.parametrize("fetch", [True, False])
def test_a_configuration_that_came_with_the_checkout_runs_nothing(
    fetch: bool, tmp_path: Path
) -> None:
    remote = build_demo(tmp_path / "remote.git")
    run = full_clone(str(remote), tmp_path, f"refs/tags/{TAG}")
    marker = tmp_path / "it ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{marker}'\nexit 1\n")
    program.chmod(0o755)
    hooks = run.checkout / ".git/hooks"
    shutil.rmtree(hooks, ignore_errors=True)
    hooks.mkdir()
    for name in ("post-checkout", "reference-transaction", "pre-auto-gc", "fsmonitor-watchman"):
        shutil.copy(program, hooks / name)
    for key in (
        *("core.fsmonitor", "core.pager", "core.editor", "core.askPass", "core.gitProxy"),
        *("core.alternateRefsCommand", "core.sshCommand", "credential.helper", "diff.external"),
        *("gpg.program", "pager.show-ref", "pager.config", "pager.fetch", "sequence.editor"),
        *("remote.origin.uploadpack", "uploadpack.packObjectsHook", "diff.x.textconv"),
    ):
        git("-C", str(run.checkout), "config", key, str(program))
    for command in ("config", "rev-parse", "init", "fetch", "show-ref", "for-each-ref", "cat-file"):
        git("-C", str(run.checkout), "config", f"alias.{command}", f"!{program}")
    git("-C", str(run.checkout), "config", "core.hooksPath", str(hooks))
    git("-C", str(run.checkout), "config", "filter.x.smudge", str(program))
    (run.checkout / ".gitattributes").write_text("* filter=x diff=x\n")
    _is_right(run.run(fetch=fetch, show=True))
    assert not marker.exists()


def test_a_partial_checkout_brings_nothing_where_nothing_is_to_be_brought(
    demo_remote: Path, tmp_path: Path
) -> None:
    place = tmp_path / "workspace"
    flags = ("--filter=tree:0", "--no-checkout")
    git("clone", "--quiet", *flags, f"file://{demo_remote}", str(place))
    marker = tmp_path / "it ran"
    git(
        "-C", str(place), "config", "remote.origin.uploadpack", f"touch '{marker}'; git-upload-pack"
    )
    result = Workspace(tmp_path, f"refs/tags/{TAG}", "").run(fetch=False)
    assert (result.code, result.outputs) == (9, {})
    assert not marker.exists()


@pytest.mark.parametrize("scope", ["checkout", "user"])
@pytest.mark.parametrize("url", ["ext::touch {}", "--upload-pack=touch {}", "-x", "fd::3"])
def test_a_url_that_is_a_command_or_an_option(
    url: str, scope: str, demo_remote: Path, pushed: Pushed
) -> None:
    run = pushed(demo_remote, TAG)
    marker = run.root / "it-ran"  # absolute: git runs in a directory that is deleted afterwards
    checkout, user = run.checkout / ".git/config", run.root / "gitconfig"
    checkout.write_text(checkout.read_text().replace(str(demo_remote), url.format(marker)))
    file = {"checkout": checkout, "user": user}[scope]
    for protocol in ("ext", "fd"):
        git("config", "--file", str(file), f"protocol.{protocol}.allow", "always")
    result = run.run({"GIT_CONFIG_GLOBAL": str(user)}, time_limit="30")
    assert (result.code, result.outputs) == (5, {})
    assert not marker.exists()
    if "::" in url:
        assert f"transport '{url.partition(':')[0]}' not allowed" in result.log


def test_a_hook_of_the_users_configuration_is_not_run(
    demo_remote: Path, pushed: Pushed, tmp_path: Path
) -> None:
    run = pushed(demo_remote, TAG)
    marker, hooks = tmp_path / "it-ran", tmp_path / "hooks"
    hooks.mkdir()
    for name in ("reference-transaction", "post-checkout", "pre-auto-gc", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch '{marker}'\n")
        (hooks / name).chmod(0o755)
    git("config", "--file", str(tmp_path / "gitconfig"), "core.hooksPath", str(hooks))
    _is_right(run.run({"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig")}, show=True))
    assert not marker.exists()


def test_instead_of_is_followed(demo_remote: Path, pushed: Pushed) -> None:
    run = pushed(demo_remote, TAG)
    config = run.checkout / ".git/config"
    config.write_text(
        config.read_text().replace(str(demo_remote), "mirror:models")
        + f'[url "{demo_remote}"]\n\tinsteadOf = mirror:models\n'
    )
    _is_right(run.run())
