"""A step of a run: what it reads, and what it reports to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Generic, NamedTuple, TypeVar

from gto_action.action.declared_inputs import RepositoryInputs
from gto_action.ci.run import Reporter, Run
from gto_action.git.fetch import FetchObserver
from gto_action.git.remote import RunRepository
from gto_action.git.source import Source, open_source

StepInputs = TypeVar("StepInputs", bound=RepositoryInputs)


class Step(NamedTuple, Generic[StepInputs]):  # start-up: a dataclass takes seven times as long
    """A step: its run, the inputs of its action, and its reporter."""

    run: Run
    inputs: StepInputs
    reporter: Reporter

    @property
    def checkout(self) -> str:
        """The directory to read and to pull into; empty if there is no workspace."""
        if not self.run.workspace:
            return ""
        return os.path.normpath(os.path.join(self.run.workspace, self.inputs.path))

    @property
    def repository(self) -> RunRepository:
        """The repository that the run is for, and the token for it."""
        run = self.run
        return RunRepository(
            run.server_url,
            run.repository,
            self.inputs.token,
            run.location,
            self.inputs.PREFERS_TOKEN,
            run.token_user,
        )

    def print_outputs(self, texts: Mapping[str, str]) -> None:
        """Print step outputs to the log."""
        with self.reporter.group("Outputs"):
            self.reporter.text("\n".join(f"{name}={text}" for name, text in texts.items()))

    def open_source(
        self, artifact: str | None, *, fetch: bool = True, beside: str = ""
    ) -> AbstractContextManager[Source]:
        """Open the checkout, or start to fetch the tags: of one artifact, if one is named.

        The commit of the ref ``beside`` is fetched at the same time.
        """
        authority = {"GIT_SSL_CAINFO": self.inputs.ca_file} if self.inputs.ca_file else {}
        return open_source(
            self.checkout,
            {**self.run.environment, **authority},
            fetch=fetch,
            artifact=artifact,
            run=self.repository,
            is_chosen=bool(self.inputs.path),
            observer=FetchObserver(self.reporter.text),
            notice=self.reporter.notice,
            beside=beside,
        )
