"""Who is told what a step found out: the outputs, the summary and the log."""

from __future__ import annotations

from collections.abc import Mapping

from gto_action.ci import github
from gto_action.interpret import Answer
from gto_action.report.markdown import summary
from gto_action.report.rows import Rows, artifact_rows, history_rows, registry_rows
from gto_action.report.sentence import sentence
from gto_action.report.table import table

MOST_ROWS = 1000
"""The most rows of a table in the log."""


def tell(
    answer: Answer, step: github.Step, environment: Mapping[str, str], log: github.Log
) -> None:
    """Write the summary and the log as far as they are asked for, and set the outputs.

    Raises OutputError.
    """
    for warning in answer.warnings:
        log.warning(str(warning), warning.file or None, warning.line)
    texts = answer.outputs.texts()
    if step.summary:
        told = summary(answer.registry, answer.occurrence, answer.outputs, answer.reason)
        github.write_summary(environment, told)
    log.text(sentence(answer.occurrence) if answer.occurrence else answer.reason)
    name = answer.occurrence.event.name if answer.occurrence else ""
    artifact = answer.registry.artifacts.get(name)
    if step.show:
        if artifact:
            _group(log, f"Versions of {artifact.name}", artifact_rows(artifact, MOST_ROWS))
        _group(log, "Registry", registry_rows(answer.registry, MOST_ROWS))
    if step.history:
        if artifact:
            newest = artifact.history[: -MOST_ROWS - 1 : -1]
            journal = history_rows(newest, len(artifact.history))
            _group(log, f"History of {artifact.name}", journal)
        registry = answer.registry
        _group(log, "History", history_rows(registry.newest(MOST_ROWS), len(registry)))
    if step.print_outputs:
        log.outputs(texts)
    github.write_outputs(environment, texts)  # last: what ends the step before leaves none


def _group(log: github.Log, title: str, rows: Rows) -> None:
    with log.group(title):
        log.text(table(rows))
