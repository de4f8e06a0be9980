"""dvc.lock: the outputs of the stages of a dvc.yaml. Source of the rules: DVC's documentation."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from gto_action.annotations import ReadFile
from gto_action.annotations.dvc_yaml import FILE as DVC_YAML
from gto_action.annotations.entry import mapping_at, path_from_root
from gto_action.annotations.yaml12 import read_yaml

FILE = "dvc.lock"


def outputs(directory: str, read: ReadFile) -> Iterator[str]:
    """Yield the paths, from the repository's root, of the outputs of a directory's stages.

    Raises UnreadableFileError.
    """
    lock, yaml = posixpath.join(directory, FILE), posixpath.join(directory, DVC_YAML)
    made = read_yaml(lock, read(lock) or b"")
    written = read_yaml(yaml, read(yaml) or b"")
    for stage in mapping_at(made, "stages") or {}:
        name = str(stage)
        settings = mapping_at(written, "stages", name.partition("@")[0]) or {}
        workdir = path_from_root(directory, str(settings.get("wdir", "."))) or ""
        outs = (mapping_at(made, "stages", name) or {}).get("outs")
        for out in outs if isinstance(outs, list) else ():
            path = out.get("path") if isinstance(out, dict) else None
            joined = path_from_root(workdir, path) if isinstance(path, str) else None
            if joined:
                yield joined
