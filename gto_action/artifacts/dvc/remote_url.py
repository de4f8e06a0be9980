"""URLs of objects in a DVC remote, computed from DVC's configuration alone.

Source: DVC's documentation, "dvc remote" and "dvc config", and what ``dvc get --show-url`` prints
with DVC 3.67 and its plug-ins.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gto_action.artifacts.dvc import config_files
from gto_action.artifacts.dvc.config_files import ConfigFile, shown_name
from gto_action.errors import PullError


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """The settings of a DVC remote after all configuration files are merged.

    ``url`` is an absolute path or a URL, which may hold credentials: never print it. ``port`` is
    empty if only the URL may have one. A remote that ``is_versioned`` keeps files under their own
    names, and relies on the storage for their versions.
    """

    name: str
    url: str = field(repr=False)
    port: str
    is_versioned: bool


def find_default_remote(files: Sequence[ConfigFile]) -> str:
    """Return the name of the default remote; empty if there is none. Raises PullError."""
    return _text(_merge(files, "core"), "remote", "core.remote")


def find_remote_settings(name: str, files: Sequence[ConfigFile], home: str) -> RemoteSettings:
    """Return the settings of the remote ``name``.

    ``home`` is the directory that ``~`` stands for, empty if unknown. A URL ``remote://NAME/path``
    is a path in another remote, whose settings hold unless they are overridden. Raises PullError
    if there is no such remote, or if its location cannot be determined.
    """
    name = name.lower()
    merged = _merge_remote(name, files, home)
    port = _text(merged, "port", f"port of the remote {shown_name(name)}")
    is_versioned = any(_is_on(merged, key, name) for key in ("version_aware", "worktree"))
    return RemoteSettings(name, _text(merged, "url", ""), port, is_versioned)


def build_object_url(remote: RemoteSettings, path: str) -> str:
    """Return the URL of ``path`` in a remote: the one of DVC, but without credentials.

    The result never has a user, query or fragment. An absolute path is returned as a path: there
    ``?`` and ``#`` are ordinary characters. WebDAV is HTTP. Raises PullError for a remote of an
    unknown kind, a versioned one, and a URL that has a query, a fragment or ambiguous credentials.
    """
    if remote.is_versioned:
        raise PullError(
            f"the remote {shown_name(remote.name)} is cloud-versioned (version_aware or worktree), "
            "so only a URL with a version ID identifies the file"
        )
    subject = f"the URL of the remote {shown_name(remote.name)}"
    if not _SCHEME.match(remote.url):
        return _object_path(remote.url, path, subject)
    url = parse_url(remote.url, subject)
    if url.suffix:
        raise PullError(f"{subject} has a query or a fragment")
    has_odd_at = "@" in url.path and url.scheme not in _OBJECT_STORES
    if has_odd_at or _LIKE_PASSWORD.search(url.path):
        raise PullError(f"{subject} may have a password with special characters: percent-encode it")
    if url.scheme in _OBJECT_STORES:
        if url.port:
            raise PullError(f"{subject} has a port, and names a bucket")
        root = f"{url.scheme}://{url.host}{url.path}"
    elif url.scheme in _WEB:
        is_webdav = url.scheme in _WEBDAV
        directory = url.path.rstrip("/") if is_webdav else url.path
        root = f"{_WEB[url.scheme]}://{url.host}{_port(url.port, subject)}{directory}"
    elif url.scheme == "ssh" and url.path:
        port = _port(remote.port or url.port, subject)
        root = f"ssh://{url.host}{port}/{url.path.lstrip('/')}"
    elif url.scheme == "ssh":
        raise PullError(f"{subject} has no path, so DVC stores files in the user's home directory")
    else:
        raise PullError(f"{subject} is of a kind whose layout is unknown ({url.scheme})")
    return _join(root, path)


def _object_path(directory: str, path: str, subject: str) -> str:
    if not directory.isprintable():
        raise PullError(f"{subject} has control characters")
    if _LIKE_PASSWORD.search(directory):
        raise PullError(f"{subject} is a path that looks like a URL with a password")
    return _SLASHES.sub("/", _join(directory, path))


@dataclass(frozen=True, slots=True)
class Url:
    """The parts of a URL. ``suffix`` is the query and the fragment; user and password are gone."""

    scheme: str
    host: str
    port: str
    path: str
    suffix: str


def parse_url(url: str, subject: str) -> Url:
    """Split a URL, and drop its user and password; ``subject`` names it in errors.

    Raises PullError if it has no host, has characters that no URL may have, or if it is not
    certain where its credentials end: a password may hold ``/``, ``?`` and ``#`` by mistake.
    """
    scheme = _SCHEME.match(url)
    if not scheme or not url.isprintable() or "\\" in url:
        raise PullError(f"{subject} is not a valid URL")
    authority, remainder = _split(url[scheme.end() :], "/?#")
    path, suffix = _split(remainder, "?#")
    host = _HOST.fullmatch(authority.rpartition("@")[2])
    if not host:
        raise PullError(f"{subject} has no valid host")
    port = (host[2] or "").removeprefix(":")
    if "@" in suffix or (port and "@" in path):
        raise PullError(f"{subject} may have a password with special characters: percent-encode it")
    return Url(scheme[1].lower(), host[1], port, path, suffix)


def _split(text: str, separators: str) -> tuple[str, str]:
    """Split a string before the first of some characters."""
    position = min((text.find(mark) for mark in separators if mark in text), default=len(text))
    return text[:position], text[position:]


def _port(port: str, subject: str) -> str:
    if not port:
        return ""
    if not _PORT.fullmatch(port) or not 0 < int(port) <= _MAX_PORT:
        raise PullError(f"{subject} has no valid port")
    return f":{int(port)}"


def _join(root: str, path: str) -> str:
    return f"{root}{path}" if root.endswith("/") else f"{root}/{path}"


def _merge_remote(
    name: str, files: Sequence[ConfigFile], home: str, depth: int = 0
) -> dict[str, object]:
    """Merge the settings of a remote and of those that it refers to; the URL becomes absolute."""
    section = config_files.section(name)
    merged = _merge(files, section)
    if not merged:
        raise PullError(f"the DVC configuration has no remote {shown_name(name)}")
    url = _text(merged, "url", f"url of the remote {shown_name(name)}")
    scheme = _SCHEME.match(url)
    if not url:
        raise PullError(f"the remote {shown_name(name)} has no URL")
    if not scheme or scheme[1].lower() != "remote":
        defining = next(file for file in reversed(files) if "url" in file.config.settings(section))
        return {**merged, "url": _absolute(name, url, defining.directory, home)}
    base, _, path = url[scheme.end() :].partition("/")
    if depth == _MAX_DEPTH or set(url) & {"?", "#"}:
        raise PullError(
            f"the URL of the remote {shown_name(name)} refers to itself, or has a query"
        )
    settings = _merge_remote(base.lower(), files, home, depth + 1)
    return {**settings, **merged, "url": f"{settings['url']}/{path.lstrip('/')}"}


def _absolute(name: str, url: str, directory: str | None, home: str) -> str:
    """Return a remote's URL, with a relative path made absolute as DVC does it."""
    if _SCHEME.match(url) or os.path.isabs(url):
        return url
    if url.startswith("~"):
        if not os.path.isabs(home) or url[1:2] not in {"", "/"}:
            raise PullError(f"the remote {shown_name(name)} is in an unknown home directory")
        return home.rstrip("/") + url[1:]
    if directory is None:
        raise PullError(
            f"the URL of the remote {shown_name(name)} is relative to a checkout, and there is none"
        )
    return os.path.abspath(os.path.join(directory, url))


def _merge(files: Sequence[ConfigFile], section: str) -> dict[str, object]:
    merged: dict[str, object] = {}
    for file in files:
        merged.update(file.config.settings(section))
    return merged


def _text(settings: Mapping[str, object], key: str, subject: str) -> str:
    value = settings.get(key, "")
    if not isinstance(value, str):
        raise PullError(f"the DVC configuration has more than one value for {subject}")
    return value


def _is_on(settings: Mapping[str, object], key: str, remote: str) -> bool:
    value = _text(settings, key, f"{key} of the remote {shown_name(remote)}").lower()
    if value not in {"", "true", "false"}:
        raise PullError(f"{key} of the remote {shown_name(remote)} must be true or false")
    return value == "true"


_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)://")
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:@\[\]]+)(:[0-9]*)?")
_LIKE_PASSWORD = re.compile(
    r"(?:^|/)[^/@]*:[^@]*@|(?:account_?key|token|secret|password|sig)=", re.IGNORECASE
)
_SLASHES = re.compile("/{2,}")
_PORT = re.compile(r"[0-9]{1,5}")
_MAX_PORT = 65535
_MAX_DEPTH = 10
_OBJECT_STORES = frozenset({"s3", "gs", "azure", "oss", "gdrive"})
_WEBDAV = {"webdav": "http", "webdavs": "https"}
_WEB = {"http": "http", "https": "https", **_WEBDAV}
