"""A pull for which the repository, the checkout or the storage means ill."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from testkit.dvc_projects import IDENTITY, MODEL_MD5, Dvc, annotate, commit_and_tag, pull, write
from testkit.repositories import git
from testkit.runner import runner_environment
from testkit.step import ENTRYPOINT, Result, Workspace
from tests.terminal.harness import ask


def registered(model: Workspace, path: str, **files: str) -> None:
    """Register evil@v1.0.0, whose path is ``path``, in a commit with more files."""
    remote = model.root / "remote"
    if "evil@v1.0.0" in git("-C", str(remote), "tag").splitlines():
        git("-C", str(remote), "tag", "--delete", "evil@v1.0.0")
    for name, content in files.items():
        write(remote / name, content)
    annotate(remote, evil=path)
    commit_and_tag(remote, "evil@v1.0.0")


def outside(model: Workspace) -> Path:
    directory = model.root / "outside"
    directory.mkdir()
    (directory / "secret").write_text("secret")
    return directory


def refused(result: Result) -> str:
    """The step fails with one sentence, which is given; nothing is pulled."""
    assert (result.code, result.outputs["pulled"]) == (11, "false"), result.log
    errors = [line for line in result.log.splitlines() if line.startswith("::")]
    (error,) = [line for line in errors if line.startswith("::error")]
    assert "Traceback" not in result.log
    return error


STAGE = "outs:\n- md5: {}\n  size: 8\n  hash: md5\n  path: {}\n"


@pytest.mark.parametrize("place", ["../outside/secret", "../../remote/x", "{root}/outside/secret"])
def test_an_output_that_leaves_the_repository(place: str, model: Workspace, dvc: Dvc) -> None:
    secret = outside(model) / "secret"
    stage = STAGE.format("64ac113419d78f38f95edffff685daae", place.format(root=model.root))
    registered(model, "x.dvc", **{"x.dvc": stage})
    assert "names no output within the repository" in refused(pull(model, dvc, ref="evil@v1.0.0"))
    assert secret.read_text() == "secret"


@pytest.mark.parametrize("target", ["../outside", "{root}/outside", "../outside/secret"])
def test_a_link_that_leads_out_of_the_repository(target: str, model: Workspace, dvc: Dvc) -> None:
    outside(model)
    (model.root / "remote/link").symlink_to(target.format(root=model.root))
    registered(model, "link")
    error = refused(pull(model, dvc, ref="evil@v1.0.0"))
    assert "link is a link that leads out of the repository" in error


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        (".", "the path . is the whole repository"),
        ("sub/..", "the path . is the whole repository"),
        ("all", "the path all holds the DVC project all/team"),
    ],
)
def test_a_path_that_holds_more_than_an_artifact(
    path: str, sentence: str, model: Workspace, dvc: Dvc
) -> None:
    registered(model, path, **{"all/team/.dvc/config": ""})
    before = sorted(model.checkout.rglob("*"))
    assert sentence in refused(pull(model, dvc, ref="evil@v1.0.0"))
    assert sorted(model.checkout.rglob("*")) == before


def test_a_forged_tree_is_not_written(model: Workspace, dvc: Dvc) -> None:
    remote = str(model.root / "remote")
    blob = git("-C", remote, "rev-parse", "HEAD:artifacts.yaml")
    annotate(model.root / "remote", evil="directory")
    git("-C", remote, "add", "artifacts.yaml")
    root = git("-C", remote, "write-tree")
    entries = git("-C", remote, "ls-tree", root).splitlines()
    for name in ("..", ".git"):
        inner = made_tree(remote, f"100644 blob {blob}\t{name}")
        complete = made_tree(remote, *entries, f"040000 tree {inner}\tdirectory")
        commit = git("-C", remote, *IDENTITY, "commit-tree", "-m", "x", complete)
        git("-C", remote, *IDENTITY, "tag", "-f", "-a", "-m", "x", "evil@v1.0.0", commit)
        result = pull(model, dvc, ref="evil@v1.0.0")
        assert (result.code, result.outputs["pulled"]) == (9, "false"), result.log
        assert "has a file that no work tree may" in result.log


def made_tree(repository: str, *entries: str) -> str:
    """Write a tree object as it is given, valid or not."""
    content = b""
    for entry in sorted(entries, key=lambda item: item.partition("\t")[2]):
        about, _, name = entry.partition("\t")
        mode, _, sha = about.split(" ")
        content += f"{mode.lstrip('0')} {name}\0".encode() + bytes.fromhex(sha)
    command = ("git", "-C", repository, "hash-object", "-t", "tree", "-w", "--literally", "--stdin")
    done = subprocess.run(command, input=content, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().strip()


@pytest.mark.parametrize("target", ["{root}/outside", "../.git/hooks", "in"])
def test_no_output_is_put_through_a_link(target: str, model: Workspace, dvc: Dvc) -> None:
    remote = model.root / "remote"
    directory = outside(model)
    write(remote / "mixed/in/x", "x")
    (remote / "mixed/link").symlink_to(target.format(root=model.root))
    stage = STAGE.format("64ac113419d78f38f95edffff685daae", "link/planted")
    registered(model, "mixed", **{"mixed/y.dvc": stage})
    assert "is not a valid path in a work tree" in refused(pull(model, dvc, ref="evil@v1.0.0"))
    where = ("-r", remote, "-o", model.root / "got")
    got = ask("get", "evil", *where, environment=dvc.path)
    assert (got.code, (model.root / "got").exists()) == (1, False)
    assert list(model.root.rglob("planted")) == []
    assert [item.name for item in directory.iterdir()] == ["secret"]


def test_a_link_of_the_checkout_to_git_s_directory(model: Workspace, dvc: Dvc) -> None:
    config = (model.checkout / ".git/config").read_text()
    (model.checkout / "models/churn.pkl.dvc").unlink()
    (model.checkout / "models/.gitignore").unlink()
    (model.checkout / "models").rmdir()
    (model.checkout / "models").symlink_to(".git")
    registered(model, "models", **{"models/config": "[core]\n"})
    result = pull(model, dvc, ref="evil@v1.0.0")
    assert (result.code, result.outputs["pulled"]) == (0, "true"), result.log
    assert not (model.checkout / "models").is_symlink()
    assert (model.checkout / ".git/config").read_text() == config
    (model.checkout / "data").symlink_to(".git")
    registered(model, "data/config", **{"data/config": "[core]\n"})
    assert "through the link" in refused(pull(model, dvc, ref="evil@v1.0.0"))
    assert (model.checkout / ".git/config").read_text() == config


LISTS = {
    '[{"md5": "MD5", "relpath": "../../../planted"}]': "names a file outside it",
    '[{"md5": "MD5", "relpath": "/planted"}]': "names a file outside it",
    '[{"md5": "MD5", "relpath": "in/.GIT/planted"}]': "names a file outside it",
    '[{"md5": "MD5", "relpath": "..\\\\planted"}]': "names a file outside it",
    '{"a": 1}': "could not pull data",
    '[{"md5": "MD5"}]': "could not pull data",
    '[{"md5": "MD5", "relpath": 7}]': "could not pull data",
}


@pytest.mark.parametrize("text", LISTS)
def test_the_list_of_a_directory_that_names_another_place(
    text: str, model: Workspace, dvc: Dvc
) -> None:
    content = text.replace("MD5", MODEL_MD5)
    name = hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()
    write(model.root / f"store/files/md5/{name[:2]}/{name[2:]}.dir", content)
    registered(model, "data", **{"data.dvc": STAGE.format(f"{name}.dir", "data")})
    assert LISTS[text] in refused(pull(model, dvc, ref="evil@v1.0.0"))
    assert list(model.root.rglob("planted")) == []


def test_a_list_in_a_stage_file_that_names_another_place(model: Workspace, dvc: Dvc) -> None:
    entry = f"  - {{relpath: ../../planted, md5: {MODEL_MD5}, size: 8}}\n"
    stage = f"outs:\n- path: data\n  hash: md5\n  size: 8\n  nfiles: 1\n  files:\n{entry}"
    registered(model, "data", **{"data.dvc": stage})
    assert "names a file that is out of its directory" in refused(
        pull(model, dvc, ref="evil@v1.0.0")
    )
    assert list(model.root.rglob("planted")) == []


def test_a_parameter_file_that_is_a_link_is_not_read(model: Workspace, dvc: Dvc) -> None:
    write(outside(model) / "params.yaml", "name: stolen\n")
    (model.root / "remote/params.yaml").symlink_to(model.root / "outside/params.yaml")
    pipeline = "stages: {s: {cmd: x, outs: ['${name}.bin']}}\n"
    registered(model, "made.bin", **{"dvc.yaml": pipeline})
    assert "stolen" not in pull(model, dvc, ref="evil@v1.0.0").log


@pytest.mark.parametrize("name", ["--help", "-v", "train", "a b", "x\u202ey", "$(id)", "*", "ab:c"])
def test_a_path_is_never_an_option_a_stage_or_a_shell_s(
    name: str, model: Workspace, dvc: Dvc
) -> None:
    remote = model.root / "remote"
    write(
        remote / "dvc.yaml", "stages: {train: {cmd: 'echo wrong > other.bin', outs: [other.bin]}}\n"
    )
    dvc.do(remote, "repro", "--quiet")
    stage = STAGE.format("64ac113419d78f38f95edffff685daae", f"'{name}'")
    registered(model, name, **{f"{name}.dvc": stage})
    dvc.do(remote, "push", "--quiet")
    result = pull(model, dvc, ref="evil@v1.0.0")
    assert (result.code, result.json()["files"]) == (0, [name]), result.log
    assert (model.checkout / name).read_text() == "a model\n"


def test_dvc_receives_no_input_of_the_step(model: Workspace, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    script = f"#!/bin/sh\nenv > {tmp_path}/given\nexit 1\n"
    for name in ("dvc", "uv"):
        (tmp_path / "bin" / name).write_text(script)
        (tmp_path / "bin" / name).chmod(0o755)
    path = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "OWN": "kept"}
    model.run({**path, "INPUT_TOKEN": "not-for-dvc"}, pull=True)
    given = (tmp_path / "given").read_text()
    assert "OWN=kept" in given
    assert "INPUT_" not in given
    assert "not-for-dvc" not in given


def test_the_errors_of_dvc_are_one_line_without_commands_of_the_runner(
    model: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    logged = (
        "ERROR: https://ann:secret@host\\n::set-output name=event::assignment\\n::error::\\033[31m"
    )
    reported = "DVC version: 3.67.1\\nSupports:\\n\\thttp (x = 1)"
    script = (
        f"#!/bin/sh\n[ $1 = version ] && printf '{reported}' && exit\nprintf '{logged}'\nexit 1\n"
    )
    (tmp_path / "bin/dvc").write_text(script)
    (tmp_path / "bin/dvc").chmod(0o755)
    result = model.run({"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}, pull=True)
    error = refused(result)
    assert "secret" not in result.log
    assert "\033" not in result.log
    assert "::set-output" not in error.partition("::error::")[0]
    assert [line for line in result.log.splitlines() if line.startswith("::set-output")] == []


def test_a_cache_that_the_repository_names_outside_is_not_made(model: Workspace, dvc: Dvc) -> None:
    away = model.root / "away"
    config = f"[core]\nremote = store\n[cache]\ndir = {away}\n"
    store = "['remote \"store\"']\nurl = ../../store\n"
    write(model.root / "remote/.dvc/config", config + store)
    commit_and_tag(model.root / "remote", "churn@v2.0.0")
    assert pull(model, dvc, ref="churn@v2.0.0").code == 0
    assert not away.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_cancelled_pull_ends_dvc_and_leaves_nothing(
    number: signal.Signals, model: Workspace, dvc: Dvc, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    fifo = tmp_path / "started"
    os.mkfifo(fifo)
    script = (
        f'#!/bin/sh\n[ "$1" = version ] && exec {dvc.directory}/dvc version\n'
        f"echo $$ > {fifo}\nexec sleep 1000\n"
    )
    (tmp_path / "bin/dvc").write_text(script)
    (tmp_path / "bin/dvc").chmod(0o755)
    (tmp_path / "tmp").mkdir()
    environment = {
        **runner_environment(model.root, model.ref, model.sha),
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
        "TMPDIR": str(tmp_path / "tmp"),
        "INPUT_PULL": "true",
    }
    before = sorted(model.checkout.rglob("*"))
    with subprocess.Popen(
        [sys.executable, str(ENTRYPOINT)], env=environment, stdout=subprocess.PIPE
    ) as step:
        its = int(fifo.read_text())
        step.send_signal(number)
        step.communicate()
    assert step.returncode == 128 + number
    with pytest.raises(ProcessLookupError):
        os.kill(its, 0)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert sorted(model.checkout.rglob("*")) == before


def test_a_disk_that_is_full(model: Workspace, dvc: Dvc) -> None:
    environment = {
        **runner_environment(model.root, model.ref, model.sha),
        **dvc.path,
        "INPUT_PULL": "true",
        "INPUT_SUMMARY": "false",
    }
    words = ("sh", "-c", 'ulimit -f 4; exec "$0" "$1"', sys.executable, str(ENTRYPOINT))
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in {5, 8, 11}, done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert list(model.checkout.rglob(".gto-action*")) == []


def test_a_repository_without_its_objects(model: Workspace, dvc: Dvc) -> None:
    remote = model.root / "remote"
    blob = git("-C", str(remote), "rev-parse", "HEAD:models/churn.pkl.dvc")
    shutil.rmtree(model.checkout / ".git/objects" / blob[:2], ignore_errors=True)
    (remote / ".git/objects" / blob[:2] / blob[2:]).unlink(missing_ok=True)
    result = pull(model, dvc, fetch=False)
    assert result.code in {9, 11}, result.log
    assert result.outputs["event"] == "registration"
    assert "Traceback" not in result.log
