"""CircleCI: later steps of the job have the outputs as variables of bash."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from testkit.repositories import Builder
from tests.ci.harness import check_out
from tests.terminal.harness import ROOT

TAG = "churn@v1.0.0"


def test_later_steps_have_the_outputs(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "remote.git")
    message = "it's $(touch forged) `touch forged`\nexport ARTIFACT_EVENT=assignment"
    builder.tag(TAG, builder.commit({"x": "x"}), message)
    remote = builder.build()
    job = check_out(str(remote), tmp_path / "checkout", TAG)
    script = tmp_path / "bash_env"
    script.write_text("export BEFORE=1\n")
    environment = {
        "CIRCLECI": "true",
        "CIRCLE_TAG": TAG,
        "CIRCLE_SHA1": job.commit,
        "CIRCLE_REPOSITORY_URL": str(remote),
        "BASH_ENV": str(script),
    }
    result = job.run(environment=environment)
    assert result.code == 0, result.log
    printed = subprocess.run(
        ["bash", "-c", 'printf "%s|" "$BEFORE" "$ARTIFACT_EVENT" "$ARTIFACT_MESSAGE"'],
        cwd=tmp_path,
        env={"BASH_ENV": str(script), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (printed.stdout, printed.stderr) == (f"1|registration|{message}|", "")
    assert not (tmp_path / "forged").exists()


def test_the_working_directory_has_a_tilde(demo_remote: Path, tmp_path: Path) -> None:
    """As the documentation has it: the shell expands it, and no URL may be set."""
    job = check_out(str(demo_remote), tmp_path / "project", TAG)
    environment = {"CIRCLECI": "true", "CIRCLE_TAG": TAG, "CIRCLE_SHA1": ""}
    home = {"HOME": str(tmp_path), "CIRCLE_WORKING_DIRECTORY": "~/project"}
    assert job.run("--no-fetch", environment={**environment, **home}).code == 0


def test_a_step_that_fails_leaves_no_variables_of_an_earlier_one(
    demo_remote: Path, tmp_path: Path
) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    script = tmp_path / "bash_env"
    script.write_text("")
    environment = {"CIRCLECI": "true", "CIRCLE_TAG": TAG, "BASH_ENV": str(script)}
    assert job.run(environment=environment).code == 0
    assert job.run("churn@v9.9.9", environment=environment).code == 6
    words = ["bash", "-c", 'echo "<$ARTIFACT_EVENT>"']
    variables = {"BASH_ENV": str(script), "PATH": "/usr/bin:/bin"}
    printed = subprocess.run(words, env=variables, capture_output=True, text=True, check=True)
    assert printed.stdout == "<>\n"


def test_a_script_that_cannot_be_written_is_an_error(demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout", TAG)
    environment = {"CIRCLECI": "true", "CIRCLE_TAG": TAG, "BASH_ENV": str(tmp_path)}
    result = job.run(environment=environment)
    assert (result.code, "the file that BASH_ENV names" in result.log) == (8, True)
    assert not (job.checkout / "gto.env").exists()


def test_a_script_on_a_full_disk_stays_as_it_was(tmp_path: Path) -> None:
    script = tmp_path / "env"
    script.write_text("# kept\n" * 500)
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096));"
        "from gto_action.ci.job import append_to; append_to(sys.argv[1], 'x' * 10000, 'the file')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, script],
        # bytecode would be cut off too
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "could not write to the file" in done.stderr) == (1, True), done
    assert script.read_text() == "# kept\n" * 500
