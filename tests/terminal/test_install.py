"""An installed package is the complete program."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from testkit.repositories import git_environment
from tests.terminal.harness import ROOT


def test_an_installed_program_answers(demo_remote: Path, tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
    source = tmp_path / "source"
    shutil.copytree(ROOT / "gto_action", source / "gto_action")
    for file in ("pyproject.toml", "docs/pypi.md", "LICENSE"):
        (source / file).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / file, source / file)
    offline = ["--no-index", "--no-deps", "--no-build-isolation"]
    installed = tmp_path / "installed"
    install = [*pip, "install", *offline, f"--target={installed}", str(source)]
    subprocess.run(install, check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, installed / "bin" / "gto-action", "show", "churn#prod", "--ref"],
        cwd=demo_remote,
        env={**git_environment(), "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "churn@v1.1.0\n", "")
    pinned = {item.name for item in (installed / "gto_action/artifacts/dvc/requirements").iterdir()}
    assert pinned == {
        item.name for item in (ROOT / "gto_action/artifacts/dvc/requirements").iterdir()
    }
