"""The connection of a step to GitHub's API."""

from __future__ import annotations

from gto_action.action.declared_inputs import ServerInputs
from gto_action.ci.run import Reporter, Run
from gto_action.errors import InputError
from gto_action.forges.github import GitHub


def connect(run: Run, inputs: ServerInputs, token: str, reporter: Reporter, done: str) -> GitHub:
    """Connect to the API of the run's server.

    ``done`` says what it is for: "published" or "reported". Raises InputError if the run names no
    API or no repository, ForgeError if there is no token.
    """
    if not (run.api_url and run.repository):
        raise InputError(
            f"nothing can be {done}: GITHUB_API_URL and GITHUB_REPOSITORY are not set, so this is "
            "no run of GitHub Actions"
        )
    return GitHub(
        run.api_url,
        run.repository,
        token,
        reporter.text,
        server_url=run.server_url,
        ca_file=inputs.ca_file,
    )
