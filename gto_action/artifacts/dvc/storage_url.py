"""The URL where an artifact's bytes are stored, computed from DVC's files at a commit.

Neither DVC nor the storage is needed, and nothing is checked there. The result is the URL of the
object that `dvc get --show-url` prints, or no URL and the reason: a wrong URL is worse than none.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass

from gto_action.annotations.entry import is_url
from gto_action.artifacts.download import find_location
from gto_action.artifacts.dvc.config_files import ConfigFile
from gto_action.artifacts.dvc.project import Project
from gto_action.artifacts.dvc.remote_url import (
    build_object_url,
    find_default_remote,
    find_remote_settings,
    parse_url,
)
from gto_action.artifacts.dvc.tracked_output import TrackedOutput, find_output
from gto_action.artifacts.request import DownloadRequest
from gto_action.errors import PullError, UnreadableFileError, UnreadableRepositoryError
from gto_action.git.source import Source
from gto_action.util.text import escape_control_characters


@dataclass(frozen=True, slots=True)
class StorageUrl:
    """The URL of an artifact's bytes, or why it is unknown: one of the two is empty.

    ``url`` has no user, password, query or fragment. A remote that is a directory gives an absolute
    path, of which ``?`` and ``#`` may be parts.
    """

    url: str = ""
    notice: str = ""


def find_storage_url(source: Source, request: DownloadRequest) -> StorageUrl:
    """Return where the bytes of ``request.path`` are stored.

    For a directory that is the object with the list of its files. ``request.top``, the directory of
    the checkout, is where `.dvc/config.local` is read and where relative remotes start; ``HOME`` in
    ``request.environment`` is what ``~`` stands for. Content of the repository that is broken gives
    a notice. Raises FetchError.
    """
    try:
        return StorageUrl(url=_find_url(source, request))
    except (PullError, UnreadableFileError, UnreadableRepositoryError) as error:
        return StorageUrl(notice=escape_control_characters(str(error)))


def _find_url(source: Source, request: DownloadRequest) -> str:
    if is_url(request.path):
        return _public_url(request.path)
    location = find_location(source, request)
    if location.project is None:
        raise PullError(f"{location.path} is in Git, not in a storage of DVC's")
    if location.in_git:
        raise PullError(f"{location.path} is a directory with files of Git's, not one object")
    output = find_output(location.project.files, location.path)
    is_stage_file = location.path in location.project.files
    member = "" if is_stage_file else posixpath.relpath(location.path, output.path)
    return _object_url(location.project, output, "" if member == "." else member, request)


def _public_url(url: str) -> str:
    """Return an annotation's own URL without user, query and fragment."""
    parsed = parse_url(url, "the artifact's URL")
    if parsed.suffix and parsed.scheme not in {"http", "https"}:
        raise PullError("the artifact's URL has a query or a fragment, which may be a part of it")
    return f"{parsed.scheme}://{parsed.host}{parsed.port and f':{parsed.port}'}{parsed.path}"


def _object_url(
    project: Project, output: TrackedOutput, member: str, request: DownloadRequest
) -> str:
    """Return the URL of an output, or of the file ``member`` in it. Raises PullError."""
    files, home = project.config_files, request.environment.get("HOME", "")
    if not output.is_cached:
        raise PullError(f"{output.path} is in Git, not in a storage of DVC's (cache: false)")
    if not output.is_pushed:
        raise PullError(f"{output.path} is not pushed to a remote (push: false)")
    _check_import(output, files, home)
    path = _object_path(output, member)
    remote = output.flags.get("remote") or request.remote or find_default_remote(files)
    if not remote or not isinstance(remote, str):
        raise PullError(
            f"the DVC configuration has no default remote, and {output.path} names none"
        )
    return build_object_url(find_remote_settings(remote, files, home), path)


def _object_path(output: TrackedOutput, member: str) -> str:
    """Return where in a remote the object of an output, or of a file in it, is.

    DVC 3 writes ``hash: md5``; without it the layout is the one of DVC 2. Raises PullError.
    """
    name = posixpath.join(output.path, member)
    metadata = _find_metadata(output, member)
    if "cloud" in metadata or "version_id" in metadata:
        raise PullError(
            f"{name} is stored as a version of a cloud-versioned remote, and only a URL with its "
            "version ID identifies it"
        )
    checksum = metadata.get("md5")
    if not isinstance(checksum, str) or not _CHECKSUM.fullmatch(checksum):
        raise PullError(f"DVC's metadata have no MD5 checksum of {name}")
    if output.metadata.get("hash", "md5") != "md5":
        raise PullError(f"DVC's metadata have a checksum of an unknown kind of {name}")
    prefix = "files/md5/" if "hash" in output.metadata else ""
    return f"{prefix}{checksum[:2]}/{checksum[2:]}"


def _find_metadata(output: TrackedOutput, member: str) -> Mapping[str, object]:
    """Return the metadata of an output, or of the file ``member`` in it. Raises PullError."""
    files = output.metadata.get("files")
    if not member:
        if files:
            raise PullError(f"{output.path} is a directory without an object of its own")
        return output.metadata
    entries = [
        entry
        for entry in (files if isinstance(files, list) else ())
        if isinstance(entry, dict) and entry.get("relpath") == member
    ]
    if len(entries) != 1:
        raise PullError(
            f"{member} is in {output.path}, which DVC tracks as a whole: its checksum is in the "
            "remote, not in the repository"
        )
    return entries[0]


def _check_import(output: TrackedOutput, files: tuple[ConfigFile, ...], home: str) -> None:
    """Make sure that an output is not an import that stays at its source. Raises PullError.

    `dvc push` uploads neither what is imported from a repository, nor an import that was not
    downloaded, nor one of a versioned source.
    """
    dependency = output.imported_from
    if dependency is None:
        return
    if "repo" in dependency:
        raise PullError(f"{output.path} is imported from another repository, and stored there")
    if not output.metadata.get("md5"):
        raise PullError(f"{output.path} is imported without a copy, and only its source has it")
    path = str(dependency.get("path"))
    options = dependency.get("fs_config")
    is_versioned = (
        any(key in dependency for key in ("version_id", "files", "cloud"))
        or (isinstance(options, dict) and options.get("version_aware", False) is not False)
        or (is_url(path) and not {"?", "#"}.isdisjoint(path))
    )
    if not is_versioned and path.lower().startswith("remote://"):
        name = path[len("remote://") :].partition("/")[0]
        is_versioned = find_remote_settings(name, files, home).is_versioned
    if is_versioned:
        raise PullError(f"{output.path} is imported from a versioned source, and stored there")


_CHECKSUM = re.compile(r"[0-9a-f]{32}(?:\.dir)?")
