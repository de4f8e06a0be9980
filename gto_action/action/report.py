"""Report an interpretation: in the job summary and in the log."""

from __future__ import annotations

from gto_action.action.inputs import Inputs
from gto_action.action.step import Step
from gto_action.ci.run import Reporter
from gto_action.errors import NotAllowedError, PolicyError
from gto_action.interpretation import Interpretation
from gto_action.reporting.markdown import Links
from gto_action.reporting.outputs import Outputs
from gto_action.reporting.rows import Rows, artifact_rows, history_rows, registry_rows
from gto_action.reporting.sentence import sentence
from gto_action.reporting.table import table
from gto_action.reporting.tag_summary import summary

MAX_ROWS = 1000
"""The maximum number of rows of a table in the log."""


def refuse_if_strict(interpretation: Interpretation, step: Step[Inputs]) -> None:
    """Raise NotAllowedError for a near miss or a value that is not allowed, if ``strict`` is on."""
    if step.inputs.strict and interpretation.refusals:
        raise NotAllowedError(interpretation.refusals[0].located)


def refuse(interpretation: Interpretation, step: Step[Inputs]) -> None:
    """Report each violation of the policy as an error. Raises PolicyError."""
    assert interpretation.replayed
    tag = interpretation.replayed.event.tag.name
    *others, last = interpretation.violations
    for violation in others:
        step.reporter.error(f"the policy refuses {tag}: {violation}")
    raise PolicyError(f"the policy refuses {tag}: {last}")


def write_reports(interpretation: Interpretation, outputs: Outputs, step: Step[Inputs]) -> None:
    """Write the summary and the log, as far as the inputs enable them. Raises OutputError."""
    reporter, inputs = step.reporter, step.inputs
    registry, replayed = interpretation.registry, interpretation.replayed
    reason = interpretation.reason
    for warning in interpretation.warnings:
        reporter.warning(warning)
    for notice in interpretation.notices:
        reporter.notice(str(notice))
    if inputs.summary:
        links = Links.of(interpretation.source_url)
        reporter.add_summary(summary(registry, replayed, outputs, reason, links))
    if replayed:
        reporter.text(sentence(replayed))
    elif all(warning.message != reason for warning in interpretation.warnings):
        reporter.text(reason)
    _print_tables(interpretation, step)
    if inputs.print_outputs:
        step.print_outputs(outputs.texts())


def _print_tables(interpretation: Interpretation, step: Step[Inputs]) -> None:
    """Print the registry and its history, as far as the inputs enable them."""
    reporter, inputs = step.reporter, step.inputs
    registry, artifact = interpretation.registry, interpretation.artifact
    if inputs.show:
        if artifact:
            rows = artifact_rows(artifact, MAX_ROWS)
            _print_group(reporter, f"Versions of {artifact.name}", rows)
        _print_group(reporter, "Registry", registry_rows(registry, MAX_ROWS))
    if inputs.history:
        if artifact:
            newest = artifact.history[: -MAX_ROWS - 1 : -1]
            rows = history_rows(newest, len(artifact.history))
            _print_group(reporter, f"History of {artifact.name}", rows)
        rows = history_rows(registry.newest(MAX_ROWS), len(registry))
        _print_group(reporter, "History", rows)


def _print_group(reporter: Reporter, title: str, rows: Rows) -> None:
    with reporter.group(title):
        reporter.text(table(rows))
