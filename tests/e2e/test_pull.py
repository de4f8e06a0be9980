"""A workflow that downloads the file of an assignment and deploys it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from testkit.act import run_workflow
from testkit.containers import run_in_image
from testkit.documented_workflows import documented_workflow
from testkit.dvc_projects import Dvc, build_small, small_at, tag_only
from testkit.runner import clone_as_a_runner
from testkit.servers import git_daemon
from tests.pull.storage import KNOWN, fill_bucket, s3_server

pytestmark = pytest.mark.e2e

REGION = {"AWS_DEFAULT_REGION": "us-east-1"}


@pytest.mark.parametrize("kind", ["", "/composite"])
def test_the_file_of_an_assignment_is_pulled_and_used(
    kind: str, action: Path, tmp_path: Path
) -> None:
    build_small(Dvc(Path(sys.prefix) / "bin"), tmp_path / "made")
    with s3_server() as s3, git_daemon(tmp_path) as served:
        small_at(tmp_path / "made", tmp_path, url="s3://models/store", endpointurl=s3)
        tag_only(tmp_path / "remote", "churn#prod#1")
        fill_bucket(s3, "models", tmp_path / "store")
        workspace = tmp_path / "runner" / "workspace"
        workspace.parent.mkdir()
        clone_as_a_runner(f"{served}/remote", "churn#prod#1", workspace)
        workflow = documented_workflow("models-pulled.yml").replace(
            "gto-action@", f"gto-action{kind}@"
        )
        ref = "refs/tags/churn#prod#1"
        run = run_workflow(workflow, ref, workspace, action, REGION, secrets=KNOWN)
    assert run.jobs == {"model": "success"}, run.log
    digest = hashlib.sha256(b"a model\n").hexdigest()
    assert run.printed["deploy"] == [f"deploying {digest}  models/churn.pkl"]
    assert KNOWN["AWS_SECRET_ACCESS_KEY"] not in run.log


def test_the_image_has_nothing_of_dvc(action: Path) -> None:
    subprocess.run(["docker", "build", "--quiet", "--tag", "gto-action-look", action], check=True)
    look = (
        "import importlib.metadata, importlib.util;"
        "print(sorted(one.name.lower() for one in importlib.metadata.distributions()),"
        "[importlib.util.find_spec(one) for one in ('dvc', 'fsspec', 'uv')])"
    )
    looked = run_in_image("gto-action-look", ("python", "-c", look))
    assert looked.returncode == 0, looked.stderr
    assert "dvc" not in looked.stdout
    assert looked.stdout.endswith("[None, None, None]\n")
