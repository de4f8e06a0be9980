"""Bitbucket Pipelines: the outputs become output variables of the step.

Sources: Bitbucket's documentation of variables, of output-variables and of pushing to a repository.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gto_action.ci.formats import as_dotenv
from gto_action.ci.job import JobReporter, JobSystem, append_to
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
        return BitbucketReporter(environment.get("BITBUCKET_PIPELINES_VARIABLES_PATH", ""))


class BitbucketReporter(JobReporter):
    """Also sets output variables, of which a step passes on those that it declares."""

    def __init__(self, path: str) -> None:
        """Append to the file of output variables."""
        super().__init__()
        self._path = path

    def set_outputs(self, texts: Mapping[str, str]) -> None:
        """Write the files, and the output variables. Raises OutputError."""
        super().set_outputs(texts)
        if self._path:
            append_to(
                self._path, as_dotenv(texts), "the file of BITBUCKET_PIPELINES_VARIABLES_PATH"
            )


SYSTEM = _Bitbucket(
    tag="BITBUCKET_TAG",
    branch="BITBUCKET_BRANCH",
    commit="BITBUCKET_COMMIT",
    url="BITBUCKET_GIT_HTTP_ORIGIN",
    directory="BITBUCKET_CLONE_DIR",
)
