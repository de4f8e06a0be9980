"""The package as the Python Package Index gets it: built, and installed from 127.0.0.1."""

from __future__ import annotations

import email
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from email.message import Message
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from gto_action import __version__
from testkit.repositories import git_environment
from tests.packages import WHEELS, package_index
from tests.terminal.harness import ROOT

UV = Path(sys.prefix) / "bin" / "uv"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def built(index: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the sdist and the wheel, which is built from the sdist."""
    directory = tmp_path_factory.mktemp("package")
    source = directory / "source"
    source.mkdir()
    # what a fresh checkout has
    listing = [
        "git",
        "-C",
        str(ROOT),
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    tracked = subprocess.run(listing, capture_output=True, text=True, check=True).stdout
    for name in tracked.rstrip("\0").split("\0"):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    build = (UV, "build", "--quiet", "--python", sys.executable, "--out-dir", directory / "dist")
    _run(*build, source, environment={**index, "UV_CACHE_DIR": str(directory / "cache")})
    return directory / "dist"


@pytest.fixture(scope="module")
def published(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An index with the package and everything that it requires."""
    packages = tmp_path_factory.mktemp("packages")
    for path in (*built.glob("*.whl"), *built.glob("*.tar.gz"), *WHEELS.iterdir()):
        (packages / path.name).symlink_to(path)
    with package_index(packages) as environment:
        yield environment


def test_pip_installs_a_program_that_reads_a_registry(
    published: dict[str, str], demo_remote: Path, tmp_path: Path
) -> None:
    """As pipx does it, in an empty environment, with neither Git nor a compiler on the PATH."""
    environment = tmp_path / "environment"
    _run(sys.executable, "-m", "venv", environment)
    pip = (environment / "bin" / "python", "-m", "pip", "--disable-pip-version-check")
    install = (*pip, "install", "--quiet", "--no-cache-dir", "gto-action")
    _run(*install, environment={**published, "PATH": str(environment / "bin")})
    program = environment / "bin" / "gto-action"
    assert _run(program, "--version") == f"gto-action {__version__}\n"
    assert _run(program, "show", "churn#prod", "--ref", cwd=demo_remote) == "churn@v1.1.0\n"
    assert "churn" in _run(program, "show", "--repo", demo_remote, cwd=tmp_path)
    _run(*pip, "check")


def test_uvx_runs_it_without_building_anything(
    published: dict[str, str], demo_remote: Path, tmp_path: Path
) -> None:
    environment = {
        **published,
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "UV_TOOL_DIR": str(tmp_path / "tools"),
        "UV_NO_BUILD": "1",
        "UV_PYTHON": sys.executable,
    }
    uvx = (UV, "tool", "run", "--quiet", "gto-action")
    version = _run(*uvx, "--version", environment=environment)
    assert version == f"gto-action {__version__}\n"
    shown = _run(*uvx, "show", "churn#prod", "--ref", environment=environment, cwd=demo_remote)
    assert shown == "churn@v1.1.0\n"


def test_the_wheel_has_the_program_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    assert wheel.name == f"gto_action-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    metadata = {name for name in names if name.startswith(f"gto_action-{__version__}.dist-info/")}
    package = ROOT / "gto_action"
    sources = {
        str(path.relative_to(ROOT))
        for path in (*package.rglob("*.py"), *package.rglob("*.txt"), package / "py.typed")
        if "__pycache__" not in path.parts
    }
    assert names - metadata == sources
    assert any(name.endswith("/licenses/LICENSE") for name in metadata)
    assert [name for name in sources if name.endswith("/requirements/dvc.txt")]


def test_the_sdist_has_what_the_wheel_is_built_from(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "LICENSE", "docs/pypi.md", "gto_action/__main__.py"} <= names


def test_the_metadata_describes_the_package(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    metadata = _metadata(wheel)
    assert metadata["Version"] == __version__
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata.get_all("License-File") == ["LICENSE"]
    assert metadata["Requires-Python"] == PROJECT["requires-python"]
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert sorted(metadata.get_all("Requires-Dist") or []) == sorted(PROJECT["dependencies"])
    urls = dict(url.split(", ", 1) for url in metadata.get_all("Project-URL") or [])
    assert set(urls) == {"Source", "Documentation", "Changelog", "Issues"}
    for url in urls.values():
        assert url.startswith(urls["Source"])
    classifiers = metadata.get_all("Classifier") or []
    # a licence expression and a licence classifier exclude each other (PEP 639)
    assert [name for name in classifiers if name.startswith("License")] == []
    assert "Programming Language :: Python :: 3.11" in classifiers


def test_the_description_renders_and_its_links_lead_somewhere(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    description = _metadata(wheel).get_payload()
    assert isinstance(description, str)
    html = MarkdownIt().render(description)
    assert "<h1>gto-action</h1>" in html
    links = re.findall(r'href="(.*?)"', html)
    source = PROJECT["urls"]["Source"]
    assert [link for link in links if not link.startswith("https://")] == []
    files = [link.partition("/blob/main/")[2] for link in links if link.startswith(f"{source}/")]
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_the_description_s_commands_are_in_the_readme() -> None:
    """README.md's are run by tests/unit/test_documents.py."""
    page = (ROOT / "docs" / "pypi.md").read_text()
    (block,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    readme = (ROOT / "README.md").read_text().splitlines()
    assert [command for command in block.splitlines() if command not in readme] == []


def test_the_packages_that_tests_build_and_install_with_are_locked() -> None:
    locked = (ROOT / "requirements-package.txt").read_text()
    versions = dict(re.findall(r"^([\w.-]+)==(\S+)", locked, re.MULTILINE))
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    for requirement in (*build, *PROJECT["dependencies"]):
        assert re.split("[>=]", requirement)[0].lower() in versions, "run make lock"
    pinned = (ROOT / "requirements.txt").read_text()
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", pinned, re.MULTILINE):
        assert versions[name] == version, "run make lock"


def _metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_string(archive.read(name).decode())


def _run(
    *command: str | Path, environment: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**git_environment(), **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
