"""Repositories for tests of storage URLs, made without DVC."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gto_action.artifacts.dvc.storage_url import StorageUrl, find_storage_url
from gto_action.artifacts.request import DownloadRequest
from gto_action.git.fetch import FetchObserver
from gto_action.git.source import open_location
from testkit.dvc_projects import IDENTITY, write
from testkit.repositories import git, git_environment

MD5 = "aabbccddeeff00112233445566778899"


def config(url: str, extra: str = "", *, name: str = "store", core: str = "store") -> str:
    return f"[core]\nremote = {core}\n{remote(name, url, extra)}"


def remote(name: str, url: str, extra: str = "") -> str:
    return f"['remote \"{name}\"']\nurl = {url}\n{extra}\n"


S3 = config("s3://bucket/prefix")
OTHER = remote("other", "s3://other")


def build(directory: Path, files: Mapping[str, str]) -> Path:
    """Commit some files, with a DVC project at the root; the S3 remote unless they have one."""
    git("init", "--quiet", str(directory))
    for name, content in {".dvc/config": S3, **files}.items():
        write(directory / name, content)
    git("-C", str(directory), "add", "--all", "--force")
    git("-C", str(directory), *IDENTITY, "commit", "--quiet", "--message", "x")
    return directory


def find(
    repository: Path,
    path: str,
    environment: Mapping[str, str],
    *,
    remote: str = "",
    checkout: bool = True,
) -> StorageUrl:
    known = {**git_environment(), **environment}
    with open_location(str(repository), known, observer=FetchObserver(print)) as source:
        commit = git("-C", str(repository), "rev-parse", "HEAD")
        top = str(repository) if checkout else None
        return find_storage_url(source, DownloadRequest(path, commit, "HEAD", top, known, remote))


def lock(*outputs: tuple[str, str]) -> str:
    """Write a dvc.lock: a stage and an output for each pair."""
    stages = "".join(
        f"  {stage}:\n    cmd: x\n    outs:\n    - {{path: {path}, hash: md5, md5: {MD5}}}\n"
        for stage, path in outputs
    )
    return f"schema: '2.0'\nstages:\n{stages}"
