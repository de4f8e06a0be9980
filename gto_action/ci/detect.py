"""Which CI system a command runs on."""

from __future__ import annotations

from collections.abc import Mapping

from gto_action.ci import github, terminal
from gto_action.ci.run import CiSystem


def detect_system(environment: Mapping[str, str]) -> CiSystem:
    """Return the CI system that sets an environment; a terminal if none does."""
    for variables, system in _SYSTEMS.items():
        if any(environment.get(variable) for variable in variables):
            return system
    return terminal


# a new system is a module of this package, and a line here
_SYSTEMS: Mapping[tuple[str, ...], CiSystem] = {
    ("GITHUB_ACTIONS", "GITHUB_OUTPUT"): github,
}
