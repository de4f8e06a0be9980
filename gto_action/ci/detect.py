"""Detect the CI system that a command runs on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from gto_action.ci import github, terminal
from gto_action.ci.run import Reporter, Run


class CiSystem(Protocol):
    """A CI system: a module of this package."""

    def read_run(self, environment: Mapping[str, str], /) -> Run:
        """Return the run that an environment describes."""

    def read_inputs(self, environment: Mapping[str, str], /) -> Mapping[str, str]:
        """Return the inputs that are set, by their names in action.yml, as they were written."""

    def reporter(self, environment: Mapping[str, str], /) -> Reporter:
        """Return what reports to the system."""


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
