"""What a runner starts: an action of the repository, which reports how it ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from gto_action.ci import github
from gto_action.ci.run import Reporter, Run
from gto_action.errors import GtoActionError, UnreadableRepositoryError

Action = Callable[[Run, Mapping[str, str], Reporter], None]
"""Performs a step, given its inputs as they were written. Raises GtoActionError."""


def main(environment: Mapping[str, str] | None = None, *, name: str = "") -> int:
    """Perform the step that a runner's environment describes; return the exit code.

    ``name`` is the directory of the action in the repository.
    """
    environment = os.environ if environment is None else environment
    return perform_step(
        find_action(name),
        github.read_run(environment),
        github.read_inputs(environment),
        github.reporter(environment),
    )


def find_action(name: str) -> Action:
    """Return the action in a directory of the repository, by its name."""
    if name == "apply":
        from gto_action.action.apply_step import apply_events  # noqa: PLC0415 - start-up

        return apply_events
    if name == "deployment":
        from gto_action.action.deployment_step import report_deployment  # noqa: PLC0415 - as above

        return report_deployment
    from gto_action.action.tag_step import interpret_tag  # noqa: PLC0415 - as above

    return interpret_tag


def perform_step(action: Action, run: Run, inputs: Mapping[str, str], reporter: Reporter) -> int:
    """Perform a step of an action, given its inputs as they were written; return the exit code.

    It is 0 or that of an error, which is reported.
    """
    try:
        action(run, inputs, reporter)
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


def _describe(error: OSError) -> str:
    return error.strerror or str(error)
