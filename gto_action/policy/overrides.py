"""The variables of the environment that override the file .gto."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

LISTS = ("stages", "types")
# the last three change what gto prints, and nothing here
EFFECTIVE_KEYS = frozenset({*LISTS, "policy", "emojis", "log_level", "debug"})
KEYS_OF_GTO = frozenset({"index", "config_file_name", "enrichments", "autoload_enrichments"})


class Overrides(NamedTuple):  # start-up: a dataclass takes seven times as long to create
    """The values of the variables GTO_STAGES and GTO_TYPES, empty if they are not set.

    ``unknown`` are the names of the variables that begin with GTO_ and have no effect.
    """

    stages: str = ""
    types: str = ""
    unknown: tuple[str, ...] = ()


def read_overrides(environment: Mapping[str, str]) -> Overrides:
    """Return what the variables of an environment override; their values are not checked."""
    names = sorted(name for name in environment if name.startswith("GTO_"))
    # a policy is never overridden by a variable
    effective = EFFECTIVE_KEYS - {"policy"}
    unknown = (name for name in names if key_of(name) not in effective)
    return Overrides(
        environment.get("GTO_STAGES", ""), environment.get("GTO_TYPES", ""), tuple(unknown)
    )


def key_of(variable: str) -> str:
    """Return the key of .gto that a variable overrides, whether or not it is known."""
    return variable.removeprefix("GTO_").lower()
