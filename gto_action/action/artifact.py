"""Locate the bytes of an artifact, and pull them into the checkout."""

from __future__ import annotations

import os
from dataclasses import replace

from gto_action.action.inputs import Inputs
from gto_action.action.step import Step
from gto_action.artifacts.dvc.storage_url import StorageUrl, find_storage_url
from gto_action.artifacts.request import DownloadContext, DownloadRequest
from gto_action.artifacts.workspace import pull_into_checkout
from gto_action.diagnostics import Diagnostic
from gto_action.errors import PullError
from gto_action.git.runner import GitRunner
from gto_action.git.source import Source
from gto_action.git.tree import is_foreign
from gto_action.git.worktree import work_tree
from gto_action.interpretation import Interpretation
from gto_action.registry.events import Event
from gto_action.registry.tag_names import EventKind
from gto_action.util.environment import with_settings
from gto_action.util.scratch import scratch_directory


def locate(interpretation: Interpretation, source: Source, step: Step[Inputs]) -> Interpretation:
    """Add the URL where the artifact of an event is stored, or a notice why it is not known.

    Raises FetchError.
    """
    if interpretation.path:
        found = find_storage_url(source, _request(interpretation, source, step))
    else:
        name = _event(interpretation).name
        found = StorageUrl(notice=f"no annotation gives a path for {name}")
    notice = f"the output storage-url is empty: {found.notice}"
    notices = (Diagnostic(notice),) if found.notice else ()
    return replace(
        interpretation,
        storage_url=found.url,
        notices=(*interpretation.notices, *notices),
    )


def pull(interpretation: Interpretation, source: Source, step: Step[Inputs]) -> Interpretation:
    """Pull the file of an event into the checkout, and add the paths of its files.

    Raises PullError, FetchError.
    """
    event = _event(interpretation)
    if not interpretation.path:
        if event.kind in {EventKind.REGISTRATION, EventKind.ASSIGNMENT}:
            raise PullError(
                f"no annotation at {event.tag.name} gives a path for {event.name}, so it can't be "
                "pulled: give it a path in dvc.yaml or artifacts.yaml"
            )
        step.reporter.text(f"no annotation gives a path for {event.name}: nothing is pulled")
        return interpretation
    request = _request(interpretation, source, step)
    _check_workspace(source, request, step)
    with scratch_directory("gto-action-dvc-") as programs:
        context = DownloadContext(programs, step.reporter.text)
        files = pull_into_checkout(source, request, step.checkout, context)
    return replace(interpretation, pulled_files=files)


def _check_workspace(source: Source, request: DownloadRequest, step: Step[Inputs]) -> None:
    """Make sure that the workspace is a checkout, and not of another repository.

    Raises PullError.
    """
    if not step.checkout:
        raise PullError(
            "there is no checkout to pull into: clone the repository, or use gto-action get"
        )
    advice = "name a checkout of this run's repository with the input path"
    if source.passed_over:
        raise PullError(
            f"the workspace holds a checkout of {source.passed_over}, where {request.path} does "
            f"not belong: {advice}"
        )
    checkout = source.checkout
    root = _find_work_tree(step)
    if checkout and not root:
        raise PullError("the workspace is a Git directory without a work tree: name a checkout")
    if root and not checkout:
        raise PullError(f"the workspace is in the work tree {root} of another repository: {advice}")
    has_remotes = checkout is not None and checkout.configuration.remote_urls
    if checkout and not has_remotes and is_foreign(checkout, request.commit):
        raise PullError(
            f"the workspace holds a checkout that has no remote and lacks the commit of "
            f"{request.ref.removeprefix('refs/tags/')}: {advice}"
        )


def _find_work_tree(step: Step[Inputs]) -> str | None:
    """Return the root of the work tree that the workspace is in, whoever owns it."""
    if not os.path.isdir(step.checkout):
        return None
    environment = with_settings(step.run.environment, [("safe.directory", "*")])
    environment.pop("GIT_CEILING_DIRECTORIES", None)
    return work_tree(GitRunner(step.checkout, environment))


def _request(interpretation: Interpretation, source: Source, step: Step[Inputs]) -> DownloadRequest:
    event = _event(interpretation)
    return DownloadRequest(
        interpretation.path,
        event.commit,
        f"refs/tags/{event.tag.name}",
        step.checkout if source.checkout else None,
        step.run.environment,
        step.inputs.dvc_remote,
    )


def _event(interpretation: Interpretation) -> Event:
    assert interpretation.replayed
    return interpretation.replayed.event
