"""Outputs that DVC tracks, with their metadata at a commit.

Source: DVC's documentation, ".dvc files" and "dvc.yaml files" (dvc.lock), and DVC's behaviour.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gto_action.annotations import yaml12
from gto_action.annotations.interpolation import InterpolationError
from gto_action.artifacts.dvc.pipeline import Flags, Pipeline
from gto_action.errors import PullError, UnreadableFileError


@dataclass(frozen=True, slots=True)
class TrackedOutput:
    """An output of a .dvc file or of a stage: ``path`` is relative to the repository's root.

    ``metadata`` is its entry in the .dvc file or dvc.lock, ``flags`` are the entry's or those of
    dvc.yaml. ``imported_from`` is the dependency of an import, otherwise ``None``.
    """

    path: str
    metadata: Mapping[str, object]
    flags: Flags
    imported_from: Mapping[str, object] | None = None

    @property
    def is_cached(self) -> bool:
        """Whether DVC stores it; otherwise Git does."""
        return self.flags.get("cache", True) is True

    @property
    def is_pushed(self) -> bool:
        """Whether `dvc push` uploads it."""
        return self.flags.get("push", True) is True


def find_output(files: Mapping[str, bytes], path: str) -> TrackedOutput:
    """Return the output that has ``path``, or that is a directory above it.

    ``files`` are the contents of the project's stage files and of what they refer to, by path. If
    ``path`` is a .dvc file, its one output is returned. Raises PullError if there is no such
    output, if there are several, and if a file that may declare it cannot be used.
    """
    outputs: list[TrackedOutput] = []
    errors = []
    for file in [path] if path in files else files:
        try:
            outputs += list(_outputs_of(file, files, path))
        except UnreadableFileError as error:
            errors.append(str(error))
        except InterpolationError as error:
            errors.append(f"{file} cannot be resolved: {error}")
    found = [
        output for output in outputs if path in files or f"{path}/".startswith(f"{output.path}/")
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise PullError(f"DVC tracks {path} in {len(found)} outputs")
    if errors:
        raise PullError(f"it is unknown whether DVC tracks {path}: {errors[0]}")
    raise PullError(f"DVC tracks no {path}: no .dvc file or dvc.lock has it as an output")


def _outputs_of(file: str, files: Mapping[str, bytes], path: str) -> Iterator[TrackedOutput]:
    if file.endswith(".dvc"):
        return _outputs_of_dvc_file(file, files[file])
    if posixpath.basename(file) == "dvc.lock":
        return _outputs_of_lock(file, files, path)
    return iter(())


def _outputs_of_dvc_file(file: str, content: bytes) -> Iterator[TrackedOutput]:
    stage = _mapping(yaml12.read_yaml(file, content).value)
    outputs, dependencies = _mappings(stage.get("outs")), _mappings(stage.get("deps"))
    is_import = len(outputs) == len(dependencies) == 1 and not stage.get("cmd")
    for output in outputs:
        yield TrackedOutput(
            _path(file, str(stage.get("wdir") or "."), output),
            output,
            output,
            dependencies[0] if is_import else None,
        )


def _outputs_of_lock(file: str, files: Mapping[str, bytes], path: str) -> Iterator[TrackedOutput]:
    """Yield the outputs of a dvc.lock that dvc.yaml still declares and that ``path`` may be in."""
    lock = _mapping(yaml12.read_yaml(file, files[file]).value)
    if lock.get("schema") != "2.0":
        raise UnreadableFileError(file, "its schema must be 2.0")
    directory = posixpath.dirname(file)
    pipeline_file = posixpath.join(directory, "dvc.yaml")
    document = yaml12.read_yaml(pipeline_file, files.get(pipeline_file, b""))
    pipeline = Pipeline(document, directory, files.get)
    components = {*path.split("/")}
    for name, stage in _mapping(lock.get("stages")).items():
        outputs = [
            output
            for output in _mappings(_mapping(stage).get("outs"))
            if posixpath.basename(_path(file, ".", output)) in components
        ]
        declared = pipeline.stage(name) if outputs else None
        for output in outputs if declared else ():
            assert declared
            flags = declared.outputs.get(str(output.get("path")))
            if flags is not None:
                yield TrackedOutput(_path(file, declared.wdir, output), output, flags)


def _path(file: str, wdir: str, output: Mapping[str, object]) -> str:
    """Return an output's path, relative to the repository's root."""
    written = str(output.get("path") or "")
    return posixpath.normpath(posixpath.join(posixpath.dirname(file), wdir, written))


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _mappings(value: object) -> list[dict[str, object]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
