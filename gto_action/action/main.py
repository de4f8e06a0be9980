"""The step: which tag, what it did, and the report of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack

from gto_action.action.time_limit import time_limit
from gto_action.ci import github
from gto_action.errors import (
    GtoActionError,
    NotAllowedError,
    UnreadableRepositoryError,
)
from gto_action.git.fetch import FetchObserver
from gto_action.git.remote import RunRepository
from gto_action.git.source import Source, open_source
from gto_action.registry.references import ParsedRef, near_miss_sentence, read_ref


def main(environment: Mapping[str, str] | None = None) -> int:
    """Do the step that an environment asks for; return the exit code, 0 or that of an error."""
    environment = os.environ if environment is None else environment
    log = github.Log()
    try:
        run(github.read_step(environment), environment, log)
    except GtoActionError as error:
        log.error(str(error))
        return error.exit_code
    except OSError as error:
        log.error(f"the machine does not do what a step needs: {error.strerror or error}")
        return UnreadableRepositoryError.exit_code
    except Exception as error:  # noqa: BLE001 - a traceback is no message for a user
        import traceback  # noqa: PLC0415 - start-up: it is for bugs

        log.error(f"a bug in gto-action, please report it: {type(error).__name__}: {error}")
        log.text(traceback.format_exc())
        return GtoActionError.exit_code
    return 0


def run(step: github.Step, environment: Mapping[str, str], log: github.Log) -> None:
    """Interpret the step's ref, report what it did, and pull its file. Raises GtoActionError."""
    asked = read_ref(step.ref)
    if asked.parts is None and not step.shows_registry:
        _report_other_ref(asked, step, environment, log)
        return
    with ExitStack() as opened:
        with time_limit(step.time_limit):
            source = opened.enter_context(_open(asked, step, environment, log))
            # while the fetch runs, the other half of the program is imported
            from gto_action.action.report import check_strictly, write_reports  # noqa: PLC0415
            from gto_action.reporting.outputs import outputs_of  # noqa: PLC0415
            from gto_action.services.interpret import interpret  # noqa: PLC0415

            interpretation = interpret(
                asked,
                source,
                environment,
                lightweight=step.lightweight,
                from_checkout=not step.fetch,
                expected=step.sha if step.triggered and source.is_of_run else "",
                source_url=_run_repository(step).url if source.is_of_run else "",
            )
            check_strictly(interpretation, step)
            has_event = interpretation.occurrence is not None
            if step.storage_url and has_event:
                from gto_action.action.artifact import locate  # noqa: PLC0415 - what few runs need

                interpretation = locate(interpretation, source, step, environment)
            outputs = outputs_of(interpretation)
            if not (step.pull and has_event):
                write_reports(interpretation, outputs, step, environment, log)
                # last: an error before leaves none
                github.write_outputs(environment, outputs.texts())
                return
            github.write_outputs(environment, outputs.texts())
        from gto_action.action.artifact import pull  # noqa: PLC0415 - as above

        pull(interpretation, source, step, environment, log)


def _open(
    asked: ParsedRef, step: github.Step, environment: Mapping[str, str], log: github.Log
) -> AbstractContextManager[Source]:
    authority = {"GIT_SSL_CAINFO": step.ca_file} if step.ca_file else {}
    return open_source(
        step.checkout,
        {**environment, **authority},
        fetch=step.fetch,
        artifact=None if asked.parts is None or step.shows_registry else asked.parts.name,
        run=_run_repository(step),
        is_chosen=step.checkout_is_chosen,
        observer=FetchObserver(log.text),
        notice=log.notice,
    )


def _report_other_ref(
    asked: ParsedRef, step: github.Step, environment: Mapping[str, str], log: github.Log
) -> None:
    """Set empty outputs for a ref that is not an event; nothing is read for them."""
    from gto_action.reporting.outputs import Outputs  # noqa: PLC0415 - start-up, as above

    miss = near_miss_sentence(asked)
    if miss:
        if step.strict:
            raise NotAllowedError(miss)
        log.warning(miss)
    log.text(asked.reason)
    texts = Outputs().texts()
    if step.print_outputs:
        log.outputs(texts)
    github.write_outputs(environment, texts)


def _run_repository(step: github.Step) -> RunRepository:
    return RunRepository(step.server_url, step.repository, step.token)
