"""The step that changes the registry: parse the requests, create and push the tags, report."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from gto_action.action.apply_inputs import ApplyInputs
from gto_action.action.declared_inputs import parse_inputs
from gto_action.action.step import Step
from gto_action.action.time_limit import time_limit
from gto_action.ci.run import Reporter, Run
from gto_action.errors import InputError, OutputError
from gto_action.git.checkout import read_checkout
from gto_action.git.fetch import FetchObserver
from gto_action.registry.references import taggable
from gto_action.registry.request_lines import parse_lines
from gto_action.registry.requests import (
    NumberedRequest,
    as_needed,
    at_ref,
    only_artifact,
    with_message,
)
from gto_action.services.remote_target import RemoteTarget
from gto_action.services.session import RegistrySession, Warnings
from gto_action.services.targets import TagOptions, reporting_interruption
from gto_action.services.write import WriteOptions, Written, write
from gto_action.util.process import run_program
from gto_action.util.scratch import scratch_directory
from gto_action.util.text import truncate_inline


def apply_events(run: Run, inputs: Mapping[str, str], reporter: Reporter) -> None:
    """Fulfil the requests of a step, all or none, and report the events. Raises GtoActionError."""
    step = Step(run, parse_inputs(ApplyInputs, inputs, run.workspace), reporter)
    with time_limit(step.inputs.time_limit):
        requests = _read_requests(step)
        with _signing_key(step.inputs) as key:
            written = _write(requests, key, step)
    try:
        _report(written, step)
    except OutputError as error:
        names = ", ".join([*(tag.name for tag in written.plan.created), *written.plan.deleted])
        if not names or step.inputs.dry_run:
            raise
        raise OutputError(f"{error}; the change was made: {truncate_inline(names)}") from error


def _read_requests(step: Step[ApplyInputs]) -> list[NumberedRequest]:
    """Parse the lines of a step, and complete them by its inputs. Raises QueryError, InputError."""
    inputs = step.inputs
    requests = [with_message(request, inputs.message) for request in parse_lines(inputs.events)]
    if inputs.if_needed:
        requests = list(map(as_needed, requests))
    commit = _commit(step)
    return [at_ref(request, commit) for request in requests]


def _commit(step: Step[ApplyInputs]) -> str:
    """Return the commit, or the ref of one, that HEAD is. Raises InputError."""
    inputs, run = step.inputs, step.run
    if inputs.ref not in {"", "HEAD"}:
        return inputs.ref
    if inputs.path:
        checkout = read_checkout(step.checkout, run.environment)
        if checkout is None:
            raise InputError(f"the input path is {inputs.path}, and there is no checkout in it")
        head = checkout.repository.output("rev-parse", "--verify", "HEAD^{commit}")
        return head.decode().strip()
    if run.ref.startswith("refs/pull/") and not inputs.dry_run:
        raise InputError(
            "a run for a pull request has a commit that only tests the merge, and is in no branch: "
            "name the commit to tag by the input ref, or set dry-run: true"
        )
    if not run.sha:
        raise InputError("the CI system names no commit of the run: give the input ref")
    return run.sha


def _write(
    requests: Sequence[NumberedRequest], signing_key: str, step: Step[ApplyInputs]
) -> Written:
    inputs, run = step.inputs, step.run
    artifact = taggable(only_artifact(requests))

    @contextmanager
    def connect() -> Iterator[RegistrySession]:
        with step.open_source(artifact) as source:
            warnings = Warnings(step.reporter.warning, step.reporter.warning)
            yield RegistrySession(source, run.environment, run.overrides, warnings)

    options = TagOptions(
        sign=inputs.sign,
        key=signing_key,
        key_format="ssh" if signing_key else "",
        identity=run.identity,
    )
    target = RemoteTarget(connect, None, options, observer=FetchObserver(step.reporter.text))
    is_of_run = run.ref.startswith("refs/heads/") and not (inputs.ref or inputs.path)
    branch = run.ref if is_of_run else ""
    write_options = WriteOptions(inputs.dry_run, interprets=True, branch=branch, head=run.sha)
    with reporting_interruption(target, step.reporter.notice):
        return write(target, requests, write_options, step.reporter.notice)


@contextmanager
def _signing_key(inputs: ApplyInputs) -> Iterator[str]:
    """Keep the signing key in a file that only this user can read; give its path, empty without.

    Line breaks may have become those of Windows, or the last one may be missing, which ssh-keygen
    does not read. Beside it is its public key, which a key in the PEM format has not in itself.
    Raises InputError.
    """
    if not inputs.signing_key:
        yield ""
        return
    with scratch_directory("gto-action-key-") as directory:
        path = os.path.join(directory, "key")
        lines = inputs.signing_key.replace("\r\n", "\n").strip() + "\n"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(lines)
        with open(f"{path}.pub", "w", encoding="utf-8") as file:
            file.write(_public_key(path))
        yield path


def _public_key(path: str) -> str:
    """Return the public key of a private one. Raises InputError. Source: ssh-keygen(1), -y."""
    try:
        code, output = run_program(
            ["ssh-keygen", "-y", "-P", "", "-f", path],
            directory=os.path.dirname(path),
            environment={"PATH": os.defpath, "LC_ALL": "C"},
            timeout=_PATIENCE,
        )
    except OSError as error:
        raise InputError(f"the input signing-key needs ssh-keygen: {error.strerror}") from error
    if code:
        raise InputError(
            "the input signing-key is not a private key of SSH without a passphrase: check the "
            "secret, and that its line breaks were kept"
        )
    return output


_PATIENCE = 30


def _report(written: Written, step: Step[ApplyInputs]) -> None:
    """Write the log and the summary, and set the outputs. Raises OutputError."""
    # imported once the tags are there: nothing before needs it
    from gto_action.reporting.applied import AppliedEvents  # noqa: PLC0415 - as above
    from gto_action.reporting.apply_summary import apply_summary  # noqa: PLC0415 - as above
    from gto_action.reporting.sentence import sentence  # noqa: PLC0415 - as above

    reporter, is_dry_run = step.reporter, step.inputs.dry_run
    warnings = [warning for each in written.interpretations for warning in each.warnings]
    for warning in dict.fromkeys(warnings):
        reporter.warning(warning)
    for interpretation in written.interpretations:
        assert interpretation.replayed
        tag = interpretation.replayed.event.tag.name
        done = "would create" if is_dry_run else "created"
        reporter.text(f"{done} tag {tag}: {sentence(interpretation.replayed)}")
    for name in written.plan.deleted:
        reporter.text(f"{'would delete' if is_dry_run else 'deleted'} tag {name}")
    if not (written.interpretations or written.plan.deleted):
        reporter.text("nothing to do: the registry is as requested")
    texts = AppliedEvents(() if is_dry_run else written.interpretations).texts()
    reporter.set_outputs(texts)  # first: the tags are there, whatever happens to the summary
    step.print_outputs(texts)
    assert written.registry is not None
    reporter.add_summary(
        apply_summary(
            written.interpretations, written.plan.deleted, written.registry, dry_run=is_dry_run
        )
    )
