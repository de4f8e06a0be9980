"""GitLab CI/CD: variables for a dotenv report, and a child pipeline that is gated on them.

Sources: GitLab's documentation of predefined variables, of artifacts:reports:dotenv, of downstream
pipelines and of custom collapsible sections.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import yaml

from gto_action.ci.formats import safe_variables
from gto_action.ci.job import JobReporter, JobSystem
from gto_action.ci.run import Reporter

CHILD_PIPELINE_FILE = "gto-pipeline.yml"
NO_OP_JOB = "gto-no-op"


class _GitLab(JobSystem):
    def reporter(self, environment: Mapping[str, str], /) -> Reporter:
        """Return what reports to GitLab."""
        return GitLabReporter(self.secrets(environment), environment.get("CI_JOB_IMAGE", ""))


class GitLabReporter(JobReporter):
    """Folds groups of lines, and also writes the beginning of a child pipeline."""

    def __init__(self, secrets: Iterable[str], image: str) -> None:
        """Report from a job whose image the child pipeline can use, if it has one."""
        self._image = image
        self._groups = 0
        super().__init__(secrets)

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Fold what is printed in the context under a title."""
        self._groups += 1
        name = f"gto_action_{self._groups}"
        start = f"{_marker('start')}:{name}[collapsed=true]\r{_ERASE_LINE}"
        self.print_line(f"{start}{self.escape(title)}")
        try:
            yield
        finally:
            self.print_line(f"{_marker('end')}:{name}\r{_ERASE_LINE}")

    def files(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Return the contents of the files by their names."""
        files = super().files(texts)
        if texts and "events" in texts:
            return files
        pipeline = child_pipeline(safe_variables(texts), self._image) if texts else ""
        return {**files, CHILD_PIPELINE_FILE: pipeline}


def child_pipeline(variables: Mapping[str, str], image: str) -> str:
    """Return the beginning of a child pipeline: variables, and a job that does nothing.

    Jobs that are merged with it can have ``rules`` about the variables. If none of them runs, the
    one that does nothing does: GitLab fails a child pipeline without jobs.
    """
    job = {
        "variables": {"GIT_STRATEGY": "none"},
        "script": ["echo 'a child pipeline needs a job: this one does nothing'"],
    }
    if image:
        job = {"image": {"name": image, "entrypoint": [""]}, **job}
    return yaml.safe_dump({"variables": dict(variables), NO_OP_JOB: job}, sort_keys=False)


def _marker(kind: str) -> str:
    return f"{_ERASE_LINE}section_{kind}:{time.time():.0f}"


_ERASE_LINE = "\x1b[0K"

SYSTEM = _GitLab(
    tag="CI_COMMIT_TAG",
    branch="CI_COMMIT_BRANCH",
    ref="CI_MERGE_REQUEST_REF_PATH",
    commit="CI_COMMIT_SHA",
    url="CI_REPOSITORY_URL",
    token="CI_JOB_TOKEN",  # noqa: S106 - the name of a variable
    token_user="gitlab-ci-token",  # noqa: S106 - a user
    directory="CI_PROJECT_DIR",
    page="CI_JOB_URL",
    name="GITLAB_USER_NAME",
    email="GITLAB_USER_EMAIL",
)
