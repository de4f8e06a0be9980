"""Near misses: names that are almost the name of a registry tag."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gto_action.registry.tag_names import MAX_LENGTH, TagName, parse_tag_name


@dataclass(frozen=True, slots=True)
class NearMiss:
    """The registry tag that was intended, and the rules that the name breaks."""

    tag: TagName
    rule: str


def near_miss(name: str) -> NearMiss | None:
    """Return the registry tag that was intended by a name (without ``refs/tags/``).

    ``None`` if the name is a registry tag, or if the intended one is uncertain.
    """
    if len(name) > MAX_LENGTH or parse_tag_name(name):
        return None
    repaired, rules = name, []
    for repair, rule in _REPAIRS:
        changed = repair(repaired)
        if changed != repaired:
            repaired = changed
            rules.append(rule)
    tag = parse_tag_name(repaired)
    return NearMiss(tag, "; ".join(rules)) if tag else None


def nearest_tag_name(name: str) -> TagName | None:
    """Return the registry tag that was intended by a name, if that is certain."""
    found = near_miss(name)
    return found.tag if found else None


def resembles_tag_name(name: str) -> bool:
    """Return whether a name looks like an attempt to write the name of a registry tag."""
    return near_miss(name) is not None or re.fullmatch(_RESEMBLES, name) is not None


def did_you_mean(name: str) -> str:
    """Return a hint to put at the end of an error message, empty if there is none."""
    nearest = nearest_tag_name(name)
    return f" (did you mean '{nearest}'?)" if nearest else ""


def _without_spaces(name: str) -> str:
    return "".join(part.strip() for part in re.split(_SEPARATOR, name))


def _with_equals_sign(name: str) -> str:
    artifact, separator, rest = _partition(name)
    return artifact.replace(":", "=") + separator + rest


def _with_mark_before_counter(name: str) -> str:
    match = re.fullmatch(_MARK_AFTER_COUNTER, name)
    return f"{match['what']}!{match['counter']}" if match else name


def _without_empty_counter(name: str) -> str:
    match = re.fullmatch(_EMPTY_COUNTER, name)
    return match["what"] if match else name


def _without_doubled_separator(name: str) -> str:
    return re.sub("@+", "@", name)


def _deprecated(name: str) -> str:
    """Return the name of a deprecation, which is written in lower case and is not undone."""
    artifact, separator, rest = _partition(name)
    match = re.fullmatch(_DEPRECATED, rest, re.IGNORECASE)
    return f"{artifact}@deprecated{match['counter'] or ''}" if separator == "@" and match else name


def _with_v(name: str) -> str:
    match = re.fullmatch(_WITHOUT_V, name)
    return f"{match['name']}@v{match['rest']}" if match else name


def _with_three_numbers(name: str) -> str:
    match = re.fullmatch(_NUMBERS, name)
    if match is None:
        return name
    numbers = [part.lstrip("0") or "0" for part in match["numbers"].split(".")]
    numbers += ["0"] * (3 - len(numbers))
    return f"{match['name']}@v{'.'.join(numbers)}{match['rest']}"


def _partition(name: str) -> tuple[str, str, str]:
    """Split a name at its first separator: artifact, separator, rest."""
    match = re.search(_SEPARATOR, name)
    return (name[: match.start()], match[0], name[match.end() :]) if match else (name, "", "")


_REPAIRS = (
    (_without_spaces, "a tag name has no spaces"),
    (_with_equals_sign, "a tag name has '=' where the artifact name has ':'"),
    (_with_mark_before_counter, "the mark '!' is before the counter"),
    (_without_empty_counter, "a counter is a number"),
    (_without_doubled_separator, "there is one '@' before a version"),
    (_deprecated, "a deprecation ends in '@deprecated'"),
    (_with_v, "a version begins with 'v'"),
    (_with_three_numbers, "a version has three numbers without leading zeros"),
)
# patterns, compiled when a name is first compared with them: most runs have no error to report
_SEPARATOR = "([@#!])"
_MARK_AFTER_COUNTER = r"(?P<what>[^@#]+[@#][^#!]+)(?P<counter>#[0-9]+)!"
_EMPTY_COUNTER = r"(?P<what>[^@#]+[@#][^#]+)#"
_WITHOUT_V = r"(?P<name>[^@#]+)@V?(?P<rest>[0-9].*)"
_NUMBERS = r"(?P<name>[^@#]+)@v(?P<numbers>[0-9]+(?:\.[0-9]+){0,2})(?P<rest>.*)"
_DEPRECATED = r"deprecate[ds]?!?(?P<counter>#[0-9]+)?!?"
_RESEMBLES = r"[^@#]+(?:#.*|@[vV]?[0-9]+\..*|@)"
