"""A step of a run: what it reads, and what it reports to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from gto_action.action.inputs import Inputs
from gto_action.ci.run import Reporter, Run
from gto_action.errors import InputError
from gto_action.git.remote import RunRepository


class Step(NamedTuple):  # start-up: a dataclass takes seven times as long to create
    """A step: its run, its inputs, and its reporter."""

    run: Run
    inputs: Inputs
    reporter: Reporter

    @property
    def ref(self) -> str:
        """The ref to interpret, as it was written. Raises InputError if there is none."""
        ref = self.inputs.ref or self.run.ref
        if not ref:
            raise InputError(
                "there is no ref to interpret: neither the input ref nor GITHUB_REF is set; "
                "write ref: refs/tags/NAME"
            )
        return ref

    @property
    def expected_object(self) -> str:
        """The SHA that the ref pointed to when it triggered the run; empty for any other ref."""
        is_trigger = self.run.ref in {self.ref, f"refs/tags/{self.ref}"}
        return self.run.sha if is_trigger else ""

    @property
    def checkout(self) -> str:
        """The directory to read and to pull into; empty if there is no workspace."""
        if not self.run.workspace:
            return ""
        return os.path.normpath(os.path.join(self.run.workspace, self.inputs.path))

    @property
    def repository(self) -> RunRepository:
        """The repository that the run is for, and the token to read it."""
        run = self.run
        return RunRepository(run.server_url, run.repository, self.inputs.token, run.location)

    def print_outputs(self, texts: Mapping[str, str]) -> None:
        """Print step outputs to the log, if the inputs enable it."""
        if self.inputs.print_outputs:
            with self.reporter.group("Outputs"):
                self.reporter.text("\n".join(f"{name}={text}" for name, text in texts.items()))
