"""What the step does with DVC: find out where an artifact is stored, and download it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from gto_action.action.report import write_reports
from gto_action.annotations import Finding
from gto_action.artifacts.dvc.storage_url import StorageUrl, find_storage_url
from gto_action.artifacts.request import DownloadContext, DownloadRequest
from gto_action.artifacts.workspace import pull_into_checkout
from gto_action.ci import github
from gto_action.errors import GtoActionError, PullError
from gto_action.git.runner import GitRunner, base_environment, with_settings
from gto_action.git.source import Source
from gto_action.git.tree import is_foreign
from gto_action.git.worktree import work_tree
from gto_action.interpretation import Interpretation
from gto_action.registry.tag_names import EventKind
from gto_action.reporting.outputs import outputs_of
from gto_action.util.scratch import scratch_directory


def locate(
    interpretation: Interpretation,
    source: Source,
    step: github.Step,
    environment: Mapping[str, str],
) -> Interpretation:
    """Add the URL where the artifact of an event is stored, or a notice of why it is not known.

    Raises FetchError.
    """
    assert interpretation.occurrence
    if interpretation.path:
        found = find_storage_url(source, _request(interpretation, source, step, environment))
    else:
        name = interpretation.occurrence.event.name
        found = StorageUrl(notice=f"no annotation gives a path for {name}")
    notice = f"the output storage-url is empty: {found.notice}"
    notices = (Finding("", None, notice),) if found.notice else ()
    return replace(
        interpretation,
        storage_url=found.url,
        notices=(*interpretation.notices, *notices),
    )


def pull(
    interpretation: Interpretation,
    source: Source,
    step: github.Step,
    environment: Mapping[str, str],
    log: github.Log,
) -> None:
    """Pull the file of an event into the checkout, set the outputs about it, and write the reports.

    The event's own outputs are set already, and stay if the pull fails, as the reports are written
    then. Raises PullError, FetchError, OutputError.
    """
    try:
        pulled = _pull(interpretation, source, step, environment, log)
    except GtoActionError:
        write_reports(interpretation, outputs_of(interpretation), step, environment, log)
        raise
    outputs = outputs_of(pulled)
    if pulled.pulled_files is not None:
        texts = outputs.texts()
        changed = {name: texts[name] for name in ("pulled", "files", "json")}
        github.write_outputs(environment, changed)
    write_reports(pulled, outputs, step, environment, log)


def _pull(
    interpretation: Interpretation,
    source: Source,
    step: github.Step,
    environment: Mapping[str, str],
    log: github.Log,
) -> Interpretation:
    assert interpretation.occurrence
    event = interpretation.occurrence.event
    if not interpretation.path:
        if event.kind in {EventKind.REGISTRATION, EventKind.ASSIGNMENT}:
            raise PullError(
                f"no annotation at {event.tag.name} gives a path for {event.name}, so it can't be "
                "pulled: give it a path in dvc.yaml or artifacts.yaml"
            )
        log.text(f"no annotation gives a path for {event.name}: nothing is pulled")
        return interpretation
    # whoever owns the repository around the workspace, it is only looked for
    for_git = with_settings(base_environment(environment), [("safe.directory", "*")])
    for_git.pop("GIT_CEILING_DIRECTORIES", None)
    request = _request(interpretation, source, step, environment)
    _check_workspace(source, request, GitRunner(step.checkout, for_git))
    with scratch_directory("gto-action-dvc-") as programs:
        context = DownloadContext(programs, log.text)
        files = pull_into_checkout(source, request, step.checkout, context)
    return replace(interpretation, pulled_files=files)


def _check_workspace(source: Source, request: DownloadRequest, workspace: GitRunner) -> None:
    """Make sure that nothing is put into the checkout of another repository. Raises PullError."""
    advice = "name a checkout of this run's repository with the input path"
    if source.passed_over:
        raise PullError(
            f"the workspace holds a checkout of {source.passed_over}, where {request.path} does "
            f"not belong: {advice}"
        )
    checkout = source.checkout
    around = work_tree(workspace) if os.path.isdir(workspace.folder) else None
    if checkout and not around:
        raise PullError("the workspace is a Git directory without a work tree: name a checkout")
    if around and not checkout:
        raise PullError(
            f"the workspace is in the work tree {around} of another repository: {advice}"
        )
    has_remotes = checkout is not None and checkout.configuration.remote_urls
    if checkout and not has_remotes and is_foreign(checkout, request.commit):
        raise PullError(
            f"the workspace holds a checkout that has no remote and lacks the commit of "
            f"{request.ref.removeprefix('refs/tags/')}: {advice}"
        )


def _request(
    interpretation: Interpretation,
    source: Source,
    step: github.Step,
    environment: Mapping[str, str],
) -> DownloadRequest:
    assert interpretation.occurrence
    event = interpretation.occurrence.event
    return DownloadRequest(
        interpretation.path,
        event.commit,
        f"refs/tags/{event.tag.name}",
        step.checkout if source.checkout else None,
        environment,
        step.dvc_remote,
    )
