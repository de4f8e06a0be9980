"""The Authorization header that git sends to a URL, and the settings to send exactly one."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence

from gto_action.git.runner import GitRunner
from gto_action.util.environment import Setting


def sent_headers(entries: Sequence[Setting], url: str, repository: GitRunner) -> list[str]:
    """Return the headers that git sends to a URL, given all ``http.*.extraHeader`` in their order.

    Git does the matching. An entry for a less specific URL counts only if no more specific one came
    before it, so git is asked which is the last that counts of the first one, two, three entries,
    all at once: under a variable of its own each. An empty value clears what was collected.
    Source: git-config(1), http.extraHeader and http.<url>.*.
    """
    if not entries:
        return []
    lines = [
        f"[http{_subsection(key)}]\n\tp{last} = {number}\n"
        for last in range(len(entries))
        for number, (key, _) in enumerate(entries[: last + 1])
    ]
    process = repository.git("config", "-z", "-f", "-", "--get-urlmatch", "http", url)
    config = "".join(lines).encode(errors="surrogateescape")
    answers = process.communicate(config)[0].decode(errors="replace").split("\0")
    counting = {f"http.p{number}\n{number}" for number in range(len(entries))}.intersection(answers)
    headers: list[str] = []
    for number, (_, value) in enumerate(entries):
        if f"http.p{number}\n{number}" in counting:
            headers = [*headers, value] if value else []
    return headers


def is_authorization(header: str) -> bool:
    """Return whether a header is ``Authorization``."""
    return re.match(_AUTHORIZATION, header, re.IGNORECASE) is not None


def token_header(token: str, user: str = "x-access-token") -> str:
    """Return the header that a host takes a token in, as the password of a user.

    The user is by default GitHub's for all tokens; without one, the token stands alone. Sources:
    RFC 7617 and RFC 6750.
    """
    if not user:
        return f"AUTHORIZATION: bearer {token}"
    secret = b64encode(f"{user}:{token}".encode(errors="surrogateescape")).decode()
    return f"AUTHORIZATION: basic {secret}"


def settings_to_send(url: str, headers: Sequence[str], authorization: str) -> tuple[Setting, ...]:
    """Return the settings with which git sends one ``Authorization`` header to a URL.

    ``headers`` are those that it would send; the others among them stay. Git follows no redirect
    then: it would take the header along. The settings name the whole URL: a shorter one would not
    count after a longer one that was configured.
    """
    header = f"http.{url}.extraheader"
    others = [header for header in headers if not is_authorization(header)]
    configured = [header for header in headers if is_authorization(header)]
    if configured == [authorization]:
        sent: list[str] = []
    elif configured:
        sent = ["", *others, authorization]
    else:
        sent = [authorization]
    stay = ("http.followRedirects", f"http.{url}.followRedirects")
    return (*((header, value) for value in sent), *((key, "false") for key in stay))


def _subsection(key: str) -> str:
    """Return the URL of ``http.URL.extraheader`` for a configuration file; empty without one."""
    url = key.removeprefix("http.").removesuffix("extraheader").removesuffix(".")
    escaped = url.replace("\\", "\\\\").replace('"', '\\"')
    return f' "{escaped}"' if url else ""


# with a value: a header without one tells curl to send none
_AUTHORIZATION = r"\s*authorization\s*(?::\s*\S|;)"
