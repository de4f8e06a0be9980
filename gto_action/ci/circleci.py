"""CircleCI: the outputs become variables of the later steps of a job.

Source: CircleCI's documentation of built-in variables and of BASH_ENV.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gto_action.ci.formats import as_env
from gto_action.ci.job import NO_OUTPUTS, JobReporter, JobSystem, append_to, contains
from gto_action.ci.run import Reporter


class _CircleCi(JobSystem):
    def reporter(self, environment: Mapping[str, str], /) -> Reporter:
        """Return what reports to CircleCI."""
        return CircleCiReporter(self.secrets(environment), environment.get("BASH_ENV", ""))


class CircleCiReporter(JobReporter):
    """Also writes assignments into the script that runs before each later step."""

    def __init__(self, secrets: Iterable[str], script: str) -> None:
        """Append to a script, given its path."""
        self._script = script
        super().__init__(secrets)

    def hand_over(self, texts: Mapping[str, str]) -> None:
        """Write the assignments. Raises OutputError."""
        if self._script and "events" not in texts:
            append_to(self._script, as_env(texts), _FILE)

    def forget(self) -> None:
        """Make the variables of an earlier step empty."""
        if contains(self._script, "export ARTIFACT_EVENT="):
            append_to(self._script, as_env(NO_OUTPUTS), _FILE)


_FILE = "the file that BASH_ENV names"


SYSTEM = _CircleCi(
    tag="CIRCLE_TAG",
    branch="CIRCLE_BRANCH",
    commit="CIRCLE_SHA1",
    url="CIRCLE_REPOSITORY_URL",
    directory="CIRCLE_WORKING_DIRECTORY",
    page="CIRCLE_BUILD_URL",
)
