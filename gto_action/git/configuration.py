"""Git's configuration as it applies in a directory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gto_action.errors import NoRepositoryError
from gto_action.git.runner import GitRunner
from gto_action.util.environment import Setting


class Variable(NamedTuple):
    """A variable: its scope (``system``, ``global``, ``local``, …), its name and its value.

    The section and the variable's own name are in lower case.
    """

    scope: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """All variables, in the order in which Git reads them: later ones override.

    Values may be credentials, so ``repr`` omits them.
    """

    variables: tuple[Variable, ...] = field(default=(), repr=False)

    @property
    def borrowed(self) -> tuple[Setting, ...]:
        """The variables of the checkout itself that a fetch from its remote needs."""
        return tuple((key, value) for _, key, value in self._own() if _is_of_transport(key))

    @property
    def extra_headers(self) -> tuple[Setting, ...]:
        """The HTTP headers that are configured, for any URL and in any scope."""
        return tuple(
            (key, value) for _, key, value in self.variables if _is_of_http(key, "extraheader")
        )

    @property
    def rewrites_urls(self) -> bool:
        """Whether ``url.<base>.insteadOf`` is set."""
        return any(_is_rewriting(key) for _, key, _ in self.variables)

    @property
    def certificate_authorities(self) -> tuple[str, ...]:
        """The certificate authorities that only the checkout's own configuration names."""
        return tuple(value for _, key, value in self._own() if _is_authority(key))

    @property
    def transport(self) -> tuple[Setting, ...]:
        """All variables of the checkout itself that a person's fetch or push depends on."""
        sections = ("credential.", "http.", "url.", "protocol.", "ssh.")
        names = {"core.sshcommand", "core.gitproxy", "core.askpass"}
        return tuple(
            (key, value)
            for _, key, value in self._own()
            if key.startswith(sections) or key in names
        )

    def remote_url(self, directory: str, name: str = "") -> str | None:
        """Return the URL of a remote, by default ``origin`` or the only one.

        Relative ones are from a directory.
        """
        return _from(directory, self._remote_urls().get(self._url_key(name)))

    def push_url(self, directory: str, name: str = "") -> str:
        """Return the URL to push to, of a remote as for ``remote_url``; empty if it is the same.

        Raises NoRepositoryError if there are several.
        """
        url_key = self._url_key(name)
        push_key = f"{url_key.removesuffix('url')}pushurl"
        push_urls = self._values(push_key)
        key, urls = (push_key, push_urls) if push_urls else (url_key, self._values(url_key))
        if len(urls) > 1:
            raise NoRepositoryError(
                f"{key} has {len(urls)} values, and tags are pushed to one remote: name another "
                "remote with --remote"
            )
        return _from(directory, push_urls[0] if push_urls else "") or ""

    def _values(self, key: str) -> list[str]:
        return [value for _, variable, value in self.variables if variable == key]

    @property
    def remote_urls(self) -> tuple[str, ...]:
        """The URLs of all remotes, as they are configured."""
        return tuple(self._remote_urls().values())

    def _url_key(self, name: str) -> str:
        keys = list(self._remote_urls())
        return keys[0] if not name and len(keys) == 1 else f"remote.{name or 'origin'}.url"

    def _remote_urls(self) -> dict[str, str]:
        urls: dict[str, str] = {}
        for _, key, value in self.variables:
            if key.startswith("remote.") and key.endswith(".url"):
                urls.setdefault(key, value)
        return urls

    def _own(self) -> Iterator[Variable]:
        return (variable for variable in self.variables if variable.scope in {"local", "worktree"})


def _from(directory: str, url: str | None) -> str | None:
    is_relative = url is not None and url.startswith(("./", "../"))
    return os.path.join(directory, url) if url and is_relative else url


def parse_configuration(listing: bytes) -> Configuration:
    """Parse the output of ``LIST_CONFIGURATION``."""
    items = listing.decode(errors="surrogateescape").split("\0")[:-1]
    pairs = zip(items[::2], items[1::2], strict=True)
    split = ((scope, *item.partition("\n")[::2]) for scope, item in pairs)
    return Configuration(tuple(Variable(*fields) for fields in split))


LIST_CONFIGURATION = ("config", "--list", "--null", "--show-scope")


def outside_repositories(environment: Mapping[str, str]) -> GitRunner:
    """Return a git outside any repository, which only the machine and the user configure."""
    return GitRunner(os.path.abspath(os.sep), {**environment, "GIT_DIR": os.devnull})


def rewritten_url(repository: GitRunner, url: str) -> str:
    """Return what a URL is after ``url.<base>.insteadOf``, as git(1) applies it there."""
    process = repository.git("ls-remote", "--get-url", "--end-of-options", url)
    rewritten = process.communicate()[0].decode(errors="surrogateescape").removesuffix("\n")
    return rewritten if process.returncode == 0 else url


def _is_of_transport(key: str) -> bool:
    """Return whether a variable is one that a fetch from the checkout's remote needs.

    Settings that would redirect credentials, skip verification or write a file are not.
    """
    is_rewriting = _is_rewriting(key) or (key.startswith("url.") and key.endswith(".pushinsteadof"))
    is_http = _is_of_http(key, "extraheader") or _is_of_http(key, "proxy")
    return key == "core.sshcommand" or is_rewriting or is_http


def _is_of_http(key: str, name: str) -> bool:
    """Return whether a variable is ``http.NAME`` or ``http.<url>.NAME``."""
    return key.startswith("http.") and key.endswith(f".{name}")


def _is_rewriting(key: str) -> bool:
    return key.startswith("url.") and key.endswith(".insteadof")


def _is_authority(key: str) -> bool:
    return _is_of_http(key, "sslcainfo") or _is_of_http(key, "sslcapath")
