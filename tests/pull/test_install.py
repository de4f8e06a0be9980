"""Where DVC comes from: the PATH, or an installation for this run; and where it is not."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gto_action.artifacts.dvc.installation import PLUGINS, find_dvc
from gto_action.errors import PullError
from testkit.dvc_projects import Dvc, pull
from testkit.repositories import git_environment
from testkit.step import AS_A_PROCESS, ENTRYPOINT, Workspace
from tests.packages import WHEELS
from tests.pull.test_failures import refused

ROOT = ENTRYPOINT.parent
REQUIREMENTS = ROOT / "gto_action/artifacts/dvc/requirements"
_HASHES = r" \\\n(?:    --hash=sha256:\w{64}(?: \\)?\n)+"
NO_DVC = {"PATH": "/usr/bin:/bin"}


def test_without_dvc_it_is_installed_and_removed_with_the_step(
    model: Workspace, index: dict[str, str]
) -> None:
    temporary = model.root / "tmp"
    temporary.mkdir()
    result = model.run({**NO_DVC, **index, "TMPDIR": str(temporary)}, pull=True)
    assert (result.code, result.outputs["pulled"]) == (0, "true"), result.log
    assert re.search(r"installed DVC 3\.\S+ in [0-9.]+ s", result.log), result.log
    assert re.search(r"pulled models/churn.pkl .* with DVC 3\.\S+ in [0-9.]+ s", result.log)
    assert (model.checkout / "models/churn.pkl").read_text() == "a model\n"
    assert list(temporary.iterdir()) == []


def test_a_package_that_is_not_the_pinned_one_is_refused(model: Workspace, tmp_path: Path) -> None:
    (tmp_path / "index/dvc").mkdir(parents=True)
    wheel = next(WHEELS.glob("dvc-3*.whl"))
    (tmp_path / "index/dvc" / wheel.name).write_bytes(wheel.read_bytes() + b"more")
    flat = {"UV_FIND_LINKS": str(tmp_path / "index/dvc"), "UV_NO_INDEX": "1"}
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/uv").symlink_to(Path(sys.executable).parent / "uv")
    uv = {"PATH": f"{tmp_path / 'bin'}:{NO_DVC['PATH']}"}
    result = model.run({**uv, **flat}, pull=True)
    refused(result, "could not install DVC 3.")


def test_an_index_that_cannot_be_reached(model: Workspace) -> None:
    nowhere = "http://127.0.0.1:1/simple"
    places = {"UV_DEFAULT_INDEX": nowhere, "PIP_INDEX_URL": nowhere, "PIP_RETRIES": "0"}
    result = model.run({**NO_DVC, **places, "PIP_CONFIG_FILE": "/dev/null"}, pull=True)
    refused(result, "check that the package index can be reached, or put a dvc")


@pytest.mark.parametrize(
    "script",
    ["exit 1", "echo 'DVC version: 2.58.2 (pip)'", "echo 'DVC version: 3.0.0'; echo 'Supports:'"],
    ids=["broken", "too old", "without the plug-in"],
)
def test_a_dvc_on_the_path_that_will_not_do_is_passed_over(script: str, tmp_path: Path) -> None:
    program = tmp_path / "dvc"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    nowhere = {"UV_DEFAULT_INDEX": "http://127.0.0.1:1", "PIP_INDEX_URL": "http://127.0.0.1:1"}
    path = {"PATH": f"{tmp_path}:{NO_DVC['PATH']}", "PIP_RETRIES": "0"}
    environment = {**git_environment(), **nowhere, **path}
    logged: list[str] = []
    with pytest.raises(PullError, match=r"could not install DVC 3\.\S+ with dvc-s3"):
        find_dvc({"s3"}, environment, directory=str(tmp_path / "own"), log=logged.append)


def test_a_dvc_on_the_path_that_will_do_is_used(model: Workspace, dvc: Dvc) -> None:
    result = pull(model, dvc)
    assert (result.code, "install" in result.log) == (0, False)
    assert "from the PATH" in result.log


def test_installed_packages_are_kept_for_the_next_run(
    index: dict[str, str], tmp_path: Path
) -> None:
    environment = {**git_environment(), **index, **NO_DVC}
    logged: list[str] = []
    first = find_dvc({""}, environment, directory=str(tmp_path / "own"), log=logged.append)
    again = find_dvc({"http"}, environment, directory=str(tmp_path / "own"), log=logged.append)
    assert first == again
    assert len([item for item in logged if item.startswith("installing")]) == 1
    assert [item.name for item in (tmp_path / "own").iterdir()] == [
        Path(first.command[0]).parent.parent.name
    ]


def test_every_plug_in_has_its_requirements() -> None:
    names = {requirement.stem for requirement in REQUIREMENTS.glob("*.txt")}
    assert names == {"dvc", "uv", *PLUGINS.values()} - {""}
    for name in names:
        text = (REQUIREMENTS / f"{name}.txt").read_text()
        packages = re.findall(r"^([\w.-]+)==", text, re.MULTILINE)
        pinned = re.findall(rf"^[\w.-]+==[^\\\n]+{_HASHES}", text, re.MULTILINE)
        assert "".join(pinned) == text, name
        assert name == "dvc" or ("dvc" not in packages and len(packages) > 0)


def test_a_run_without_pull_imports_nothing_of_it(
    dvc: Dvc, model: Workspace, tmp_path: Path
) -> None:
    listing = tmp_path / "modules"
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(
        "import os, sys\n"
        "leave = os._exit\n"
        "def tell(code):\n"
        f"    with open({str(listing)!r}, 'w') as file:\n"
        "        file.write(' '.join(sys.modules))\n"
        "    leave(code)\n"
        "os._exit = tell\n"
    )
    process = replace(model, wrapper=AS_A_PROCESS)
    result = process.run(
        {**dvc.path, "PYTHONPATH": str(hook)}, show=True, history=True, summary=True
    )
    assert result.code == 0, result.log
    loaded = {name.partition(".")[0] for name in listing.read_text().split()}
    assert "gto_action" in loaded
    assert loaded & {"dvc", "configobj", "uv", "pip", "hashlib"} == set()
    assert "gto_action.artifacts" not in listing.read_text()


def test_the_image_s_packages_have_nothing_of_dvc() -> None:
    installed = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert installed == [
        *("actions-toolkit", "certifi", "charset-normalizer", "click", "configobj"),
        *("gitdb", "gitpython", "idna", "pygithub", "pyjwt", "pyyaml"),
        *("requests", "semver", "smmap", "typing-extensions", "urllib3"),
    ]
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "dvc" not in dockerfile
    assert re.findall(r"pip install .*", dockerfile) == [
        (
            "pip install --no-cache-dir --no-deps --require-hashes --requirement "
            "/action/requirements.txt \\"
        )
    ]
