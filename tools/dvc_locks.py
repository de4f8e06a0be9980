"""Write what a pull installs: DVC, and beside it what each of its plug-ins needs more.

Versions are the newest that all of them can have together; every package has its hashes.
"""

from __future__ import annotations

import re
import subprocess
import sysconfig
from pathlib import Path

DIRECTORY = Path(__file__).parent.parent / "gto_action" / "artifacts" / "dvc" / "requirements"
DVC = "dvc>=3.67,<4"
PLUGINS = ("azure", "gs", "s3", "ssh", "webdav")
# what no pull imports, and what would have to be built where it is installed
UNUSED = ("hydra-core", "omegaconf", "antlr4-python3-runtime")


def main() -> None:
    """Write a file for DVC, one for each plug-in, and one for the installer."""
    together = _compiled(f"dvc[{','.join(PLUGINS)}]{DVC.removeprefix('dvc')}")
    dvc = _compiled(DVC, together)
    _write("dvc", dvc)
    for plugin in PLUGINS:
        needed = _compiled(DVC.replace("dvc", f"dvc[{plugin}]", 1), together)
        _write(plugin, {name: text for name, text in needed.items() if name not in dvc})
    _write("uv", _compiled("uv>=0.7"))


def _write(name: str, packages: dict[str, str]) -> None:
    (DIRECTORY / f"{name}.txt").write_text("".join(packages.values()))


def _compiled(requirement: str, constraints: dict[str, str] | None = None) -> dict[str, str]:
    """Choose versions; return what a requirements file says of each package, by its name."""
    limits = DIRECTORY / "constraints.tmp"
    unused = DIRECTORY / "unused.tmp"
    limits.write_text("".join((constraints or {}).values()))
    unused.write_text("".join(f"{name}; python_version < '3'\n" for name in UNUSED))
    try:
        done = subprocess.run(
            [
                f"{sysconfig.get_path('scripts')}/uv",
                *("pip", "compile", "--quiet", "--upgrade", "--universal"),
                *("--python-version", "3.11", "--only-binary", ":all:"),
                *("--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate"),
                *("--constraints", str(limits), "--overrides", str(unused), "-"),
            ],
            input=requirement,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    finally:
        limits.unlink()
        unused.unlink()
    stanzas = re.findall(r"^\S+==(?:.+\\\n)*.+\n", done.stdout, re.MULTILINE)
    assert "".join(stanzas) == done.stdout
    packages: dict[str, str] = {}
    for stanza in stanzas:  # a package may have a version for each of some Pythons
        name = stanza.partition("==")[0]
        packages[name] = packages.get(name, "") + stanza
    return packages


if __name__ == "__main__":
    main()
