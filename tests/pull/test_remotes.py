"""Pulls from real storages, with the right credentials, with wrong ones and with none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from testkit.dvc_projects import MODEL_MD5, Dvc, small_at, store_config, write
from testkit.step import Result, Workspace
from tests.pull.storage import (
    KNOWN,
    SSHD,
    fill_bucket,
    http_files,
    s3_server,
    ssh_server,
)
from tests.pull.test_failures import refused

S3 = {**KNOWN, "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
ANN = {"auth": "basic", "user": "ann", "password": "open sesame"}


def is_pulled(workspace: Workspace, result: Result) -> None:
    assert (result.code, result.outputs["pulled"]) == (0, "true"), result.log
    assert json.loads(result.outputs["files"]) == ["models/churn.pkl"]
    content = (workspace.checkout / "models/churn.pkl").read_bytes()
    assert hashlib.md5(content, usedforsecurity=False).hexdigest() == MODEL_MD5


def local_config(workspace: Workspace, **settings: str) -> None:
    """Do what an earlier step of the job may do: `dvc remote modify --local store …`."""
    write(workspace.checkout / ".dvc/config.local", store_config(**settings))


def test_a_directory(model: Workspace, dvc: Dvc) -> None:
    is_pulled(model, model.run(dvc.path, pull=True))


class TestHttp:
    @pytest.fixture
    def workspace(self, small: Path, tmp_path: Path) -> Iterator[Workspace]:
        with http_files(tmp_path / "store", ANN["user"], ANN["password"]) as url:
            yield small_at(small, tmp_path, url=url)

    def test_a_password_that_an_earlier_step_configured(
        self, workspace: Workspace, dvc: Dvc
    ) -> None:
        local_config(workspace, **ANN)
        result = workspace.run(dvc.path, pull=True)
        is_pulled(workspace, result)
        assert "sesame" not in result.log

    def test_a_wrong_password(self, workspace: Workspace, dvc: Dvc) -> None:
        local_config(workspace, **{**ANN, "password": "open barley"})
        result = workspace.run(dvc.path, pull=True)
        refused(result, "the credentials may not see it")
        assert "barley" not in result.log

    def test_a_missing_object(self, workspace: Workspace, dvc: Dvc) -> None:
        local_config(workspace, **ANN)
        (workspace.root / "store/files/md5" / MODEL_MD5[:2] / MODEL_MD5[2:]).unlink()
        refused(
            workspace.run(dvc.path, pull=True), f"DVC does not find it there (md5: {MODEL_MD5})"
        )


def test_http_without_a_server(small: Path, dvc: Dvc, tmp_path: Path) -> None:
    workspace = small_at(small, tmp_path, url="http://127.0.0.1:1/x")
    refused(workspace.run(dvc.path, pull=True), "could not pull models/churn.pkl")


@pytest.mark.skipif(SSHD is None, reason="there is no sshd: install OpenSSH's server")
class TestSsh:
    @pytest.fixture
    def workspace(self, small: Path, tmp_path: Path) -> Iterator[Workspace]:
        with ssh_server(tmp_path / "ssh") as server:
            yield small_at(small, tmp_path, url=f"{server}{tmp_path / 'store'}")

    def test_a_key(self, workspace: Workspace, dvc: Dvc) -> None:
        local_config(workspace, keyfile="../../ssh/key")
        is_pulled(workspace, workspace.run(dvc.path, pull=True))

    def test_a_wrong_key(self, workspace: Workspace, dvc: Dvc) -> None:
        local_config(workspace, keyfile=str(workspace.root / "ssh/stranger"))
        refused(workspace.run(dvc.path, pull=True), "Permission denied")

    def test_a_missing_object(self, workspace: Workspace, dvc: Dvc) -> None:
        local_config(workspace, keyfile=str(workspace.root / "ssh/key"))
        (workspace.root / "store/files/md5" / MODEL_MD5[:2] / MODEL_MD5[2:]).unlink()
        refused(
            workspace.run(dvc.path, pull=True), f"DVC does not find it there (md5: {MODEL_MD5})"
        )

    def test_a_missing_directory(self, workspace: Workspace, dvc: Dvc) -> None:
        local_config(workspace, keyfile=str(workspace.root / "ssh/key"))
        (workspace.root / "store").rename(workspace.root / "gone")
        refused(workspace.run(dvc.path, pull=True), "DVC does not find it there")


class TestS3:
    @pytest.fixture
    def server(self) -> Iterator[str]:
        with s3_server() as url:
            yield url

    @pytest.fixture
    def workspace(self, server: str, small: Path, tmp_path: Path) -> Workspace:
        workspace = small_at(small, tmp_path, url="s3://models/store", endpointurl=server)
        fill_bucket(server, "models", tmp_path / "store")
        return workspace

    def test_keys_of_the_environment(self, workspace: Workspace, dvc: Dvc) -> None:
        result = workspace.run({**dvc.path, **S3}, pull=True)
        is_pulled(workspace, result)
        assert S3["AWS_SECRET_ACCESS_KEY"] not in result.log

    def test_no_keys(self, workspace: Workspace, dvc: Dvc) -> None:
        result = workspace.run({**dvc.path, "AWS_EC2_METADATA_DISABLED": "true"}, pull=True)
        refused(result, "Unable to locate credentials")

    def test_wrong_keys(self, workspace: Workspace, dvc: Dvc) -> None:
        with s3_server({"INITIAL_NO_AUTH_ACTION_COUNT": "0"}) as other:
            local_config(workspace, endpointurl=other)
            result = workspace.run({**dvc.path, **S3}, pull=True)
        refused(result, "could not pull models/churn.pkl from the DVC remote store")
        assert S3["AWS_SECRET_ACCESS_KEY"] not in result.log

    def test_a_missing_bucket(self, server: str, workspace: Workspace, dvc: Dvc) -> None:
        local_config(workspace, url="s3://nobody-made-it/store", endpointurl=server)
        refused(workspace.run({**dvc.path, **S3}, pull=True), "DVC does not find it there")
