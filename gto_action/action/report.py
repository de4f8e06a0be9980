"""The report of what a step found out: the outputs, the summary and the log."""

from __future__ import annotations

from collections.abc import Mapping

from gto_action.ci import github
from gto_action.errors import NotAllowedError
from gto_action.interpretation import Interpretation
from gto_action.reporting.markdown import Links, summary
from gto_action.reporting.outputs import Outputs
from gto_action.reporting.rows import Rows, artifact_rows, history_rows, registry_rows
from gto_action.reporting.sentence import sentence
from gto_action.reporting.table import table

MOST_ROWS = 1000
"""The most rows of a table in the log."""


def check_strictly(interpretation: Interpretation, step: github.Step) -> None:
    """Raise NotAllowedError for a near miss or a value that is not allowed, if ``strict`` is on."""
    if step.strict and interpretation.refusals:
        raise NotAllowedError(str(interpretation.refusals[0]))


def write_reports(
    interpretation: Interpretation,
    outputs: Outputs,
    step: github.Step,
    environment: Mapping[str, str],
    log: github.Log,
) -> None:
    """Write the summary and the log, as far as the inputs ask for them. Raises OutputError."""
    registry, occurrence = interpretation.registry, interpretation.occurrence
    artifact, reason = interpretation.artifact, interpretation.reason
    for warning in interpretation.warnings:
        log.warning(str(warning), warning.file or None, warning.line)
    for notice in interpretation.notices:
        log.notice(str(notice))
    if step.summary:
        links = Links.of(interpretation.source_url)
        github.write_summary(environment, summary(registry, occurrence, outputs, reason, links))
    log.text(sentence(occurrence) if occurrence else reason)
    if step.show:
        if artifact:
            _group(log, f"Versions of {artifact.name}", artifact_rows(artifact, MOST_ROWS))
        _group(log, "Registry", registry_rows(registry, MOST_ROWS))
    if step.history:
        if artifact:
            newest = artifact.history[: -MOST_ROWS - 1 : -1]
            events = history_rows(newest, len(artifact.history))
            _group(log, f"History of {artifact.name}", events)
        _group(log, "History", history_rows(registry.newest(MOST_ROWS), len(registry)))
    if step.print_outputs:
        log.outputs(outputs.texts())


def _group(log: github.Log, title: str, rows: Rows) -> None:
    with log.group(title):
        log.text(table(rows))
