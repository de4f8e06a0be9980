"""`gto-action run`: the step, by hand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from gto_action.action.inputs import parse_inputs
from gto_action.action.main import perform_step
from gto_action.ci.detect import detect_system
from gto_action.ci.run import Run
from gto_action.cli.console import print_error
from gto_action.errors import GtoActionError, NoRepositoryError
from gto_action.git.checkout import read_checkout


def run(repo: str, options: Mapping[str, str | bool | None]) -> int:
    """Perform the step on a path or a URL; return its exit code.

    An option that is ``None`` is read from the CI system's inputs.
    """
    environment = os.environ
    system = detect_system(environment)
    inputs = {**system.read_inputs(environment), **_texts(options)}
    run, inputs = _locate(repo, system.read_run(environment), inputs)
    try:
        _check_remote(repo, run, inputs)
    except NoRepositoryError as error:
        print_error(str(error))
        return error.exit_code
    return perform_step(run, inputs, system.reporter(environment))


def _texts(options: Mapping[str, str | bool | None]) -> dict[str, str]:
    """Return options as inputs: by their names in action.yml, and as text."""
    texts = {
        name.replace("_", "-"): str(value) for name, value in options.items() if value is not None
    }
    if "ca-file" in texts:
        texts["ca-file"] = os.path.abspath(texts["ca-file"])
    return texts


def _locate(repo: str, run: Run, inputs: Mapping[str, str]) -> tuple[Run, dict[str, str]]:
    """Point a run and its inputs to a repository.

    The token of a run is sent to no other server than the run's own.
    """
    if os.path.exists(repo):
        directory = os.path.realpath(repo)
        return replace(run, workspace=directory), {**inputs, "path": directory}
    server_url, _, repository = repo.rstrip("/").rpartition("/")
    is_of_run = run.server_url and repo.startswith(f"{run.server_url.rstrip('/')}/")
    token = inputs.get("token", "") if is_of_run else ""
    located = replace(run, workspace="", server_url=server_url, repository=repository)
    return located, {**inputs, "path": "", "token": token}


def _check_remote(repo: str, run: Run, inputs: Mapping[str, str]) -> None:
    """Raise NoRepositoryError if tags are to be fetched for a repository that has no remote."""
    if (run.server_url and run.repository) or not os.path.isdir(repo):
        return
    try:
        if not parse_inputs(inputs, run.workspace).fetch:
            return
        checkout = read_checkout(run.workspace, run.environment)
    except GtoActionError:
        return  # the step reports it
    if checkout and not checkout.remote_url:
        raise NoRepositoryError(
            f"the repository in {repo} has no remote to fetch the tags from: "
            "use --no-fetch to read the tags that it has"
        )
