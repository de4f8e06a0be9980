"""`gto-action run`: the step, by hand."""

from __future__ import annotations

import os
from collections.abc import Mapping

from gto_action.action.main import main
from gto_action.ci.github import read_step
from gto_action.cli.console import complain
from gto_action.errors import GtoActionError, NoRepositoryError
from gto_action.git.checkout import read_checkout
from gto_action.git.runner import base_environment


def run(repo: str, inputs: Mapping[str, str | bool | None]) -> int:
    """Perform the step on a path or a URL with some inputs; return its exit code.

    An input that is ``None`` is read from the environment. Raises NoRepositoryError,
    UnreadableRepositoryError.
    """
    given = {
        f"INPUT_{name.replace('_', '-').upper()}": value if isinstance(value, str) else str(value)
        for name, value in inputs.items()
        if value is not None
    }
    if "INPUT_CA-FILE" in given:
        given["INPUT_CA-FILE"] = os.path.abspath(given["INPUT_CA-FILE"])
    environment = {**os.environ, **_location_variables(repo), **given}
    try:
        _check_remote(repo, environment)
    except NoRepositoryError as error:
        complain(str(error))
        return error.exit_code
    return main(environment)


def _check_remote(repo: str, environment: Mapping[str, str]) -> None:
    """Raise NoRepositoryError if tags are to be fetched for a repository that has no remote."""
    on_a_runner = environment.get("GITHUB_SERVER_URL") and environment.get("GITHUB_REPOSITORY")
    if on_a_runner or not os.path.isdir(repo):
        return
    try:
        if not read_step(environment).fetch:
            return
        checkout = read_checkout(os.path.realpath(repo), base_environment(environment))
    except GtoActionError:
        return  # the step says it
    if checkout and not checkout.remote_url:
        raise NoRepositoryError(
            f"the repository in {repo} has no remote to fetch the tags from: "
            "use --no-fetch to read the tags that it has"
        )


def _location_variables(repo: str) -> dict[str, str]:
    """Say where the repository is; a URL is the server's and the repository's, as on a runner."""
    if os.path.exists(repo):
        directory = os.path.realpath(repo)
        return {"GITHUB_WORKSPACE": directory, "INPUT_PATH": directory}
    server, _, name = repo.rstrip("/").rpartition("/")
    variables = {
        "GITHUB_WORKSPACE": repo,  # there is no such folder: there is no checkout
        "GITHUB_SERVER_URL": server,
        "GITHUB_REPOSITORY": name,
    }
    own_server = os.environ.get("GITHUB_SERVER_URL")
    if not (own_server and repo.startswith(f"{own_server.rstrip('/')}/")):
        variables["INPUT_TOKEN"] = ""  # it is for the server that gave it
    return variables
