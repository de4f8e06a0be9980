"""`gto-action run`: the step, by hand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

import click

from gto_action.action.declared_inputs import input_name, parse_inputs
from gto_action.action.inputs import Inputs
from gto_action.action.main import find_action, perform_step
from gto_action.ci.detect import SYSTEMS, CiSystem, detect_system
from gto_action.ci.run import Run
from gto_action.cli.console import flush_output
from gto_action.errors import GtoActionError, InputError, NoRepositoryError
from gto_action.git.checkout import read_checkout
from gto_action.git.remote import RunRepository
from gto_action.git.runner import GitRunner, printable_url
from gto_action.git.source import as_checkout_of, check_complete, is_url
from gto_action.git.worktree import work_tree
from gto_action.util.text import quote_inline


def run(
    repo: str | None, ci: str | None, options: Mapping[str, str | bool | None], *, action: str
) -> int:
    """Perform the step on a path or a URL, by default that of the CI system; return its exit code.

    ``ci`` names the system, which otherwise is detected. An option that is ``None`` is read from
    the CI system's inputs. ``action`` is the directory of the action. Raises UsageError for a
    system that is not known.
    """
    system, terminal = _system(ci), SYSTEMS["terminal"].system
    reporter = system.reporter(os.environ)
    run = system.read_run(os.environ)
    inputs: Mapping[str, str] = {**system.read_inputs(os.environ), **_texts(options)}
    try:
        if system is terminal and not (action or inputs.get("ref")):
            raise InputError("there is no ref to interpret: name a tag, as gto-action run REF")
        if repo is not None or system is terminal:
            run, inputs = _locate(repo if repo is not None else ".", run, inputs)
        return perform_step(find_action(action), run, inputs, reporter)
    except GtoActionError as error:
        reporter.error(str(error))
        return error.exit_code
    finally:
        flush_output()  # a log that cannot be written does not change the exit code


def _system(name: str | None) -> CiSystem:
    if name is not None and name not in SYSTEMS:
        raise click.UsageError(f"{quote_inline(name)} is not one of {', '.join(SYSTEMS)}")
    return detect_system(os.environ, name or "")


def _texts(options: Mapping[str, str | bool | None]) -> dict[str, str]:
    """Return options as inputs: by their names in action.yml, and as text."""
    texts = {input_name(name): str(value) for name, value in options.items() if value is not None}
    if texts.get("ca-file"):
        texts["ca-file"] = os.path.abspath(texts["ca-file"])
    return texts


def _locate(repo: str, run: Run, inputs: Mapping[str, str]) -> tuple[Run, Mapping[str, str]]:
    """Point a run and its inputs to a repository. Raises GtoActionError.

    The token of a run is sent to no other server than the run's own, and only the run's own
    repository has to be at the run's commit.
    """
    if not (run.workspace or os.path.isabs(repo) or is_url(repo)):
        raise NoRepositoryError(
            "the current directory was deleted: change to another one, or name one with --repo"
        )
    if os.path.isdir(repo):
        return _locate_directory(os.path.realpath(repo), run, inputs)
    if is_url(repo):
        check_complete(repo)
        return _locate_url(repo, run, inputs)
    shown = printable_url(repo)
    raise NoRepositoryError(f"there is no directory '{shown}': name one, or a URL, with --repo")


def _locate_directory(
    directory: str, run: Run, inputs: Mapping[str, str]
) -> tuple[Run, Mapping[str, str]]:
    root = work_tree(GitRunner(directory, run.environment)) or directory
    checkout = read_checkout(root, run.environment)
    repository = RunRepository(run.server_url, run.repository)
    has_remotes = checkout is not None and bool(checkout.configuration.remote_urls)
    if repository.url and not (has_remotes and checkout and as_checkout_of(repository, checkout)):
        run = replace(run, server_url="", repository="", sha="")
        inputs = {**inputs, "token": ""}
    inputs = {**inputs, "path": root}
    is_of_run = run.server_url and run.repository
    if (
        checkout
        and not (checkout.remote_url or is_of_run)
        and parse_inputs(Inputs, inputs, root).fetch
    ):
        what = "remote origin" if has_remotes else "remote"
        raise NoRepositoryError(
            f"the repository in {root} has no {what} to fetch the tags from: "
            "use --no-fetch to read the tags that it has"
        )
    return replace(run, workspace=root), inputs


def _locate_url(url: str, run: Run, inputs: Mapping[str, str]) -> tuple[Run, Mapping[str, str]]:
    server_url = run.server_url.rstrip("/")
    is_of_server = server_url and url.startswith(f"{server_url}/")
    repository = RunRepository(run.server_url, run.repository)
    located = replace(
        run,
        workspace="",
        location=url.rstrip("/"),
        sha=run.sha if repository.url and repository.is_at(url) else "",
    )
    token = inputs.get("token", "") if is_of_server else ""
    return located, {**inputs, "path": "", "token": token}
