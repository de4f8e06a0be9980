"""Detect the CI system that a command runs on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from gto_action.ci import (
    azure,
    bitbucket,
    buildkite,
    circleci,
    drone,
    github,
    gitlab,
    jenkins,
    terminal,
    woodpecker,
)
from gto_action.ci.run import Reporter, Run


class CiSystem(Protocol):
    """A CI system: an object, or a module, of this package."""

    def read_run(self, environment: Mapping[str, str], /) -> Run:
        """Return the run that an environment describes."""

    def read_inputs(self, environment: Mapping[str, str], /) -> Mapping[str, str]:
        """Return the inputs that are set, by their names in action.yml, as they were written."""

    def reporter(self, environment: Mapping[str, str], /) -> Reporter:
        """Return what reports to the system."""


class KnownSystem(NamedTuple):
    """A CI system, and the variables by which it is known: one of them is set, and not to false."""

    system: CiSystem
    variables: tuple[str, ...]


# a new system is a module of this package, and a line here
SYSTEMS: Mapping[str, KnownSystem] = {
    "github": KnownSystem(github, ("GITHUB_ACTIONS",)),
    "gitlab": KnownSystem(gitlab.SYSTEM, ("GITLAB_CI",)),
    "bitbucket": KnownSystem(bitbucket.SYSTEM, ("BITBUCKET_BUILD_NUMBER",)),
    "azure": KnownSystem(azure.SYSTEM, ("TF_BUILD",)),
    "circleci": KnownSystem(circleci.SYSTEM, ("CIRCLECI",)),
    # woodpecker sets variables of Drone too, but not this one
    "drone": KnownSystem(drone.SYSTEM, ("DRONE",)),
    "woodpecker": KnownSystem(woodpecker.SYSTEM, ("CI_SYSTEM_NAME",)),
    "buildkite": KnownSystem(buildkite.SYSTEM, ("BUILDKITE",)),
    "jenkins": KnownSystem(jenkins.SYSTEM, ("JENKINS_URL", "JENKINS_HOME")),
    "terminal": KnownSystem(terminal, ()),
}


def detect_system(environment: Mapping[str, str], name: str = "") -> CiSystem:
    """Return the CI system of a name, by default the one that sets an environment.

    That is a terminal if no other does.
    """
    if name:
        return SYSTEMS[name].system
    found = (
        known.system
        for known in SYSTEMS.values()
        if any(environment.get(name, "").lower() not in {"", "false"} for name in known.variables)
    )
    # by hand, with a file for the outputs
    return next(found, github if environment.get("GITHUB_OUTPUT") else terminal)
