"""The step: read the run, interpret its ref, report, and pull the artifact."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack

from gto_action.action.inputs import parse_inputs
from gto_action.action.step import Step
from gto_action.action.time_limit import time_limit
from gto_action.ci import github
from gto_action.ci.run import Reporter, Run
from gto_action.errors import GtoActionError, NotAllowedError, UnreadableRepositoryError
from gto_action.git.fetch import FetchObserver
from gto_action.git.source import Source, open_source
from gto_action.registry.references import ParsedRef, near_miss_sentence, read_ref


def main(environment: Mapping[str, str] | None = None) -> int:
    """Perform the step that a runner's environment describes; return the exit code."""
    environment = os.environ if environment is None else environment
    return perform_step(
        github.read_run(environment),
        github.read_inputs(environment),
        github.reporter(environment),
    )


def perform_step(run: Run, inputs: Mapping[str, str], reporter: Reporter) -> int:
    """Perform a step, given its inputs as they were written; return the exit code.

    It is 0 or that of an error, which is reported.
    """
    try:
        _perform(Step(run, parse_inputs(inputs, run.workspace), reporter))
    except GtoActionError as error:
        reporter.error(str(error))
        return error.exit_code
    except OSError as error:
        reporter.error(f"the operating system refuses what a step needs: {_describe(error)}")
        return UnreadableRepositoryError.exit_code
    except Exception as error:  # noqa: BLE001 - a traceback is not a message for a user
        import traceback  # noqa: PLC0415 - start-up: it is for bugs

        reporter.error(f"a bug in gto-action, please report it: {type(error).__name__}: {error}")
        reporter.text(traceback.format_exc())
        return GtoActionError.exit_code
    return 0


def _perform(step: Step) -> None:
    """Interpret the step's ref, report what it did, and pull its file. Raises GtoActionError."""
    reference = read_ref(step.ref)
    if reference.parts is None and not step.inputs.shows_registry:
        _report_other_ref(reference, step)
        return
    with ExitStack() as opened:
        with time_limit(step.inputs.time_limit):
            source = opened.enter_context(_open(reference, step))
            # the other half of the program is imported while the fetch runs
            from gto_action.action.report import refuse_if_strict, write_reports  # noqa: PLC0415
            from gto_action.reporting.outputs import outputs_of  # noqa: PLC0415
            from gto_action.services.interpret import interpret  # noqa: PLC0415

            interpretation = interpret(
                reference,
                source,
                step.run.overrides,
                lightweight=step.inputs.lightweight,
                from_checkout=not step.inputs.fetch,
                expected=step.expected_object if source.is_of_run else "",
                source_url=step.repository.web_url if source.is_of_run else "",
            )
            refuse_if_strict(interpretation, step)
            is_event = interpretation.replayed is not None
            if is_event and step.inputs.storage_url:
                from gto_action.action.artifact import locate  # noqa: PLC0415 - few runs need it

                interpretation = locate(interpretation, source, step)
            outputs = outputs_of(interpretation)
            if not (is_event and step.inputs.pull):
                write_reports(interpretation, outputs, step)
                # last, so that a step that fails sets no output
                step.reporter.set_outputs(outputs.texts())
                return
            step.reporter.set_outputs(outputs.texts())
        from gto_action.action.artifact import pull  # noqa: PLC0415 - few runs need it

        pull(interpretation, source, step)


def _open(reference: ParsedRef, step: Step) -> AbstractContextManager[Source]:
    """Open the checkout, or start to fetch the tags that the reports need."""
    parts = reference.parts
    authority = {"GIT_SSL_CAINFO": step.inputs.ca_file} if step.inputs.ca_file else {}
    return open_source(
        step.checkout,
        {**step.run.environment, **authority},
        fetch=step.inputs.fetch,
        artifact=None if step.inputs.shows_registry or not parts else parts.name,
        run=step.repository,
        is_chosen=bool(step.inputs.path),
        observer=FetchObserver(step.reporter.text),
        notice=step.reporter.notice,
    )


def _report_other_ref(reference: ParsedRef, step: Step) -> None:
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
    step.print_outputs(texts)
    step.reporter.set_outputs(texts)


def _describe(error: OSError) -> str:
    return error.strerror or str(error)
