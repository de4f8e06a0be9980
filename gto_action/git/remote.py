"""The remote that tags are fetched from, and the credentials for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gto_action.errors import NoRepositoryError
from gto_action.git.checkout import Checkout
from gto_action.git.configuration import (
    LIST_CONFIGURATION,
    Configuration,
    outside_repositories,
    parse_configuration,
    rewritten_url,
)
from gto_action.git.credentials import (
    is_authorization,
    sent_headers,
    settings_to_send,
    token_header,
)
from gto_action.git.runner import GitRunner, printable_url
from gto_action.git.urls import (
    RepositoryUrl,
    is_same_host,
    is_same_repository,
    is_same_server,
    parse_repository_url,
)
from gto_action.util.environment import Setting, with_settings


@dataclass(frozen=True, slots=True)
class RunRepository:
    """The repository that a run is for: its server, its name, and the token to read it.

    ``server_url`` and ``name`` are empty outside of a run. A ``name`` that is not one, such as the
    whole URL that act gives for a server it does not know, counts as empty. ``location`` is a URL
    that is read instead, which may contain credentials. ``prefers_token`` states that the token
    comes before the credentials that a checkout kept, and ``user`` is whose password it is.
    """

    server_url: str = ""
    name: str = ""
    token: str = field(default="", repr=False)
    location: str = field(default="", repr=False)
    prefers_token: bool = False
    user: str = "x-access-token"

    @property
    def authorization(self) -> str:
        """The header with the token; empty without one."""
        return token_header(self.token, self.user) if self.token else ""

    @property
    def url(self) -> str:
        """The URL to read, empty outside of a run; it may contain credentials."""
        return self.location or self._url_on_server

    @property
    def web_url(self) -> str:
        """The URL of the repository's pages, without credentials; empty if it is unknown."""
        return "" if self.location else printable_url(self._url_on_server)

    @property
    def _url_on_server(self) -> str:
        is_known = self.server_url and re.fullmatch(_NAME, self.name)
        return f"{self.server_url.rstrip('/')}/{self.name}" if is_known else ""

    def is_at(self, url: str | None) -> bool:
        """Return whether a URL names this repository; without one, or outside of a run, it does."""
        if not (url and self.url):
            return True
        return is_same_repository(parse_repository_url(url), parse_repository_url(self.url))


@dataclass(frozen=True, slots=True)
class Remote:
    """A remote repository: its URL, and the settings that the transport to it needs.

    ``borrowed`` settings are a checkout's and come before those of the user's environment;
    ``unused_authority`` is a certificate authority that only the checkout names. ``fallback`` is
    the same repository read with the token, if that differs. ``is_ssh`` is about the URL after
    ``insteadOf``; ``push_url`` is where to push, if that is another URL.
    """

    url: str = field(repr=False)
    settings: tuple[Setting, ...] = field(default=(), repr=False)
    borrowed: tuple[Setting, ...] = field(default=(), repr=False)
    unused_authority: str = ""
    fallback: Remote | None = None
    is_ssh: bool = False
    push_url: str = field(default="", repr=False)

    def __str__(self) -> str:
        """Return the URL without credentials."""
        return printable_url(self.url.rstrip("/"))


def choose_remote(
    checkout: Checkout | None, run: RunRepository, environment: Mapping[str, str]
) -> Remote:
    """Choose the checkout's remote, or else the run's repository on its server.

    The credentials are those that the checkout kept, otherwise (or before them, if it is preferred)
    the run's token, which is only sent to the run's own server. Where there are any, git follows no
    redirect: it would take them along to another server. ``environment`` is git's. Raises
    NoRepositoryError.
    """
    url = (checkout and checkout.remote_url) or run.url
    if not url:
        raise NoRepositoryError(_why_no_url(checkout))
    outside = outside_repositories(environment)
    if checkout:
        configuration = checkout.configuration
        outside = outside_repositories(with_settings(environment, below=configuration.borrowed))
    else:
        configuration = parse_configuration(outside.output(*LIST_CONFIGURATION))
    remote = _Transport(configuration, outside, run).remote(url)
    return remote.fallback if run.prefers_token and remote.fallback else remote


def own_remote(checkout: Checkout, name: str = "") -> Remote:
    """Return a remote of a person's own checkout: by its name, by default origin or the only one.

    As for git in that checkout, its configuration of credentials, of proxies and of ssh applies.
    Raises NoRepositoryError.
    """
    configuration = checkout.configuration
    directory = checkout.repository.directory
    url = configuration.remote_url(directory, name)
    if not url:
        what = f"remote '{printable_url(name)}'" if name else "remote origin"
        advice = "name a remote, or give a URL with --repo" if "/" in name else "see git remote add"
        raise NoRepositoryError(f"the repository in {directory} has no {what} to push to: {advice}")
    push_url = configuration.push_url(directory, name)
    return Remote(url, borrowed=configuration.transport, push_url=push_url)


def _why_no_url(checkout: Checkout | None) -> str:
    if checkout and checkout.configuration.remote_urls == ("",):
        return (
            f"the remote of the checkout in {checkout.repository.directory} has an empty URL: set "
            "it with git remote set-url"
        )
    if checkout and checkout.configuration.remote_urls:
        return (
            f"the checkout in {checkout.repository.directory} has more than one remote and none "
            "is called origin: name one so, or let the run name its repository"
        )
    return (
        "there is no checkout with a remote here, and no variable of the CI system, as "
        "GITHUB_REPOSITORY, names a repository: check the repository out first"
    )


class _Transport:
    """Computes what git sends to a URL: from the configuration, by a git without a repository."""

    def __init__(self, configuration: Configuration, git: GitRunner, run: RunRepository) -> None:
        self.configuration = configuration
        self.git = git
        self.run = run

    def remote(self, url: str) -> Remote:
        rewritten = self._rewritten(url)
        parts = parse_repository_url(rewritten)
        headers = self._headers(rewritten)
        kept = [header for header in headers if is_authorization(header)]
        has_own = bool(kept) or parts.has_password
        if not has_own and self.run.token and is_same_server(parts, self._server):
            kept = [self.run.authorization]
        return Remote(
            url,
            settings_to_send(rewritten, headers, kept[-1]) if kept else (),
            self._borrowed(url, parts),
            self._unused_authority(parts),
            self._fallback(parts, kept[-1] if kept else "", has_other=has_own),
            is_ssh=parts.scheme == "ssh",
        )

    def _fallback(
        self, parts: RepositoryUrl, authorization: str, *, has_other: bool
    ) -> Remote | None:
        """Return the same repository read with the token, if something else is tried first."""
        token = self.run.authorization
        is_other = has_other or parts.scheme == "ssh"
        if not token or token == authorization or not is_other:
            return None
        # with a slash, so that the rule below is longer than one for the whole URL
        url = f"{self.run.server_url.rstrip('/')}/{parts.path}/"
        again = parse_repository_url(url)
        if not is_same_host(parts, self._server) or not again.is_http:
            return None
        settings = (
            # the longest match wins: nothing rewrites this URL to what could not be read
            (f"url.{url}.insteadOf", url),
            *settings_to_send(url, self._headers(url), token),
        )
        borrowed = self._borrowed(url, again)
        return Remote(url, settings, borrowed, self._unused_authority(again))

    def _borrowed(self, url: str, parts: RepositoryUrl) -> tuple[Setting, ...]:
        """Return the checkout's settings that may take part in a fetch.

        An SSH command only for a URL that is configured as one of SSH; and no proxy without TLS: it
        could read credentials, which may also come from a helper or a file of curl's.
        """
        is_ssh = parse_repository_url(url).scheme == "ssh"
        is_readable = parts.scheme == "http"
        return tuple(
            (key, value)
            for key, value in self.configuration.borrowed
            if (is_ssh or key != "core.sshcommand") and not (is_readable and key.endswith("proxy"))
        )

    @property
    def _server(self) -> RepositoryUrl:
        return parse_repository_url(self.run.server_url)

    def _rewritten(self, url: str) -> str:
        return rewritten_url(self.git, url) if self.configuration.rewrites_urls else url

    def _headers(self, url: str) -> list[str]:
        is_http = parse_repository_url(url).is_http
        return sent_headers(self.configuration.extra_headers, url, self.git) if is_http else []

    def _unused_authority(self, parts: RepositoryUrl) -> str:
        authorities = self.configuration.certificate_authorities
        return authorities[-1] if authorities and parts.scheme == "https" else ""


_NAME = r"[\w.-]+(?:/[\w.-]+)*"
