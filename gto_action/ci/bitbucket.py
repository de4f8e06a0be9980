"""Bitbucket Pipelines: the outputs become output variables of the step.

Sources: Bitbucket's documentation of variables, of output-variables and of pushing to a repository.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gto_action.ci.formats import as_dotenv
from gto_action.ci.job import NO_OUTPUTS, JobReporter, JobSystem, append_to, contains
from gto_action.ci.run import Reporter, Run
from gto_action.util.environment import with_settings

PROXY = "http://localhost:29418/"
"""Adds the credentials to requests to the URL of the repository, and to no other."""


class _Bitbucket(JobSystem):
    def read_run(self, environment: Mapping[str, str], /) -> Run:
        """Return the run of a step, whose git reaches the repository through PROXY."""
        run = super().read_run(environment)
        if not run.location:
            return run
        settings = [(f"http.{run.location}.proxy", PROXY)]
        return replace(run, environment=with_settings(run.environment, settings))

    def reporter(self, environment: Mapping[str, str], /) -> Reporter:
        """Return what reports to Bitbucket."""
        path = environment.get("BITBUCKET_PIPELINES_VARIABLES_PATH", "")
        return BitbucketReporter(self.secrets(environment), path)


class BitbucketReporter(JobReporter):
    """Also sets output variables, of which a step passes on those that it declares."""

    def __init__(self, secrets: Iterable[str], path: str) -> None:
        """Append to the file of output variables."""
        self._path = path
        super().__init__(secrets)

    def hand_over(self, texts: Mapping[str, str]) -> None:
        """Write the output variables. Raises OutputError."""
        if self._path and "events" not in texts:
            append_to(self._path, as_dotenv(texts), _FILE)

    def forget(self) -> None:
        """Make the output variables of an earlier call empty: the last value counts."""
        if contains(self._path, "ARTIFACT_EVENT="):
            append_to(self._path, as_dotenv(NO_OUTPUTS), _FILE)


_FILE = "the file that BITBUCKET_PIPELINES_VARIABLES_PATH names"


SYSTEM = _Bitbucket(
    tag="BITBUCKET_TAG",
    branch="BITBUCKET_BRANCH",
    commit="BITBUCKET_COMMIT",
    url="BITBUCKET_GIT_HTTP_ORIGIN",
    directory="BITBUCKET_CLONE_DIR",
)
