"""CircleCI: the outputs become variables of the later steps of a job.

Source: CircleCI's documentation of built-in variables and of BASH_ENV.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gto_action.ci.formats import as_env
from gto_action.ci.job import JobReporter, JobSystem, append_to
from gto_action.ci.run import Reporter


class _CircleCi(JobSystem):
    def reporter(self, environment: Mapping[str, str], /) -> Reporter:
        """Return what reports to CircleCI."""
        return CircleCiReporter(self.secrets(environment), environment.get("BASH_ENV", ""))


class CircleCiReporter(JobReporter):
    """Also writes assignments into the script that runs before each later step."""

    def __init__(self, secrets: Iterable[str], script: str) -> None:
        """Append to a script, given its path."""
        super().__init__(secrets)
        self._script = script

    def set_outputs(self, texts: Mapping[str, str]) -> None:
        """Write the files, and the assignments. Raises OutputError."""
        super().set_outputs(texts)
        if self._script:
            append_to(self._script, as_env(texts), "the file that BASH_ENV names")


SYSTEM = _CircleCi(
    tag="CIRCLE_TAG",
    branch="CIRCLE_BRANCH",
    commit="CIRCLE_SHA1",
    url="CIRCLE_REPOSITORY_URL",
    directory="CIRCLE_WORKING_DIRECTORY",
    page="CIRCLE_BUILD_URL",
)
