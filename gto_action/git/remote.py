"""Where the tags come from, and with which credentials."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gto_action.errors import NoRepositoryError
from gto_action.git.checkout import Checkout
from gto_action.git.repository import Setting


@dataclass(frozen=True, slots=True)
class Remote:
    """A remote repository: its URL, and the settings that the transport to it needs."""

    url: str = field(repr=False)
    settings: tuple[Setting, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        """Write the URL without the credentials that it may hold."""
        return without_userinfo(self.url)


def choose_remote(
    checkout: Checkout | None, *, server_url: str, repository: str, token: str
) -> Remote:
    """Choose the checkout's remote, or else the run's repository on its server.

    The credentials are those that the checkout kept, otherwise ``token``, which is only ever told
    to the server that gave it, ``server_url``. Raises NoRepositoryError.
    """
    url = checkout and checkout.remote_url
    if not url:
        if not (server_url and repository):
            raise NoRepositoryError(
                "there is no checkout with a remote here, and GITHUB_SERVER_URL and "
                "GITHUB_REPOSITORY name none: check the repository out first"
            )
        url = f"{server_url.rstrip('/')}/{repository}"
    kept = checkout.kept_headers if checkout else ()
    settings = checkout.settings if checkout else ()
    if token and _same_server(url, server_url) and not any(_covers(key, url) for key in kept):
        settings += (_token_header(server_url, token),)
    return Remote(url, settings)


def without_userinfo(url: str) -> str:
    """Give a URL without what stands before the host: it may be a password."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    authority, slash, path = rest.partition("/")
    return scheme + separator + authority.rpartition("@")[2] + slash + path


def _same_server(url: str, server_url: str) -> bool:
    ours, theirs = urlsplit(url), urlsplit(server_url)
    is_http = ours.scheme in {"http", "https"}
    host = ours.netloc.rpartition("@")[2]
    return is_http and (ours.scheme, host) == (theirs.scheme, theirs.netloc)


def _covers(key: str, url: str) -> bool:
    """Tell whether ``http.<URL>.extraheader`` or ``http.extraheader`` applies to a URL."""
    pattern = key.removeprefix("http.").removesuffix("extraheader").removesuffix(".")
    return not pattern or urlsplit(pattern).netloc == urlsplit(url).netloc.rpartition("@")[2]


def _token_header(server_url: str, token: str) -> Setting:
    secret = b64encode(f"x-access-token:{token}".encode()).decode()
    return f"http.{server_url.rstrip('/')}/.extraheader", f"AUTHORIZATION: basic {secret}"
