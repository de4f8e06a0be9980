"""The image: its size, its packages, and each way in which its git can fetch, push and sign."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from testkit.certificates import make_authority
from testkit.containers import run_in_image
from testkit.repositories import Builder, git
from testkit.servers import git_daemon, http_server
from tests.pull.storage import SSHD, ssh_server

pytestmark = pytest.mark.e2e

BASE = "python:3.13-slim"
MAX_SIZE = 40_000_000
"""Bytes that the image may have over its base."""


@pytest.fixture(scope="module")
def image(action: Path) -> str:
    name = "gto-action-tested"
    subprocess.run(["docker", "build", "--quiet", "--tag", name, action], check=True)
    return name


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """A directory with a repository, ``models``, that takes pushes and serves parts of itself."""
    root = tmp_path / "served"
    builder = Builder(root / "models")
    mark = builder.commit({"dvc.yaml": "artifacts: {}\n", "models/churn.pkl": "content\n"})
    builder.tag("churn@v1.0.0", mark)
    builder.build()
    for setting in ("http.receivepack", "daemon.receivepack", "uploadpack.allowAnySHA1InWant"):
        git("-C", str(root / "models"), "config", setting, "true")
    return root


def _size(image: str) -> int:
    return int(_docker("image", "inspect", "--format", "{{.Size}}", image))


def _docker(*arguments: str) -> str:
    return subprocess.run(("docker", *arguments), check=True, capture_output=True, text=True).stdout


def _in(image: str, script: str, *mounts: Path, **variables: str) -> str:
    """Run a script in the image, with directories at their own paths; return what it prints."""
    done = run_in_image(image, ("sh", "-euc", script), mounts=mounts, variables=variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_image_is_small(image: str) -> None:
    assert _size(image) - _size(BASE) <= MAX_SIZE


def test_scanners_find_the_packages_that_dpkg_did_not_install(image: str) -> None:
    script = "dpkg --audit; cat /var/lib/dpkg/status.d/git; ls /usr/share/doc/libcurl3t64-gnutls"
    printed = _in(image, script).splitlines()
    assert printed[0] == "Package: git"
    assert any(line.startswith("Version: 1:2.") for line in printed)
    assert printed[-1] == "copyright"


FETCH_AND_PUSH = """
export HOME=/tmp GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
git clone --quiet --no-checkout --filter=blob:none "$URL" /tmp/clone
cd /tmp/clone
git rev-list --objects --missing=print HEAD | grep -c '^?'
git show HEAD:models/churn.pkl
git fetch --quiet --depth=1 origin tag churn@v1.0.0
git -c user.name=Ann -c user.email=ann@example.org tag -a -m why 'churn#prod#1' HEAD
git push --quiet origin 'refs/tags/churn#prod#1'
git ls-remote --tags origin 'churn#prod#1' | wc -l
"""


def _fetches_and_pushes(image: str, url: str, *mounts: Path, **variables: str) -> None:
    assert _in(image, FETCH_AND_PUSH, *mounts, URL=url, **variables).split() == [
        "2",
        "content",
        "1",
    ]


def test_git_in_the_image_works_with_files(image: str, served: Path) -> None:
    _fetches_and_pushes(image, f"file://{served}/models", served)


def test_git_in_the_image_works_with_http(image: str, served: Path) -> None:
    with http_server(served, "Basic YTpi") as server:
        url = server.url.replace("://", "://a:b@")
        _fetches_and_pushes(image, f"{url}/models")


def test_git_in_the_image_works_with_https(image: str, served: Path, tmp_path: Path) -> None:
    authority, context = make_authority(tmp_path)
    with http_server(served, "Basic YTpi") as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        url = f"https://a:b@127.0.0.1:{server.server_port}/models"
        _fetches_and_pushes(image, url, tmp_path, GIT_SSL_CAINFO=str(authority))


@pytest.mark.skipif(SSHD is None, reason="there is no sshd: install OpenSSH's server")
def test_git_in_the_image_works_with_ssh(image: str, served: Path, tmp_path: Path) -> None:
    with ssh_server(tmp_path / "ssh") as url:
        key = tmp_path / "ssh" / "key"
        ssh = f"ssh -i {key} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
        options = {"GIT_SSH_COMMAND": f"{ssh} -o LogLevel=ERROR"}
        _fetches_and_pushes(image, f"{url}{served}/models", tmp_path / "ssh", **options)


def test_git_in_the_image_works_with_its_own_protocol(image: str, served: Path) -> None:
    with git_daemon(served) as url:
        script = "git clone --quiet --bare --filter=blob:none $URL/models /tmp/m; git -C /tmp/m tag"
        assert _in(image, script, URL=url) == "churn@v1.0.0\n"


def test_git_in_the_image_signs_and_verifies_with_ssh(image: str) -> None:
    script = """
    export HOME=/tmp
    cd /tmp
    ssh-keygen -q -t ed25519 -N '' -f key
    git init --quiet r
    cd r
    git config user.name Ann
    git config user.email ann@example.org
    git config gpg.format ssh
    git config user.signingKey /tmp/key.pub
    git config gpg.ssh.allowedSignersFile /tmp/signers
    echo "ann@example.org $(cat /tmp/key.pub)" >/tmp/signers
    git commit --quiet --allow-empty -m first
    git tag -s -m why churn@v1.0.0
    git tag -v churn@v1.0.0 2>&1 | grep -o 'Good "git" signature for ann@example.org'
    """
    assert _in(image, script) == 'Good "git" signature for ann@example.org\n'


def test_the_command_line_in_it_pushes_a_tag(image: str) -> None:
    """With GitPython, which only a push imports."""
    script = (
        "git init -q --bare -b main /tmp/remote; git init -q /tmp/work; cd /tmp/work; "
        "git config user.name A; git config user.email a@example.org; "
        "git commit -q --allow-empty -m x; git remote add origin /tmp/remote; "
        "git push -q origin HEAD:main; PYTHONPATH=/action python -m gto_action register m --push"
    )
    assert "Successfully pushed git tag m@v0.0.1 on remote." in _in(image, script)
