"""What a checkout, a project or a configuration may be like."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from testkit.dvc_projects import (
    MODEL_MD5,
    Dvc,
    annotate,
    commit_and_tag,
    pull,
    pushed_object,
    register_submodule,
    store_config,
    write,
)
from testkit.repositories import git
from testkit.step import Workspace
from tests.conftest import Pulled
from tests.pull.test_failures import refused
from tests.pull.test_paths import files, head
from tests.terminal.harness import ask


def registered(model: Workspace, dvc: Dvc | None = None, **paths: str) -> None:
    """Register NAME@v1.0.0 for each path, in a commit of all that is in the remote."""
    remote = model.root / "remote"
    annotate(remote, **paths)
    commit_and_tag(remote, *(f"{name}@v1.0.0" for name in paths))
    if dvc:
        dvc.do(remote, "push", "--quiet")


def check_out(model: Workspace, tag: str) -> None:
    """Bring the tags that came since, and check one out."""
    git("-C", str(model.checkout), "fetch", "--quiet", "--tags")
    git("-C", str(model.checkout), "checkout", "--quiet", "--force", tag)


def test_a_second_pull_brings_back_what_git_holds(pulled: Pulled, dvc: Dvc) -> None:
    workspace, older = pulled("texts@v2.0.0", ref="texts@v1.0.0")
    assert files(older) == ["texts/b.txt", "texts/in/a.txt"]
    newer = pull(workspace, dvc)
    assert files(newer) == ["texts/b.txt", "texts/in/a.txt"]
    assert (workspace.checkout / "texts/in/a.txt").read_text() == "a 2\n"
    assert head(workspace) == (workspace.sha, "")


@pytest.mark.parametrize("junk", ["another text", "a directory", "a link", "nothing"])
def test_files_in_git_are_those_of_the_commit(junk: str, pulled: Pulled, dvc: Dvc) -> None:
    workspace, _ = pulled("plain@v2.0.0")
    place = workspace.checkout / "models/plain.txt"
    place.unlink()
    match junk:
        case "another text":
            place.write_text("junk")
        case "a directory":
            write(place / "x", "x")
        case "a link":
            place.symlink_to("/etc/passwd")
    assert files(pull(workspace, dvc)) == ["models/plain.txt"]
    assert (place.is_symlink(), place.read_text()) == (False, "plain 2\n")


def test_other_line_endings_are_the_same_file(model: Workspace, dvc: Dvc) -> None:
    place = model.checkout / "artifacts.yaml"
    place.write_bytes(place.read_bytes().replace(b"\n", b"\r\n"))
    registered(model, notes="artifacts.yaml")
    check_out(model, "notes@v1.0.0")
    place.write_bytes(place.read_bytes().replace(b"\n", b"\r\n"))
    assert files(pull(model, dvc, ref="notes@v1.0.0")) == ["artifacts.yaml"]
    assert b"\r\n" in place.read_bytes()


def test_the_output_of_a_filter_is_not_replaced(model: Workspace, dvc: Dvc) -> None:
    remote = model.root / "remote"
    write(remote / ".gitattributes", "*.sec filter=crypt\n")
    write(remote / "a.sec", "encrypted")
    registered(model, hidden="a.sec")
    check_out(model, "hidden@v1.0.0")
    git("-C", str(model.checkout), "config", "filter.crypt.smudge", "false")
    (model.checkout / "a.sec").write_text("decrypted")
    assert files(pull(model, dvc, ref="hidden@v1.0.0")) == ["a.sec"]
    assert (model.checkout / "a.sec").read_text() == "decrypted"
    git("-C", str(model.checkout), "config", "--unset", "filter.crypt.smudge")
    assert files(pull(model, dvc, ref="hidden@v1.0.0")) == ["a.sec"]
    assert (model.checkout / "a.sec").read_text() == "encrypted"


def test_a_binary_file_is_compared_byte_by_byte(model: Workspace, dvc: Dvc) -> None:
    (model.root / "remote/a.bin").write_bytes(b"a\nb\0")
    registered(model, binary="a.bin")
    (model.checkout / "a.bin").write_bytes(b"a\r\nb\0")
    assert files(pull(model, dvc, ref="binary@v1.0.0")) == ["a.bin"]
    assert (model.checkout / "a.bin").read_bytes() == b"a\nb\0"


def test_nothing_is_removed_through_a_link(model: Workspace, dvc: Dvc) -> None:
    remote = model.root / "remote"
    write(remote / "texts/in/a", "a")
    registered(model, texts="texts")
    write(remote / "texts/in/old", "old")
    registered(model, later="texts")
    check_out(model, "later@v1.0.0")
    shutil.rmtree(model.checkout / "texts/in")
    write(model.root / "mine/old", "precious")
    write(model.root / "mine/a", "a")
    (model.checkout / "texts/in").symlink_to(model.root / "mine")
    assert files(pull(model, dvc, ref="texts@v1.0.0")) == ["texts/in/a"]
    assert not (model.checkout / "texts/in").is_symlink()
    assert sorted(item.name for item in (model.root / "mine").iterdir()) == ["a", "old"]


@pytest.mark.parametrize("path", ["data", "data/sub"])
def test_a_path_in_both_git_and_dvc_is_refused(path: str, model: Workspace, dvc: Dvc) -> None:
    remote = model.root / "remote"
    write(remote / "data/sub/x", "x")
    dvc.do(remote, "add", "--quiet", "data")
    write(remote / "data/sub/README", "Git's")
    git("-C", str(remote), "add", "--force", "data/sub/README")
    registered(model, dvc, both=path)
    refused(pull(model, dvc, ref="both@v1.0.0"), "both Git and DVC hold data")


def test_outputs_of_a_shared_directory_may_depend_on_each_other(model: Workspace, dvc: Dvc) -> None:
    remote = model.root / "remote"
    stages = (
        "stages:\n"
        "  a: {cmd: cp models/churn.pkl models/a, deps: [models/churn.pkl], outs: [models/a]}\n"
        "  b: {cmd: cp models/a models/b, deps: [models/a], outs: [models/b]}\n"
    )
    write(remote / "dvc.yaml", stages)
    dvc.do(remote, "repro", "--quiet")
    registered(model, dvc, models="models")
    reported = files(pull(model, dvc, ref="models@v1.0.0"))
    assert {"models/churn.pkl", "models/a", "models/b"} < {*reported}
    for name in ("a", "b"):
        (model.checkout / "models" / name).write_text(f"{name} is by itself")
    assert (model.checkout / "models/churn.pkl").read_text() == "a model\n"


def test_equal_files_of_a_directory_are_all_written(model: Workspace, dvc: Dvc) -> None:
    remote = model.root / "remote"
    for name in ("a", "b", "c"):
        write(remote / "data" / name, "alike")
    dvc.do(remote, "add", "--quiet", "data")
    registered(model, dvc, data="data")
    assert files(pull(model, dvc, ref="data@v1.0.0")) == ["data/a", "data/b", "data/c"]
    (model.checkout / "data/a").write_text("changed")
    assert (model.checkout / "data/b").read_text() == "alike"
    assert {os.stat(item).st_nlink for item in (model.checkout / "data").iterdir()} == {1}


@pytest.mark.parametrize(
    "stage",
    [
        "outs:\n- {{md5: {md5}, size: 8, hash: md5, path: x.pkl, remote: other}}\n",
        "outs:\n- md5: {md5}\n  size: 8\n  hash: md5\n  path: x.pkl\n  remote: other\n",
    ],
)
def test_every_remote_is_checked(stage: str, model: Workspace, dvc: Dvc) -> None:
    remote = model.root / "remote"
    other = f"['remote \"other\"']\nurl = {model.root}/other\n"
    write(remote / ".dvc/config", f"[core]\nremote = gone\n{other}")
    stored = model.root / "other" / pushed_object(model.root).relative_to(model.root / "store")
    write(stored, "damaged\n")
    stored.chmod(0o444)
    write(remote / "x.pkl.dvc", stage.format(md5=MODEL_MD5))
    registered(model, x="x.pkl")
    refused(
        pull(model, dvc, ref="x@v1.0.0"), "a file that does not match DVC's metadata is discarded"
    )


def test_files_that_git_has_only_at_head_are_removed(model: Workspace, dvc: Dvc) -> None:
    remote = model.root / "remote"
    write(remote / "texts/a", "1")
    registered(model, texts="texts")
    write(remote / "texts/only-new", "2")
    registered(model, later="texts")
    check_out(model, "later@v1.0.0")
    write(model.checkout / "texts/mine", "untracked")
    assert files(pull(model, dvc, ref="texts@v1.0.0")) == ["texts/a"]
    assert sorted(item.name for item in (model.checkout / "texts").iterdir()) == ["a", "mine"]


STAGES = """\
vars: [{place: models/deep}]
stages:
  here:
    cmd: mkdir -p models && echo here > models/here.bin
    outs: [models/here.bin]
  there:
    wdir: ${place}
    cmd: echo there > there.bin
    outs: [there.bin]
  each:
    foreach: [one, two]
    do:
      wdir: models
      cmd: echo ${item} > ${item}.bin
      outs: ["${item}.bin"]
  measure:
    cmd: echo 1 > models/score.json
    outs: [{models/score.json: {cache: false}}]
"""


def test_a_shared_directory_has_the_outputs_of_stages_elsewhere(model: Workspace, dvc: Dvc) -> None:
    remote = model.root / "remote"
    write(remote / "dvc.yaml", STAGES)
    write(remote / "models/deep/README", "Git's")
    dvc.do(remote, "repro", "--quiet")
    registered(model, dvc, models="models")
    reported = files(pull(model, dvc, ref="models@v1.0.0"))
    names = ("churn.pkl", "deep/there.bin", "here.bin", "one.bin", "score.json", "two.bin")
    assert {f"models/{name}" for name in names} < {*reported}
    assert (model.checkout / "models/deep/there.bin").read_text() == "there\n"


def test_a_directory_of_git_s_needs_no_remote_for_outputs_that_git_holds(
    model: Workspace, dvc: Dvc
) -> None:
    remote = model.root / "remote"
    measure = "stages: {m: {cmd: echo 1 > eval/s, outs: [{eval/s: {cache: false}}]}}\n"
    write(remote / "dvc.yaml", measure)
    write(remote / "eval/README", "Git's")
    dvc.do(remote, "repro", "--quiet", "m")
    write(remote / ".dvc/config", "")
    registered(model, eval="eval")
    assert "eval/s" in files(pull(model, dvc, ref="eval@v1.0.0"))


def test_an_import_needs_no_remote(model: Workspace, dvc: Dvc) -> None:
    remote = model.root / "remote"
    other = model.root / "other"
    git("clone", "--quiet", str(remote), str(other))
    git("-C", str(remote), "rm", "-r", "--quiet", "models")
    write(remote / ".dvc/config", "")
    dvc.do(remote, "import", "--quiet", str(other), "models/churn.pkl", "-o", "imported.pkl")
    registered(model, imported="imported.pkl")
    assert files(pull(model, dvc, ref="imported@v1.0.0")) == ["imported.pkl"]
    assert (model.checkout / "imported.pkl").read_text() == "a model\n"


def test_a_link_that_head_lacks_is_brought_too(model: Workspace, dvc: Dvc) -> None:
    (model.root / "remote/latest.pkl").symlink_to("models/churn.pkl")
    registered(model, latest="latest.pkl")
    assert files(pull(model, dvc, ref="latest@v1.0.0")) == ["models/churn.pkl"]
    assert (model.checkout / "latest.pkl").read_text() == "a model\n"


def test_a_file_makes_way_for_a_directory(model: Workspace, dvc: Dvc) -> None:
    write(model.root / "remote/t/b/x", "x")
    write(model.root / "remote/t/a", "a")
    registered(model, t="t")
    write(model.checkout / "t/b", "a file")
    assert files(pull(model, dvc, ref="t@v1.0.0")) == ["t/a", "t/b/x"]


def test_a_failure_midway_leaves_all_as_it_was(model: Workspace, dvc: Dvc) -> None:
    write(model.root / "remote/mixed/a", "new")
    write(model.root / "remote/mixed/w.bin", "weights")
    dvc.do(model.root / "remote", "add", "--quiet", "mixed/w.bin")
    registered(model, mixed="mixed")  # and not pushed
    write(model.checkout / "mixed/a", "old")
    refused(pull(model, dvc, ref="mixed@v1.0.0"), "DVC does not find it there")
    assert [item.name for item in (model.checkout / "mixed").iterdir()] == ["a"]
    assert (model.checkout / "mixed/a").read_text() == "old"


@pytest.mark.parametrize("kind", ["symlink", "hardlink"])
def test_no_link_to_a_cache_is_handed_out(kind: str, model: Workspace, dvc: Dvc) -> None:
    write(model.checkout / ".dvc/config.local", f"[cache]\n    type = {kind}\n")
    assert files(pull(model, dvc)) == ["models/churn.pkl"]
    place = model.checkout / "models/churn.pkl"
    assert (place.is_symlink(), os.stat(place).st_nlink) == (False, 1)
    assert place.read_text() == "a model\n"


def test_a_configuration_does_not_turn_the_check_off(model: Workspace, dvc: Dvc) -> None:
    stored = pushed_object(model.root)
    stored.chmod(0o644)
    stored.write_text("damaged\n")
    stored.chmod(0o444)
    write(model.checkout / ".dvc/config.local", store_config(verify="false"))
    refused(pull(model, dvc), "a file that does not match DVC's metadata is discarded")


def test_a_remote_of_the_user_s_own_configuration(model: Workspace, dvc: Dvc) -> None:
    write(model.root / "remote/.dvc/config", "")
    commit_and_tag(model.root / "remote", "churn@v2.0.0")
    mine = store_config(url=str(model.root / "store"))
    write(model.root / "config/dvc/config", f"[core]\n    remote = store\n{mine}")
    environment = {**dvc.path, "XDG_CONFIG_HOME": str(model.root / "config")}
    result = model.run(environment, pull=True, ref="churn@v2.0.0")
    assert files(result) == ["models/churn.pkl"]


def test_a_project_whose_directory_is_gone_at_head(pulled: Pulled, dvc: Dvc) -> None:
    workspace, _ = pulled("churn@v1.0.0", pull="false")
    shutil.rmtree(workspace.checkout / "team")
    assert files(pull(workspace, dvc, ref="team=seg@v1.0.0")) == ["team/seg.pkl"]


def test_a_submodule_that_is_not_checked_out(model: Workspace, dvc: Dvc) -> None:
    register_submodule(model.root / "remote")
    check_out(model, "sub@v1.0.0")
    refused(pull(model, dvc, ref="sub@v1.0.0"), "sub is a submodule")


def test_a_path_that_no_file_can_have(model: Workspace, dvc: Dvc) -> None:
    registered(model, odd="a\0b")
    refused(pull(model, dvc, ref="odd@v1.0.0"), "embedded null")


def test_secrets_are_never_in_the_checkout(model: Workspace, dvc: Dvc) -> None:
    settings = {"url": "../../store", "password": "s3cret"}
    write(model.checkout / ".dvc/config.local", store_config(**settings))
    seen = model.root / "seen"
    spy = model.root / "bin"
    spy.mkdir()
    script = (
        f'#!/bin/sh\nif [ "$1" = pull ]; then readlink -f .dvc/config.local > {seen}; fi\n'
        f'exec {dvc.directory}/dvc "$@"\n'
    )
    (spy / "dvc").write_text(script)
    (spy / "dvc").chmod(0o755)
    pull(model, Dvc(spy))
    handed = Path(seen.read_text().strip())
    assert model.checkout not in handed.parents
    assert not handed.exists()


def test_an_installation_that_is_broken_is_named(model: Workspace, index: dict[str, str]) -> None:
    environment = {**index, "PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(model.root / "cache")}
    where = ("-r", model.checkout, "-o", model.root / "got")
    assert ask("get", "churn", *where, environment=environment).code == 0
    (package,) = (model.root / "cache").rglob("site-packages/dvc")
    shutil.rmtree(package)
    broken = ask("get", "churn", *where, "--force", environment=environment)
    assert (broken.code, len(broken.errors.splitlines())) == (1, 1)
    assert "is broken: remove" in broken.errors


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_pulled_files_belong_to_the_owner_of_the_checkout(model: Workspace, dvc: Dvc) -> None:
    remote = model.root / "remote"
    write(remote / "deep/er/table/a", "a\n")
    (remote / "deep/er/table/link").symlink_to("a")
    write(remote / "texts/in/b", "b\n")
    dvc.do(remote, "add", "--quiet", "deep/er/table")
    registered(model, dvc, table="deep/er/table", texts="texts")
    for path in (model.checkout, *model.checkout.rglob("*")):
        os.chown(path, 12345, 54321, follow_symlinks=False)
    assert files(pull(model, dvc, ref="table@v1.0.0")) != []
    assert files(pull(model, dvc, ref="texts@v1.0.0")) == ["texts/in/b"]
    assert files(pull(model, dvc)) == ["models/churn.pkl"]
    owners = {
        (path.lstat().st_uid, path.lstat().st_gid, str(path.relative_to(model.checkout)))
        for path in model.checkout.rglob("*")
    }
    assert sorted(name for *owner, name in owners if owner != [12345, 54321]) == []
