"""CircleCI: later steps of the job have the outputs as variables of bash."""

from __future__ import annotations

import subprocess
from pathlib import Path

from testkit.repositories import Builder
from tests.ci.harness import check_out

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


def test_a_script_that_cannot_be_written_is_an_error(demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout", TAG)
    environment = {"CIRCLECI": "true", "CIRCLE_TAG": TAG, "BASH_ENV": str(tmp_path)}
    result = job.run(environment=environment)
    assert (result.code, "the file that BASH_ENV names" in result.log) == (8, True)
