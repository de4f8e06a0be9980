"""Which package may import which: CONTRIBUTING.md has the picture."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import gto_action

ROOT = Path(gto_action.__file__).parent
FOR_ALL = {"util", "errors", "diagnostics"}
MAY_IMPORT = {
    "util": set(),
    "errors": {"util"},
    "diagnostics": {"errors"},
    "registry": FOR_ALL,
    "git": {*FOR_ALL, "registry"},
    "annotations": FOR_ALL,
    "policy": {*FOR_ALL, "registry", "annotations"},
    "interpretation": {"diagnostics", "registry", "annotations"},
    "artifacts": {*FOR_ALL, "registry", "git", "annotations"},
    "forges": {*FOR_ALL, "git"},
    "services": {
        *(*FOR_ALL, "interpretation"),
        *("registry", "git", "annotations", "policy", "artifacts", "forges"),
    },
    "reporting": {*FOR_ALL, "interpretation", "registry", "annotations"},
    "ci": {*FOR_ALL, "reporting", "policy"},
}
ENTRIES = {"action", "cli", "api", "__init__", "__main__"}
"""These import anything, and nothing imports them but each other."""


def _imports(file: Path) -> Iterator[str]:
    """Yield the package, or the module beside the packages, of each import of ours."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
            if node.module == "gto_action":
                names = [f"gto_action.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("gto_action."))


def _modules() -> Iterator[tuple[str, Path]]:
    for file in sorted(ROOT.rglob("*.py")):
        yield file.relative_to(ROOT).with_suffix("").parts[0], file


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_what_is_below_it(package: str) -> None:
    files = [file for name, file in _modules() if name == package]
    assert files
    allowed = {package, *MAY_IMPORT[package]}
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files
        for name in _imports(file)
        if name not in allowed
    ]
    assert wrong == []


def test_every_module_is_in_a_package_of_the_picture() -> None:
    assert {name for name, _ in _modules()} == {*MAY_IMPORT, *ENTRIES}


PROCESS_WIDE = re.compile(
    r"\bos\.(?:environ|getenv|putenv)\b|\bprint\(|\bsys\.(?:std\w+|addaudithook|settrace)\b"
    r"|^\s*(?:import|from) (?:signal|gc)\b",
    re.MULTILINE,
)


@pytest.mark.parametrize(
    "package", ["services", "registry", "annotations", "policy", "artifacts", "git", "reporting"]
)
def test_a_package_leaves_the_process_to_the_entry_points(package: str) -> None:
    """Its modules may run in a thread of a server: state of the process is a parameter."""
    found = [
        f"{file.relative_to(ROOT)}: {match[0].strip()}"
        for name, file in _modules()
        if name == package
        for match in PROCESS_WIDE.finditer(file.read_text())
    ]
    assert found == []


@pytest.mark.parametrize("package", ["services", "registry", "annotations", "policy", "artifacts"])
def test_a_package_reads_no_variable_of_the_environment(package: str) -> None:
    """The entry points read it once: below them an environment is for programs alone."""
    read = re.compile(r"\benvironment(?:\.get\(|\[)")
    assert [
        str(file.relative_to(ROOT))
        for name, file in _modules()
        if name == package and file.name not in _OF_PROGRAMS and read.search(file.read_text())
    ] == []


_OF_PROGRAMS = {"config_files.py", "installation.py", "overrides.py", "storage_url.py"}
"""Where DVC, started with an environment, would look; and what the entry points call."""


def test_modules_and_types_have_unique_names() -> None:
    # a command's module has its name, and that of a host the host's, as in ci
    adapters = {ROOT / "cli" / "commands", ROOT / "forges"}
    modules = [
        file.stem
        for _, file in _modules()
        if not file.stem.startswith("__") and file.parent not in adapters
    ]
    types = [
        node.name
        for _, file in _modules()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef)
    ]
    for names in (modules, types):
        assert [name for name, count in Counter(names).items() if count > 1] == []


@pytest.mark.parametrize("directory", ["tests", "bench", "demo", "fuzz"])
def test_shared_modules_are_in_testkit(directory: str) -> None:
    others = {"tests", "bench", "demo", "fuzz"} - {directory}
    root = ROOT.parent
    assert [
        f"{file.relative_to(root)} imports {name}"
        for file in sorted(root.joinpath(directory).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module
        for name in [node.module.split(".")[0]]
        if name in others
    ] == []
