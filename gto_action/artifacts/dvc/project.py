"""A DVC project as a commit has it, laid out on disk so that DVC can pull from it.

DVC works on a work tree, and that of the checkout is at another commit, or there is none. So what
DVC reads of a project is written to a directory of our own: its configuration, its stages and their
parameters, and no other file.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gto_action.annotations import yaml12
from gto_action.annotations.interpolation import InterpolationError, has_reference, resolve
from gto_action.annotations.parameters import load_parameters
from gto_action.artifacts.dvc import config_files
from gto_action.artifacts.dvc.config_files import (
    ConfigFile,
    DvcConfig,
    DvcRemote,
    find_remote,
    is_relative,
    section,
    shared_configs,
    shown_name,
)
from gto_action.artifacts.request import DownloadRequest
from gto_action.errors import PullError, UnreadableFileError
from gto_action.git.source import Source
from gto_action.git.tree import TreeEntry, fetch_contents, stays_within
from gto_action.git.worktree import read_within


@dataclass(frozen=True, slots=True)
class Project:
    """A DVC project at a commit.

    ``root`` is its directory from the repository's root, ``files`` are the contents of what DVC
    reads there, by their paths from the repository's root. ``shared`` is the configuration of the
    machine and the user, ``config`` the one that was committed, ``local`` the one that is only in
    the work tree, where the project is in ``directory``, if there is one.
    """

    root: str
    files: Mapping[str, bytes]
    shared: Sequence[DvcConfig]
    config: DvcConfig
    directory: str | None
    local: DvcConfig

    def target(self, path: str) -> str:
        """Return a path of the repository in a form that DVC takes for a path and nothing else."""
        return f"./{posixpath.relpath(path, self.root or '.')}"

    def remotes(self, chosen: str) -> list[DvcRemote]:
        """Return the remotes that DVC may use: the ``chosen`` or default one, and those of outputs.

        There may be none.
        """
        configs = self._configs()
        names = (chosen or self._default(), *self._remotes_of_outputs())
        found = (find_remote(name, configs) for name in dict.fromkeys(filter(None, names)))
        return [remote for remote in found if remote]

    def check_remotes(self, chosen: str) -> None:
        """Make sure that there is a remote to download from. Raises PullError.

        An import needs none.
        """
        remotes = self.remotes(chosen)
        where = posixpath.join(self.root, config_files.FILE)
        known = ", ".join(map(shown_name, self.names_of_remotes()))
        if chosen and (not remotes or remotes[0].name != chosen.lower()):
            raise PullError(
                f"the DVC configuration has no remote {shown_name(chosen)}, which is chosen: "
                f"it has {known or 'none'}"
            )
        if not remotes and not self._has_imports():
            named = self._default()
            no_such = f"names the remote {shown_name(named)}, and has none"
            missing = no_such if named else "names no remote"
            raise PullError(
                f"{where} {missing} to pull the file from: add one by dvc remote add --default, "
                f"or choose one with dvc-remote{f' ({known})' if known else ''}"
            )
        for remote in remotes:
            if not self.directory and is_relative(remote.url):
                raise PullError(
                    f"the remote {remote} is relative to a checkout, and there is none: check the "
                    "repository out first (at a terminal, clone it), or give the remote a URL"
                )

    @property
    def config_files(self) -> tuple[ConfigFile, ...]:
        """The configuration with the directories that relative paths in it start from.

        A file that comes later overrides those before it.
        """
        dvc_directory = self.directory and os.path.join(self.directory, config_files.DIRECTORY)
        return (
            *(ConfigFile(config, os.path.dirname(config.file)) for config in self.shared),
            ConfigFile(self.config, dvc_directory),
            ConfigFile(self.local, dvc_directory),
        )

    def names_of_remotes(self) -> list[str]:
        """Return the names of all remotes that are configured."""
        return sorted({name for config in self._configs() for name in config.remotes()})

    def outputs_of(self, file: str) -> list[str]:
        """Return the paths of a .dvc file's outputs, from the repository's root.

        Raises PullError.
        """
        paths = [path for path, _ in self._outputs(file)]
        if not paths or any(path.startswith(("../", "/")) or path == ".." for path in paths):
            raise PullError(f"{file} names no output within the repository")
        return paths

    @property
    def has_directories(self) -> bool:
        """Whether outputs of the project may be directories."""
        return any(b".dir" in text or b"files:" in text for text in self._stages())

    def check_lists(self) -> None:
        """Make sure that the files which stage files list of a directory are in it.

        Raises PullError.
        """
        for file in self.files:
            for out, _ in self._outs(file):
                files = _value(out, "files")
                for entry in files if isinstance(files, list) else ():
                    if not stays_within(str(_value(entry, "relpath"))):
                        raise PullError(f"{file} names a file that is out of its directory")

    def size_of(self, path: str) -> int:
        """Return the size of an output in bytes, 0 if DVC has not recorded it. Raises PullError."""
        if path in self.files:
            return sum(size for _, size in self._outputs(path))
        return sum(
            size for file in self.files for output, size in self._outputs(file) if output == path
        )

    def may_have_outputs_below(self, directory: str, in_git: Container[str]) -> bool:
        """Return whether DVC may track something in a directory that Git has files of.

        It may not if all outputs are elsewhere or are Git's files. Raises PullError.
        """
        below = "" if directory == self.root else f"{directory}/"
        outputs = (path for file in self.files for path, _ in self._outputs(file))
        return any(
            path == _ANYWHERE
            or (f"{path}/".startswith(below) and path not in in_git)
            or f"{directory}/".startswith(f"{path}/")
            for path in outputs
        )

    def _outputs(self, file: str) -> Iterator[tuple[str, int]]:
        """Yield the outputs of a .dvc file or a dvc.lock: paths and sizes.

        The path is _ANYWHERE if only DVC can compute it.
        """
        directory = posixpath.dirname(file)
        for out, declaration in self._outs(file):
            wdir = self._wdir(directory, declaration)
            size = _value(out, "size")
            path = posixpath.join(directory, wdir or "", str(_value(out, "path") or ""))
            yield (
                posixpath.normpath(path) if wdir else _ANYWHERE,
                size if isinstance(size, int) else 0,
            )

    def _outs(self, file: str) -> Iterator[tuple[object, object]]:
        """Yield the outputs of a .dvc file or a dvc.lock as written, with their stage."""
        directory = posixpath.dirname(file)
        stages = []
        if file.endswith(".dvc"):
            stage = self._read(file)
            stages = [(stage, stage)]
        elif posixpath.basename(file) == "dvc.lock":
            declared = _mapping(self._read(posixpath.join(directory, "dvc.yaml")), "stages")
            locked = _mapping(self._read(file), "stages")
            for name, stage in locked.items():
                declaration = declared.get(name) or declared.get(name.rpartition("@")[0])
                stages.append((stage, _value(declaration, "do") or declaration))
        for stage, declaration in stages:
            outs = _value(stage, "outs")
            for out in outs if isinstance(outs, list) else ():
                yield out, declaration

    def _wdir(self, directory: str, declaration: object) -> str | None:
        """Return a stage's working directory; ``None`` if only DVC can compute it."""
        written = _value(declaration, "wdir") or "."
        if declaration is None or not has_reference(written):
            return str(written) if declaration is not None else None
        pipeline = posixpath.join(directory, "dvc.yaml")
        try:
            document = yaml12.read_yaml(pipeline, self.files.get(pipeline, b""))
            return str(resolve(written, load_parameters(directory, document, self.files.get)))
        except (InterpolationError, UnreadableFileError):
            return None

    def _configs(self) -> tuple[DvcConfig, ...]:
        """Return all configuration; later files override earlier ones."""
        return (*self.shared, self.config, self.local)

    def _default(self) -> str:
        named = (config.get("core", "remote") for config in reversed(self._configs()))
        return next(filter(None, named), "")

    def _has_imports(self) -> bool:
        return any(map(_IMPORTS.search, self._stages()))

    def _remotes_of_outputs(self) -> list[str]:
        found = (match for text in self._stages() for match in _OWN_REMOTE.finditer(text))
        return [match[1].decode(errors="replace") for match in found]

    def _stages(self) -> list[bytes]:
        return [text for path, text in self.files.items() if _is_stage(path)]

    def _read(self, path: str) -> object:
        try:
            return yaml12.read_yaml(path, self.files.get(path, b"")).value
        except UnreadableFileError as error:
            raise PullError(str(error)) from error


def find_roots(tree: Mapping[str, TreeEntry], path: str) -> tuple[str | None, list[str]]:
    """Return the directory of the DVC project that a path is in, and those of projects below it.

    It is the nearest one above the path, or the path itself.
    """
    roots = _roots(tree)
    below = sorted(root for root in roots if root.startswith(f"{path}/"))
    return (path if path in roots else _root_of(path, roots)), below


def read_project(
    source: Source, request: DownloadRequest, tree: Mapping[str, TreeEntry], root: str, path: str
) -> Project:
    """Read the project in the directory ``root`` at a request's commit, whose files are ``tree``.

    If a .dvc file beside ``path`` (or beside a directory that it is in) has it as its output, that
    one is enough, and DVC need not look through all stages. Raises PullError, UnreadableFileError,
    FetchError.
    """
    roots = _roots(tree)
    within = {path: entry for path, entry in tree.items() if _root_of(path, roots) == root}
    stage_file = _stage_file(path, within)
    if stage_file:
        subset = {path: within[path] for path in within if path == stage_file or _is_ignoring(path)}
        project = _read_files(source, request, root, subset)
        if path == stage_file or stage_file.removesuffix(".dvc") in project.outputs_of(stage_file):
            return project
    return _read_files(source, request, root, within)


def _read_files(
    source: Source, request: DownloadRequest, root: str, within: Mapping[str, TreeEntry]
) -> Project:
    """Read the files of a project that DVC reads."""
    config_file = posixpath.join(root, config_files.FILE)
    metadata_files = {
        path: entry for path, entry in within.items() if _is_stage(path) or _is_ignoring(path)
    }
    parameters = {path: entry for path, entry in within.items() if path.endswith(_PARAMETERS)}
    fetch_contents(source, request.commit, request.ref, {**metadata_files, **parameters}.values())
    with source.files(request.commit, request.ref) as read:
        config = read(config_file)
        files = {path: read(path) or b"" for path in metadata_files}
        pipelines = b"".join(text for path, text in files.items() if path.endswith("dvc.yaml"))
        for path in parameters:
            name = posixpath.basename(path)
            if path not in files and (name == _DEFAULT or os.fsencode(name) in pipelines):
                files[path] = read(path) or b""
    directory = os.path.join(request.top, root) if request.top else None
    return Project(
        root=root,
        shared=shared_configs(request.environment),
        config=DvcConfig(config, config_file),
        files=files,
        directory=directory,
        local=DvcConfig(*_local(directory, root)),
    )


def _local(directory: str | None, root: str) -> tuple[bytes | None, str]:
    """Return the configuration that is only in the work tree, and its path."""
    content = read_within(directory, config_files.LOCAL_FILE) if directory else None
    return content, posixpath.join(root, config_files.LOCAL_FILE)


def write_project(project: Project, directory: str, cache: str, private: str) -> str:
    """Write a project below a directory; return its root there. Raises PullError, OSError.

    DVC keeps downloads in the directory ``cache`` and verifies them: a file that is not the one
    that was pushed is an error. ``private`` is a directory for configuration that may hold secrets.
    """
    for path, content in project.files.items():
        _write(os.path.join(directory, path), content)
    root = os.path.join(directory, project.root)
    dvc_directory = project.directory and os.path.join(project.directory, config_files.DIRECTORY)
    project.config.anchor(dvc_directory)
    is_changed = project.local.anchor(dvc_directory)
    settings = [
        *(("core", key, value) for key, value in _CORE.items()),
        *((section(name), "verify", "true") for name in project.names_of_remotes()),
        ("cache", "dir", cache),
        ("cache", "type", "hardlink,copy"),
    ]
    project.config.set_all(settings)
    _write(os.path.join(root, config_files.FILE), project.config.text())
    theirs = os.path.join(project.directory, config_files.LOCAL_FILE) if project.directory else ""
    if is_changed or project.local.contradicts(settings):
        theirs = os.path.join(private, "config.local")
        project.local.set_all(settings)
        _write(theirs, project.local.text())
    if os.path.exists(theirs):
        os.symlink(theirs, os.path.join(root, config_files.LOCAL_FILE))
    return root


def _write(path: str, content: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _roots(tree: Mapping[str, TreeEntry]) -> frozenset[str]:
    within = f"/{config_files.DIRECTORY}/"
    directories = (f"/{path}".rpartition(within) for path in tree if within in f"/{path}")
    return frozenset(before.removeprefix("/") for before, _, _ in directories)


def _root_of(path: str, roots: frozenset[str]) -> str | None:
    """Return the nearest directory above a path that is one of some."""
    while path:
        path = posixpath.dirname(path)
        if path in roots:
            return path
    return None


def _is_stage(path: str) -> bool:
    return path.endswith(".dvc") or posixpath.basename(path) in {"dvc.yaml", "dvc.lock"}


def _is_ignoring(path: str) -> bool:
    return posixpath.basename(path) == ".dvcignore"


def _stage_file(path: str, within: Mapping[str, TreeEntry]) -> str | None:
    """Return the .dvc file that, by its name, has a path or a directory above it as its output."""
    if path in within and path.endswith(".dvc"):
        return path
    while path:
        if f"{path}.dvc" in within:
            return f"{path}.dvc"
        path = posixpath.dirname(path)
    return None


def _mapping(value: object, key: str) -> dict[str, object]:
    found = _value(value, key)
    return found if isinstance(found, dict) else {}


def _value(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, dict) else None


_DEFAULT = "params.yaml"
_PARAMETERS = (".yaml", ".yml", ".json", ".toml", ".py")
_OWN_REMOTE = re.compile(rb"(?:^|[\s{,-])remote:[ \t]*[\"']?([^\s\"',}#]+)", re.MULTILINE)
# what DVC must not do to a project that is no repository of Git's, and need not do for anybody
_CORE = {"no_scm": "true", "autostage": "false", "analytics": "false", "check_update": "false"}
_IMPORTS = re.compile(rb"^[\s-]*deps:", re.MULTILINE)
_ANYWHERE = "*"
