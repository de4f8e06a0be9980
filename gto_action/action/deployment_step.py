"""The step that reports to GitHub how a deployment ended."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gto_action.action.declared_inputs import ServerInputs, declare_input, parse_inputs
from gto_action.ci.run import Reporter, Run
from gto_action.errors import InputError
from gto_action.forges.forge import DeploymentState
from gto_action.util.text import quote_inline


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentInputs(ServerInputs):
    """The inputs of the step that reports how a deployment ended."""

    deployment_id: str = declare_input(
        "The number of the deployment: the output `deployment-id` of the step that created it.",
        default="",
        shown="none, and nothing is reported",
    )
    state: str = declare_input(
        "How it ended: `success`, `failure` or `cancelled`, as `job.status` has it; or a state of "
        "GitHub's: `in_progress`, `error` or `inactive`.",
        default="",
        shown="nothing, which is an error",
    )


DEPLOYMENT_OUTPUTS = {"deployment-url": "The page of the deployment's environment."}


def report_deployment(run: Run, inputs: Mapping[str, str], reporter: Reporter) -> None:
    """Report the state of a deployment to GitHub. Raises GtoActionError."""
    parsed = parse_inputs(DeploymentInputs, inputs, run.workspace)
    state = _STATES.get(parsed.state)
    if state is None:
        raise InputError(
            f"the input state is {quote_inline(parsed.state)}: write one of "
            f"{', '.join(_STATES)}, or ${{{{ job.status }}}}"
        )
    if not parsed.deployment_id:
        reporter.text("there is no deployment-id, so no deployment was created: nothing to report")
        reporter.set_outputs(dict.fromkeys(DEPLOYMENT_OUTPUTS, ""))
        return
    if not re.fullmatch("[0-9]{1,18}", parsed.deployment_id):
        raise InputError(
            f"the input deployment-id is {quote_inline(parsed.deployment_id)}: it is a number"
        )
    from gto_action.action.connection import connect  # noqa: PLC0415 - it takes half a second
    from gto_action.reporting.markdown import link  # noqa: PLC0415 - as above

    forge = connect(run, parsed, parsed.token, reporter, "reported")
    record = forge.report(parsed.deployment_id, state, run.page_url)
    reporter.set_outputs({"deployment-url": record.url})
    reporter.text(f"deployment {record.identifier} is now: {state}")
    reporter.add_summary(f"Deployment {link(record.identifier, record.url)}: **{state}**\n")


_STATES = {
    **{str(state): state for state in DeploymentState},
    "cancelled": DeploymentState.ERROR,
}
