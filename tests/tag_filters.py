"""GitHub's filters for tag names, as its documentation defines them.

Source: "Workflow syntax for GitHub Actions", section "Filter pattern cheat sheet". act ignores tag
filters, so nothing else on a developer's machine evaluates them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache


def triggers(patterns: Iterable[str], tag: str) -> bool:
    """Return whether a push of a tag triggers a workflow that has these patterns in `tags`.

    The last pattern that matches decides; a pattern that begins with `!` excludes the tag.
    """
    result = False
    for pattern in patterns:
        negative = pattern.startswith("!")
        if pattern_matches(pattern.removeprefix("!"), tag):
            result = not negative
    return result


def pattern_matches(pattern: str, tag: str) -> bool:
    """Return whether a pattern without a leading `!` matches the whole name of a tag."""
    return _compile(pattern).fullmatch(tag) is not None


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    tokens = re.findall(r"\*\*|\[[^]]*\]|.", pattern, re.DOTALL)
    return re.compile("".join(_token_to_regex(token) for token in tokens), re.DOTALL)


def _token_to_regex(token: str) -> str:
    match token:
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?" | "+":
            return token
        case _ if token.startswith("["):
            if not re.fullmatch(r"\[(?:[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9]|[a-zA-Z0-9])+\]", token):
                raise ValueError(f"{token} may list alphanumeric characters and ranges only")
            return token
        case _:
            return re.escape(token)
