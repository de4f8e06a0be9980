"""The GitLab components, with the jobs of docs/ci, in containers of the image.

gitlab-ci-local is not GitLab: it passes a child pipeline without jobs, and it cuts a value of a
dotenv report at "#". So what the jobs print is compared.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from testkit.gitlab import PROGRAM, STATE, Pipeline, check_out, run_pipeline
from testkit.repositories import Builder, git
from testkit.servers import HttpServer, http_server
from tests.ci.secrets import PASSWORD, authorization

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not PROGRAM.exists(), reason="needs node, and npm ci in tools"),
]
ROOT = Path(__file__).parent.parent.parent
IMAGE = "localhost/gto-action-gitlab:latest"
HELPER = "localhost/gto-gitlab-helper:latest"
EXAMPLES = ROOT / "docs" / "ci"
COMPONENTS = "2.0.0"


@pytest.fixture(scope="module")
def images(action: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The image of the project, and one with rsync, which moves files between jobs."""
    helper = tmp_path_factory.mktemp("helper")
    (helper / "Dockerfile").write_text(
        "FROM python:3.13-slim\nRUN apt-get -qq update && apt-get -qq install --yes "
        "--no-install-recommends rsync bash\n"
    )
    for name, directory in ((IMAGE, action), (HELPER, helper)):
        subprocess.run(["docker", "build", "--quiet", "--tag", name, directory], check=True)


@dataclass(frozen=True)
class GitLab:
    """A server with the project of models and that of the components."""

    server: HttpServer
    models: Path
    work: Path

    def run(self, ref: str, **variables: str) -> Pipeline:
        """Run the pipeline of a ref, as the server does for a push."""
        user = self.server.url.replace("//", f"//gitlab-ci-token:{PASSWORD}@")
        checkout = self.work / "checkout"
        url = f"{user}/org/models.git"
        check_out(url, ref, checkout)
        # gitlab-ci-local downloads components at once, and each of its copies would create this
        downloads = checkout / STATE / "includes" / "127.0.0.1" / "org" / "gto-action"
        (downloads / COMPONENTS / "templates").mkdir(parents=True)
        about = {"CI_REPOSITORY_URL": url, "CI_JOB_TOKEN": PASSWORD, **variables}
        if ref.startswith("refs/tags/"):
            about["CI_COMMIT_TAG"] = ref.removeprefix("refs/tags/")
        else:
            about["CI_COMMIT_BRANCH"] = ref.removeprefix("refs/heads/")
        components = self.models.parent / "gto-action.git"
        environment = {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{components.as_uri()}.insteadOf",
            "GIT_CONFIG_VALUE_0": f"{self.server.url}/org/gto-action.git",
        }
        return run_pipeline(checkout, about, CONTAINERS, environment)


CONTAINERS = (
    *("--container-executable", "docker", "--pull-policy", "if-not-present"),
    *("--network", "host", "--helper-image", HELPER),
    *("--unset-variable", "CI_COMMIT_REF_NAME"),
)


@pytest.fixture
def gitlab(images: None, tmp_path: Path) -> Iterator[GitLab]:  # noqa: ARG001 - they are there
    components = Builder(tmp_path / "served" / "org" / "gto-action.git")
    files = {f"templates/{path.name}": path.read_text() for path in (ROOT / "templates").iterdir()}
    components.tag(COMPONENTS, components.commit(files))
    components.build()
    models = Builder(tmp_path / "served" / "org" / "models.git")
    pipeline = (EXAMPLES / "gitlab-ci.yml").read_text()
    with_image = pipeline.replace("interpret@2\n", f"interpret@2\n    inputs: {{image: {IMAGE}}}\n")
    jobs = yaml.safe_load((EXAMPLES / "gitlab-jobs.yml").read_text())
    del jobs["release"]  # its image is not here
    model = {"dvc.yaml": "artifacts: {churn: {path: churn.pkl}}\n", "churn.pkl": "1"}
    files = {".gitlab-ci.yml": with_image, ".gitlab/models.yml": json.dumps(jobs)}
    commit = models.commit({**files, **model})
    models.tag("churn@v1.0.0", commit)
    models.tag("churn#prod#1", commit)
    later = models.commit({"churn.pkl": "2"})
    models.tag("churn@v1.1.0", later)
    models.tag("churn#prod#2", later, HOSTILE)
    models.tag("release-2026", later)
    apply = (EXAMPLES / "gitlab-apply.yml").read_text()
    with_image = apply.replace("    inputs:\n", f"    inputs:\n      image: {IMAGE}\n")
    models.commit({".gitlab-ci.yml": with_image, "churn.pkl": "3"})
    path = Path(models.build())
    git("-C", str(path), "config", "http.receivepack", "true")
    with http_server(tmp_path / "served", authorization("gitlab-ci-token")) as server:
        yield GitLab(server, path, tmp_path)


HOSTILE = "$CI_JOB_TOKEN %HOME%\nARTIFACT_STAGE=evil\n" + "x" * 6000


@pytest.mark.parametrize(
    ("tag", "printed"),
    [
        ("churn@v1.1.0", {"build": "building churn:v1.1.0 from churn.pkl"}),
        ("churn#prod#2", {"deploy": "deploying v1.1.0 of churn to prod"}),
        ("churn#prod#1", {}),
        ("release-2026", {}),
    ],
)
def test_the_jobs_of_an_event_run(tag: str, printed: dict[str, str], gitlab: GitLab) -> None:
    pipeline = gitlab.run(f"refs/tags/{tag}")
    assert pipeline.failed == [], pipeline.log
    ran = {job: lines for job, lines in pipeline.printed.items() if job in {"build", "deploy"}}
    assert {job: lines[-1] for job, lines in ran.items()} == printed, pipeline.log
    assert any("does nothing" in line for line in pipeline.printed["gto-no-op"])
    assert PASSWORD not in "".join(line for lines in pipeline.printed.values() for line in lines)
    assert "evil" not in "".join(pipeline.printed["report"])


def test_a_job_registers_and_assigns_what_changed(gitlab: GitLab) -> None:
    pipeline = gitlab.run(
        "refs/heads/main",
        CI_DEFAULT_BRANCH="main",
        MODELS_TOKEN=PASSWORD,
        GITLAB_USER_NAME="Ada",
        GITLAB_USER_EMAIL="ada@example.org",
    )
    assert pipeline.failed == [], pipeline.log
    tags = git("-C", str(gitlab.models), "tag", "--list", "--points-at", "main").split()
    assert tags == ["churn#dev#3", "churn@v1.1.1"], pipeline.log
    assert PASSWORD not in "".join(pipeline.printed["gto-apply"])
