"""Woodpecker CI.

Source: Woodpecker's documentation of environment variables.
"""

from __future__ import annotations

from gto_action.ci.job import JobSystem

SYSTEM = JobSystem(
    tag="CI_COMMIT_TAG",
    branch="CI_COMMIT_BRANCH",
    commit="CI_COMMIT_SHA",
    url="CI_REPO_CLONE_URL",
    user="CI_NETRC_USERNAME",
    token="CI_NETRC_PASSWORD",  # noqa: S106 - the name of a variable
    directory="CI_WORKSPACE",
    page="CI_PIPELINE_URL",
)
