"""The DVC program: the one on the PATH, or one that is installed for this.

An installation is pinned by hashes, has an environment of its own, and contains the plug-ins
that are needed and no more.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from gto_action.errors import PullError
from gto_action.git.runner import without_userinfo
from gto_action.util.process import run_program
from gto_action.util.scratch import scratch_directory
from gto_action.util.text import truncate_inline

PLUGINS = {
    "": "",
    "http": "",
    "https": "",
    "s3": "s3",
    "gs": "gs",
    "azure": "azure",
    "ssh": "ssh",
    "webdav": "webdav",
    "webdavs": "webdav",
}
"""The plug-in that a remote needs, by its URL's scheme; empty where DVC itself is enough."""


@dataclass(frozen=True, slots=True)
class Dvc:
    """A DVC program: its command, and its name in messages."""

    command: tuple[str, ...]
    name: str


def find_dvc(
    schemes: Iterable[str],
    environment: Mapping[str, str],
    *,
    directory: str,
    log: Callable[[str], None],
) -> Dvc:
    """Return a DVC that supports the schemes of some remotes.

    The one on the PATH of an environment if it does, otherwise one that is in ``directory`` or,
    after a line to ``log``, is installed there. Raises PullError.
    """
    required = sorted(set(schemes))
    on_path = _on_path(required, environment)
    if on_path:
        return on_path
    unknown = [scheme for scheme in required if scheme not in PLUGINS]
    if unknown:
        known = ", ".join(f"{scheme}://" for scheme in PLUGINS if scheme)
        raise PullError(
            f"no plug-in of DVC's for {unknown[0]}:// is known here, only for {known} and "
            f"directories: put a dvc with it on the PATH (pip install 'dvc[{unknown[0]}]')"
        )
    return _installed(
        sorted({PLUGINS[scheme] for scheme in required} - {""}), environment, directory, log
    )


def environment_for(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for DVC and its installer, where they find the credentials.

    It lacks what points Python to the packages that this program itself runs with.
    """
    ours = {"PYTHONPATH", "PYTHONHOME", "PYTHONWARNINGS", "VIRTUAL_ENV"}
    kept = {name: value for name, value in environment.items() if name not in ours}
    return {**kept, "DVC_NO_ANALYTICS": "1"}


def _on_path(schemes: Sequence[str], environment: Mapping[str, str]) -> Dvc | None:
    program = shutil.which("dvc", path=environment.get("PATH", os.defpath))
    if program is None:
        return None
    try:
        code, output = run_program(
            [program, "version"],
            directory=os.path.abspath(os.sep),
            environment=environment_for(environment),
            timeout=_PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = _VERSION.search(output)
    supported = {"", *_SUPPORTED.findall(output.partition("Supports:")[2])}
    if code != 0 or not version or not supported.issuperset(schemes):
        return None
    return Dvc((program,), f"DVC {version[1]} from the PATH")


def _installed(
    plugins: Sequence[str],
    environment: Mapping[str, str],
    directory: str,
    log: Callable[[str], None],
) -> Dvc:
    texts = [_requirements(name) for name in ("dvc", *plugins)]
    description = _name(texts[0], plugins)
    # what is there is taken only if it is the same packages for the same Python
    digest = sha256("\n".join((sys.version, sys.base_prefix, *texts)).encode()).hexdigest()[:16]
    environment_dir = os.path.join(directory, f"dvc-{digest}")
    dvc = Dvc((_python(environment_dir), "-m", "dvc"), description)
    if os.path.exists(dvc.command[0]):
        return dvc
    log(f"installing {description}")
    start = time.monotonic()
    try:
        os.makedirs(directory, exist_ok=True)
        with scratch_directory("installing-", directory) as work_dir:
            _install(work_dir, texts, environment, description)
            try:
                os.rename(os.path.join(work_dir, "env"), environment_dir)
            except OSError:
                if not os.path.exists(dvc.command[0]):  # another process was faster
                    raise
    except OSError as error:
        raise PullError(
            f"could not install {description} in {directory}: {error.strerror}"
        ) from error
    log(f"installed {description} in {time.monotonic() - start:.1f} s")
    return dvc


def _install(
    work_dir: str, texts: Sequence[str], environment: Mapping[str, str], description: str
) -> None:
    """Install packages into the environment ``env`` of a directory, which has nothing else yet."""
    for_uv = {**environment_for(environment), "UV_CACHE_DIR": os.path.join(work_dir, "cache")}
    files_of = []
    for number, text in enumerate(texts):
        files_of += ["--requirement", _write(work_dir, f"{number}.txt", text)]
    uv = _uv(work_dir, for_uv, description)
    environment_dir = os.path.join(work_dir, "env")
    _run(
        [*uv, "venv", "--quiet", "--python", sys.executable, environment_dir],
        work_dir,
        for_uv,
        description,
    )
    pinned = ("--no-deps", "--require-hashes", "--no-build")
    python = ("--python", _python(environment_dir))
    _run(
        [*uv, "pip", "install", "--quiet", *python, *pinned, *files_of],
        work_dir,
        for_uv,
        description,
    )


def _uv(work_dir: str, environment: Mapping[str, str], description: str) -> list[str]:
    """Return the command of uv, which installs faster than pip; pip installs it if needed."""
    program = shutil.which("uv", path=environment.get("PATH", os.defpath))
    if program:
        return [program]
    packages = os.path.join(work_dir, "uv")
    requirements = _write(work_dir, "uv.txt", _requirements("uv"))
    pip = ("-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir")
    pinned = ("--no-deps", "--require-hashes", "--only-binary", ":all:")
    options = ("--target", packages, "--requirement", requirements)
    _run([sys.executable, *pip, *pinned, *options], work_dir, environment, description)
    return [os.path.join(packages, "bin", "uv.exe" if os.name == "nt" else "uv")]


def _run(
    command: Sequence[str], directory: str, environment: Mapping[str, str], description: str
) -> None:
    try:
        code, output = run_program(command, directory=directory, environment=environment)
    except OSError as error:
        reason, failed = str(error.strerror), True
    else:
        reason, failed = without_userinfo(" ".join(output.split())), code != 0
    if failed:
        raise PullError(
            f"could not install {description}: {truncate_inline(reason)}; check that the package "
            "index can be reached, or put a dvc with the remote's plug-in on the PATH"
        )


def _requirements(name: str) -> str:
    return (files("gto_action.artifacts.dvc") / "requirements" / f"{name}.txt").read_text("utf-8")


def _write(directory: str, name: str, text: str) -> str:
    path = os.path.join(directory, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def _name(requirements: str, plugins: Sequence[str]) -> str:
    version = _PINNED.search(requirements)
    assert version
    with_plugins = f" with {' and '.join(f'dvc-{plugin}' for plugin in plugins)}" if plugins else ""
    return f"DVC {version[1]}{with_plugins}"


def _python(environment: str) -> str:
    on_windows = os.name == "nt"
    return os.path.join(
        environment, *(("Scripts", "python.exe") if on_windows else ("bin", "python"))
    )


_PATIENCE = 60
_VERSION = re.compile(r"^DVC version: ([3-9]\S*)", re.MULTILINE)
_SUPPORTED = re.compile(r"^\s+(\w+) \(", re.MULTILINE)
_PINNED = re.compile(r"^dvc==(\S+)", re.MULTILINE)
