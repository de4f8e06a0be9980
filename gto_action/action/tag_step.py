"""The step that interprets a tag: read the run, interpret its ref, report, pull the artifact."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

from gto_action.action.declared_inputs import parse_inputs
from gto_action.action.inputs import Inputs
from gto_action.action.step import Step
from gto_action.action.time_limit import time_limit
from gto_action.ci.run import Reporter, Run
from gto_action.errors import InputError, NotAllowedError
from gto_action.registry.references import ParsedRef, near_miss_sentence, read_ref


def interpret_tag(run: Run, inputs: Mapping[str, str], reporter: Reporter) -> None:
    """Interpret the ref of a step, report what it did, and pull its file. Raises GtoActionError."""
    step = Step(run, parse_inputs(Inputs, inputs, run.workspace), reporter)
    if step.inputs.publishes and not (run.api_url and run.repository):
        raise InputError(
            "release, deployment and dispatch are for a run of GitHub Actions: GITHUB_API_URL and "
            "GITHUB_REPOSITORY are not set"
        )
    ref = ref_of(step)
    reference = read_ref(ref)
    if reference.parts is None and not step.inputs.shows_registry:
        _report_other_ref(reference, step)
        return
    parts = reference.parts
    artifact = None if step.inputs.shows_registry or not parts else parts.name
    with ExitStack() as opened:
        with time_limit(step.inputs.time_limit):
            has_policy = parts is not None and step.inputs.policy != "off"
            source = opened.enter_context(
                step.open_source(
                    artifact,
                    fetch=step.inputs.fetch,
                    beside=(step.inputs.policy_ref or "HEAD") if has_policy else "",
                )
            )
            # the other half of the program is imported while the fetch runs
            from gto_action.action.report import (  # noqa: PLC0415
                refuse,
                refuse_if_strict,
                write_reports,
            )
            from gto_action.reporting.outputs import outputs_of  # noqa: PLC0415
            from gto_action.services.interpret import interpret  # noqa: PLC0415

            interpretation = interpret(
                reference,
                source,
                step.run.overrides,
                lightweight=step.inputs.lightweight,
                from_checkout=not step.inputs.fetch,
                expected=expected_object(ref, run) if source.is_of_run else "",
                source_url=step.repository.web_url if source.is_of_run else "",
            )
            refuse_if_strict(interpretation, step)
            is_event = interpretation.replayed is not None
            if is_event and has_policy:
                from gto_action.action.policy_check import apply_policy  # noqa: PLC0415

                interpretation = apply_policy(interpretation, source, step)
            if is_event and step.inputs.storage_url:
                from gto_action.action.artifact import locate  # noqa: PLC0415 - few runs need it

                interpretation = locate(interpretation, source, step)
            outputs = outputs_of(interpretation)
            is_refused = bool(interpretation.violations) and step.inputs.policy == "enforce"
            if is_refused or not (is_event and (step.inputs.pull or step.inputs.publishes)):
                write_reports(interpretation, outputs, step)
                # last, so that a step that fails sets no output, but for a refusal
                step.reporter.set_outputs(outputs.texts())
                if is_refused:
                    refuse(interpretation, step)
                return
            step.reporter.set_outputs(outputs.texts())
        from gto_action.action.follow_up import follow_up  # noqa: PLC0415 - few runs need it

        follow_up(interpretation, source, step)


def ref_of(step: Step[Inputs]) -> str:
    """Return the ref to interpret, as it was written. Raises InputError if there is none."""
    ref = step.inputs.ref or step.run.ref
    if not ref:
        raise InputError(
            "there is no ref to interpret: neither the input ref nor a variable of the CI system, "
            "as GITHUB_REF or CI_COMMIT_TAG, names one; write ref: refs/tags/NAME"
        )
    return ref


def expected_object(ref: str, run: Run) -> str:
    """Return the SHA that the ref pointed to when it triggered the run; empty for any other ref."""
    return run.sha if run.ref in {ref, f"refs/tags/{ref}"} else ""


def _report_other_ref(reference: ParsedRef, step: Step[Inputs]) -> None:
    """Set empty outputs for a ref that is not an event, without reading any tag.

    Raises NotAllowedError, OutputError.
    """
    from gto_action.reporting.outputs import Outputs  # noqa: PLC0415 - start-up, as above

    near_miss = near_miss_sentence(reference)
    if near_miss:
        from gto_action.diagnostics import Diagnostic  # noqa: PLC0415 - few refs need it

        if step.inputs.strict:
            raise NotAllowedError(near_miss)
        step.reporter.warning(Diagnostic(near_miss))
    step.reporter.text(reference.reason)
    texts = Outputs().texts()
    if step.inputs.print_outputs:
        step.print_outputs(texts)
    step.reporter.set_outputs(texts)
