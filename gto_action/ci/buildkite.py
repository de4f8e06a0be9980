"""Buildkite.

Source: Buildkite's documentation of environment variables.
"""

from __future__ import annotations

from gto_action.ci.job import JobSystem

SYSTEM = JobSystem(
    tag="BUILDKITE_TAG",
    branch="BUILDKITE_BRANCH",
    commit="BUILDKITE_COMMIT",
    url="BUILDKITE_REPO",
    directory="BUILDKITE_BUILD_CHECKOUT_PATH",
    page="BUILDKITE_BUILD_URL",
    name="BUILDKITE_BUILD_CREATOR",
    email="BUILDKITE_BUILD_CREATOR_EMAIL",
)
