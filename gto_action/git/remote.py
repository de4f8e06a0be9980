"""Where the tags come from, and with which credentials."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gto_action.errors import NoRepositoryError
from gto_action.git.checkout import Checkout
from gto_action.git.repository import Setting, without_userinfo


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
    to the server that gave it, ``server_url``. Where there are any, git follows no redirect: it
    would take them along to another server. Raises NoRepositoryError.
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
    has_credentials = any(_covers(key, url) for key in kept)
    if token and _same_server(url, server_url) and not has_credentials:
        settings += (_token_header(server_url, token),)
        has_credentials = True
    if has_credentials:
        settings += (("http.followRedirects", "false"), (f"http.{url}.followRedirects", "false"))
    return Remote(url, settings)


def _same_server(url: str, server_url: str) -> bool:
    scheme, host = _server(url)
    return scheme in {"http", "https"} and (scheme, host) == _server(server_url)


def _server(url: str) -> tuple[str, str]:
    """Give a URL's scheme and its host with the port; nothing where it is no URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.scheme, parts.netloc.rpartition("@")[2]


def _covers(key: str, url: str) -> bool:
    """Tell whether ``http.<URL>.extraheader`` or ``http.extraheader`` applies to a URL."""
    pattern = key.removeprefix("http.").removesuffix("extraheader").removesuffix(".")
    return not pattern or _server(pattern)[1] == _server(url)[1]


def _token_header(server_url: str, token: str) -> Setting:
    secret = b64encode(f"x-access-token:{token}".encode(errors="surrogateescape")).decode()
    return f"http.{server_url.rstrip('/')}/.extraheader", f"AUTHORIZATION: basic {secret}"
