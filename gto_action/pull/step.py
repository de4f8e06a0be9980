"""The step's pull: what is asked for, and who is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gto_action.ci import github
from gto_action.errors import PullError
from gto_action.git.source import Source
from gto_action.pull.into_checkout import pull_into_checkout
from gto_action.pull.wish import Helpers, Wish
from gto_action.report.outputs import Outputs
from gto_action.util.scratch import scratch_directory


def pull(
    outputs: Outputs,
    source: Source,
    step: github.Step,
    environment: Mapping[str, str],
    log: github.Log,
) -> None:
    """Pull the file of an event into the checkout, and set the outputs that tell of it.

    The event's own outputs are set already, and stay if the pull fails. Raises PullError,
    FetchError, OutputError.
    """
    assert outputs.commit
    if not outputs.path:
        if outputs.event in {"registration", "assignment"}:
            raise PullError(
                f"no annotation at {outputs.tag} says where {outputs.name} is, so it can't be "
                "pulled: give it a path in dvc.yaml or artifacts.yaml"
            )
        log.text(f"no annotation says where {outputs.name} is: nothing is pulled")
        return
    wish = Wish(
        outputs.path,
        outputs.commit,
        f"refs/tags/{outputs.tag}",
        step.checkout if source.checkout else None,
        environment,
        step.dvc_remote,
    )
    with scratch_directory("gto-action-dvc-") as programs:
        helpers = Helpers(programs, log.text)
        files = pull_into_checkout(source, wish, step.checkout, helpers)
    texts = replace(outputs, pulled=True, files=files).texts()
    told = {name: texts[name] for name in ("pulled", "files")}
    if step.print_outputs:
        log.outputs(told)
    github.write_outputs(environment, {**told, "json": texts["json"]})
