"""What follows once the outputs of an event are set: pull its file, publish it, report."""

from __future__ import annotations

from gto_action.action.inputs import Inputs
from gto_action.action.report import write_reports
from gto_action.action.step import Step
from gto_action.action.time_limit import time_limit
from gto_action.errors import GtoActionError, InputError
from gto_action.git.source import Source
from gto_action.interpretation import Interpretation
from gto_action.reporting.outputs import outputs_of


def follow_up(interpretation: Interpretation, source: Source, step: Step[Inputs]) -> None:
    """Pull the file of an event and publish it, set the outputs about that, and report.

    The event's own outputs are set before; they stay, and the reports are written, if something
    fails. Raises PullError, FetchError, ForgeError, InputError, OutputError.
    """
    done = interpretation
    try:
        if step.inputs.pull:
            from gto_action.action.artifact import pull  # noqa: PLC0415 - few runs need it

            done = pull(done, source, step)
        if step.inputs.publishes:
            from gto_action.action.publishing import publishers  # noqa: PLC0415 - as above

            if not source.is_of_run:
                raise InputError(
                    "release, deployment and dispatch are about the run's own repository, and the "
                    "tag is of another one: leave out path"
                )
            with time_limit(step.inputs.time_limit):
                for publish in publishers(step):
                    done = publish(done, step)
    except GtoActionError:
        try:
            _report(interpretation, done, step)
        except GtoActionError as error:  # the first one is the reason of the failure
            step.reporter.error(str(error))
        raise
    _report(interpretation, done, step)


def _report(before: Interpretation, after: Interpretation, step: Step[Inputs]) -> None:
    outputs = outputs_of(after)
    set_already, texts = outputs_of(before).texts(), outputs.texts()
    new = {name: text for name, text in texts.items() if text != set_already[name]}
    if new:
        step.reporter.set_outputs(new)
    write_reports(after, outputs, step)
