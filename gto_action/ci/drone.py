"""Drone.

Source: Drone's reference of variables.
"""

from __future__ import annotations

from gto_action.ci.job import JobSystem

SYSTEM = JobSystem(
    tag="DRONE_TAG",
    ref="DRONE_COMMIT_REF",
    commit="DRONE_COMMIT_SHA",
    url="DRONE_GIT_HTTP_URL",
    user="DRONE_NETRC_USERNAME",
    token="DRONE_NETRC_PASSWORD",  # noqa: S106 - the name of a variable
    directory="DRONE_WORKSPACE",
    page="DRONE_BUILD_LINK",
)
