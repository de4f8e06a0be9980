"""URLs of repositories: their server, and the repository that they name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit


@dataclass(frozen=True, slots=True)
class RepositoryUrl:
    """The parts of a repository's URL, or of a path.

    ``scheme`` and ``host`` are in lower case and empty for a path; ``port`` is ``None`` if it is
    the scheme's default; ``path`` has no slash at either end and no ``.git``.
    """

    scheme: str
    host: str
    port: int | None
    path: str
    has_password: bool = False

    @property
    def is_http(self) -> bool:
        """Whether the transport is HTTP, with or without TLS."""
        return self.scheme in {"http", "https"}


def parse_repository_url(url: str) -> RepositoryUrl:
    """Parse a URL, or ``HOST:PATH`` as in ssh; anything else is a path.

    Source: git-clone(1), "Git URLs".
    """
    parts = _split(url)
    if parts:
        port = parts.port
        return RepositoryUrl(
            scheme=parts.scheme,
            host=_SSH_HOSTS.get(parts.hostname or "", parts.hostname or ""),
            port=None if port == _DEFAULT_PORTS.get(parts.scheme) else port,
            path=_bare_path(parts.path),
            has_password=parts.password is not None,
        )
    scp = re.fullmatch(_SCP, url, re.DOTALL)
    if scp:
        host = scp["host"].lower()
        return RepositoryUrl("ssh", _SSH_HOSTS.get(host, host), None, _bare_path(scp["path"]))
    return RepositoryUrl("", "", None, _bare_path(url))


def public_url(url: str) -> str:
    """Return a URL without user, password, query and fragment; empty for a path."""
    parts = parse_repository_url(url)
    if not parts.host:
        return ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.host}{port}/{parts.path}"


def is_same_server(first: RepositoryUrl, second: RepositoryUrl) -> bool:
    """Return whether two URLs name one HTTP server: scheme, host and port."""
    servers = {(url.scheme, url.host, url.port) for url in (first, second)}
    return first.is_http and len(servers) == 1


def is_same_host(first: RepositoryUrl, second: RepositoryUrl) -> bool:
    """Return whether two URLs name one host; the ports of different protocols can't be compared."""
    comparable = first.is_http == second.is_http
    same_port = first.port == second.port if comparable else True
    return bool(first.host) and first.host == second.host and same_port


def is_same_repository(first: RepositoryUrl, second: RepositoryUrl) -> bool:
    """Return whether two URLs name one repository; scheme, user and case do not matter."""
    same_host = is_same_host(first, second) if first.host or second.host else True
    return same_host and first.path.lower() == second.path.lower()


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if "://" in url and parts.scheme else None


def _bare_path(path: str) -> str:
    return path.strip("/").removesuffix(".git").rstrip("/")


_DEFAULT_PORTS = {"http": 80, "https": 443, "ssh": 22, "git": 9418}
# a host before the first slash, so that C:\\x and ./a:b are paths
_SCP = r"(?:[^@/:]*@)?(?P<host>[^@/:\\]{2,}):(?P<path>[^\\].*)"
# SSH over port 443. Source: GitHub's documentation, "Using SSH over the HTTPS port"
_SSH_HOSTS = {"ssh.github.com": "github.com"}
