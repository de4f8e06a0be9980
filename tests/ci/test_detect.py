"""Which system a command runs on, and what is alike on all but GitHub."""

from __future__ import annotations

from pathlib import Path

import pytest

from gto_action.ci.detect import SYSTEMS, detect_system
from testkit.repositories import git
from tests.ci.harness import TAG, check_out
from tests.terminal.harness import ask

JOB_SYSTEMS = [name for name in SYSTEMS if name not in {"github", "terminal"}]


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, "terminal"),
        ({"CI": "true", "GITHUB_ACTIONS": ""}, "terminal"),
        ({"GITHUB_ACTIONS": "true"}, "github"),
        ({"GITHUB_OUTPUT": "/tmp/output"}, "github"),  # noqa: S108 - nothing is written
        ({"FORGEJO_ACTIONS": "true", "GITHUB_ACTIONS": "true"}, "github"),
        ({"GITLAB_CI": "true", "CI": "true"}, "gitlab"),
        ({"GITLAB_CI": "true", "GITHUB_OUTPUT": "output"}, "gitlab"),
        ({"GITHUB_ACTIONS": "false"}, "terminal"),
        ({"DRONE": "true", "CI_SYSTEM_NAME": "drone"}, "drone"),
        ({"BITBUCKET_BUILD_NUMBER": "7"}, "bitbucket"),
        ({"TF_BUILD": "True"}, "azure"),
        ({"CIRCLECI": "true"}, "circleci"),
        ({"CI": "woodpecker", "CI_SYSTEM_NAME": "woodpecker", "DRONE_TAG": "x"}, "woodpecker"),
        ({"DRONE": "true"}, "drone"),
        ({"BUILDKITE": "true"}, "buildkite"),
        ({"JENKINS_HOME": "/var/jenkins_home"}, "jenkins"),
    ],
)
def test_a_system_is_known_by_its_variables(environment: dict[str, str], name: str) -> None:
    assert detect_system(environment) is SYSTEMS[name].system


def test_the_system_can_be_named(demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    environment = {"GITLAB_CI": "true", "CI_COMMIT_TAG": TAG}
    assert job.run(TAG, "--ci", "terminal", environment=environment).code == 0
    assert not (job.checkout / "gto.env").exists()
    assert job.run("--ci", "gitlab", environment={"CI_COMMIT_TAG": TAG}).code == 0
    assert (job.checkout / "gto.env").exists()
    result = ask("run", TAG, "--ci", "travis", directory=job.checkout)
    assert result.code == 2
    assert "'travis' is not one of github, gitlab, " in result.errors


@pytest.mark.parametrize("name", JOB_SYSTEMS)
def test_a_file_of_an_earlier_step_does_not_stay_if_this_one_fails(
    name: str, demo_remote: Path, tmp_path: Path
) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    assert job.run(TAG, "--ci", name, environment={}).variables["ARTIFACT_STAGE"] == "prod"
    assert job.run("churn#prod#99", "--ci", name, environment={}).code == 6
    assert not {"gto.env", "gto.json"} & set(map(str, job.checkout.iterdir()))
    git("-C", str(job.checkout), "diff", "--exit-code", "--quiet")


@pytest.mark.parametrize("name", JOB_SYSTEMS)
def test_a_branch_has_empty_outputs(name: str, demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    result = job.run("refs/heads/main", "--ci", name, environment={})
    assert result.code == 0
    assert set(result.variables.values()) == {""}
    assert set(result.json.values()) == {None}


def test_inputs_are_variables(demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    quiet = dict.fromkeys(("INPUT_SHOW", "INPUT_HISTORY", "INPUT_PRINT_OUTPUTS"), "false")
    result = job.run(TAG, "--ci", "drone", environment=quiet)
    assert result.log == "stage prod was assigned to version v1.1.0 of churn\n"


@pytest.mark.parametrize("name", JOB_SYSTEMS)
def test_what_a_pull_adds_is_in_the_file(name: str, demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    result = job.run(TAG, "--pull", "--ci", name, environment={})
    assert result.code == 0, result.log
    assert (result.json["pulled"], result.json["files"]) == (True, ["models/churn.pkl"])
    assert result.variables["ARTIFACT_STAGE"] == "prod"


def test_a_link_of_the_repository_is_not_followed(demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    target = tmp_path / "target"
    target.write_text("mine")
    for name in ("gto.env", "gto.json"):
        (job.checkout / name).symlink_to(target)
    assert job.run(TAG, "--ci", "drone", environment={}).variables["ARTIFACT_STAGE"] == "prod"
    assert target.read_text() == "mine"
    assert not [path for path in job.checkout.iterdir() if path.name.startswith(".gto-")]


@pytest.mark.parametrize("name", ["INPUT_RELEASE", "INPUT_DEPLOYMENT"])
def test_what_only_github_has_is_refused_first(
    name: str, demo_remote: Path, tmp_path: Path
) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    result = job.run(TAG, "--ci", "drone", environment={name: "true"})
    assert (result.code, "are for a run of GitHub Actions" in result.log) == (2, True)
    assert not (job.checkout / "gto.env").exists()


def test_files_that_cannot_be_written_are_an_error(demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    (job.checkout / "gto.json").mkdir()
    result = job.run(TAG, "--ci", "drone", environment={})
    assert (result.code, "error: could not write the file gto.json: " in result.log) == (8, True)
    assert not (job.checkout / "gto.env").exists()
