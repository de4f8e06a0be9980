"""Any checkout and any server give the same answer, and stay as they were."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
from pathlib import Path

import pytest

from testkit.demo_registry import build_demo
from testkit.repositories import Builder, git
from testkit.runner import clone_as_a_runner
from testkit.servers import git_daemon, http_server
from testkit.step import Result, Workspace, full_clone
from tests.conftest import Pushed

TAG = "churn#prod#3"
TOKEN = "ghs_not-a-real-token"  # noqa: S105
HEADER = "basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()


def _is_right(result: Result) -> None:
    names = ("event", "name", "version", "stage", "path", "previous-version")
    reported = tuple(result.outputs.get(name) for name in names)
    expected = ("assignment", "churn", "v1.1.0", "prod", "models/churn.pkl", "v1.0.0")
    assert (result.code, reported) == (0, expected), result.log


def _fingerprint(directory: Path) -> dict[str, tuple[int, str]]:
    return {
        str(path.relative_to(directory)): (
            path.lstat().st_mode,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in sorted(directory.rglob("*"))
    }


@pytest.mark.parametrize("fetch", [True, False])
def test_the_checkout_is_byte_for_byte_as_before(
    fetch: bool, demo_remote: Path, tmp_path: Path
) -> None:
    workspace = full_clone(str(demo_remote), tmp_path, f"refs/tags/{TAG}")
    before = _fingerprint(workspace.checkout)
    result = workspace.run(fetch=fetch, show=True, history=True, summary=True)
    _is_right(result)
    assert _fingerprint(workspace.checkout) == before


def test_a_shallow_checkout_whose_tag_is_lightweight(demo_remote: Path, pushed: Pushed) -> None:
    workspace = pushed(demo_remote, TAG)
    kind = git("-C", str(workspace.checkout), "cat-file", "-t", f"refs/tags/{TAG}")
    assert (kind, (workspace.checkout / ".git/shallow").exists()) == ("commit", True)
    before = _fingerprint(workspace.checkout)
    _is_right(workspace.run(show=True))
    assert _fingerprint(workspace.checkout) == before


@pytest.mark.parametrize("shallow", [True, False])
def test_a_checkout_with_sha_256(shallow: bool, tmp_path: Path, pushed: Pushed) -> None:
    remote = tmp_path / "remote.git"
    options = ("--quiet", "--bare", "--initial-branch=main", "--object-format=sha256")
    git("init", *options, str(remote))
    build_demo(remote)
    if shallow:
        git("init", "--quiet", "--object-format=sha256", str(tmp_path / "workspace"))
        workspace = pushed(remote, TAG)
    else:
        workspace = full_clone(str(remote), tmp_path, f"refs/tags/{TAG}")
    before = _fingerprint(workspace.checkout)
    result = workspace.run(show=True, history=True, summary=True)
    _is_right(result)
    assert result.outputs["commit"] == workspace.sha
    assert len(workspace.sha) == 64
    # of a commit that the shallow checkout lacks
    other = workspace.run(ref="models/nlp=cv-class@v1.0.0")
    assert (other.code, other.outputs["path"]) == (0, "models/nlp/cv.onnx")
    assert _fingerprint(workspace.checkout) == before


@pytest.mark.parametrize("filters", ["true", "false"])
@pytest.mark.parametrize("protocol", ["0", "1", "2"])
@pytest.mark.parametrize("checkout", [True, False])
def test_any_server_of_any_protocol(
    filters: str, protocol: str, checkout: bool, tmp_path: Path, pushed: Pushed
) -> None:
    remote = build_demo(tmp_path / "org" / "models")
    git("-C", str(remote), "config", "uploadpack.allowFilter", filters)
    with git_daemon(tmp_path) as url:
        if checkout:
            workspace = pushed(f"{url}/org/models", TAG)
        else:
            workspace = _without_checkout(tmp_path, remote)
        environment = {
            "GITHUB_SERVER_URL": url,
            "GITHUB_REPOSITORY": "org/models",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "protocol.version",
            "GIT_CONFIG_VALUE_0": protocol,
        }
        _is_right(workspace.run(environment))


def test_tags_are_fetched_from_a_server_without_the_commits_of_the_checkout(
    demo_remote: Path, tmp_path: Path
) -> None:
    workspace = full_clone(str(demo_remote), tmp_path, f"refs/tags/{TAG}")
    for tag in git("-C", str(workspace.checkout), "tag").splitlines():
        git("-C", str(workspace.checkout), "tag", "--delete", tag)
    _is_right(workspace.run())


def test_without_fetch_what_is_there_is_read(demo_remote: Path, tmp_path: Path) -> None:
    workspace = full_clone(str(demo_remote), tmp_path, f"refs/tags/{TAG}")
    git("-C", str(workspace.checkout), "remote", "remove", "origin")
    _is_right(workspace.run(fetch=False))


def test_without_fetch_a_clobbered_tag_is_no_event_and_the_log_says_why(
    demo_remote: Path, pushed: Pushed
) -> None:
    result = pushed(demo_remote, TAG).run(fetch=False)
    assert (result.code, result.outputs["event"]) == (0, "")
    assert "::warning::tag 'churn#prod#3' is lightweight in the checkout" in result.log


@pytest.mark.parametrize("kind", ["bare", "worktree", "partial"])
def test_other_kinds_of_checkout(kind: str, demo_remote: Path, tmp_path: Path) -> None:
    place = tmp_path / "workspace"
    sha = git("-C", str(demo_remote), "rev-parse", f"{TAG}^{{commit}}")
    match kind:
        case "bare":
            git("clone", "--quiet", "--bare", str(demo_remote), str(place))
        case "worktree":
            git("clone", "--quiet", str(demo_remote), str(tmp_path / "main"))
            git("-C", str(tmp_path / "main"), "worktree", "add", "--quiet", str(place), sha)
        case _:
            flags = ("--filter=tree:0", "--no-checkout")
            git("clone", "--quiet", *flags, f"file://{demo_remote}", str(place))
    before = _fingerprint(place)
    _is_right(Workspace(tmp_path, f"refs/tags/{TAG}", sha).run())
    assert _fingerprint(place) == before


def test_a_tag_at_a_commit_that_the_checkout_lacks(demo_remote: Path, pushed: Pushed) -> None:
    result = pushed(demo_remote, TAG).run(ref="models/nlp=cv-class@v1.0.0")
    assert (result.code, result.outputs["path"]) == (0, "models/nlp/cv.onnx")


@pytest.mark.parametrize(
    "kept", ["by v4", "by v6", "by v6 in a container", "not kept", "in the url"]
)
def test_a_private_repository(kept: str, tmp_path: Path, pushed: Pushed) -> None:
    remote = build_demo(tmp_path / "org" / "models")
    with http_server(tmp_path, HEADER) as server:
        workspace = pushed(remote, TAG)
        config = workspace.checkout / ".git/config"
        url = f"{server.url}/org/models"
        if kept == "in the url":
            url = url.replace("://", f"://x-access-token:{TOKEN}@")
        git("-C", str(workspace.checkout), "remote", "set-url", "origin", url)
        section = f'[http "{server.url}/"]\n\textraheader = AUTHORIZATION: {HEADER}\n'
        credentials = tmp_path / "git-credentials.config"
        match kept:
            case "by v4":
                config.write_text(config.read_text() + section)
            case "by v6":
                credentials.write_text(section)
                _include(config, workspace.checkout / ".git", credentials)
            case "by v6 in a container":
                _include(config, Path("/github/workspace/.git"), Path("/github/runner_temp/x"))
            case _:
                pass
        environment = {"GITHUB_SERVER_URL": server.url, "GITHUB_REPOSITORY": "org/models"}
        given = "" if kept in {"by v4", "by v6", "in the url"} else TOKEN
        before = _fingerprint(workspace.checkout)
        result = workspace.run(environment, token=given)
        _is_right(result)
        assert _fingerprint(workspace.checkout) == before
        assert TOKEN not in result.log + result.summary
        assert HEADER.removeprefix("basic ") not in result.log


def test_a_password_that_git_tells_of_is_not_in_the_log(tmp_path: Path, pushed: Pushed) -> None:
    remote = build_demo(tmp_path / "org" / "models")
    with http_server(tmp_path, HEADER) as server:
        workspace = pushed(remote, TAG)
        url = f"{server.url}/org/models".replace("://", "://ghp_as-a-user-name@")
        git("-C", str(workspace.checkout), "remote", "set-url", "origin", url)
        result = workspace.run()
    assert (result.code, result.outputs) == (5, {})
    assert "could not read Password for 'http://127.0.0.1" in result.log
    assert "ghp_" not in result.log


def test_no_token_is_sent_to_another_server(tmp_path: Path, pushed: Pushed) -> None:
    remote = build_demo(tmp_path / "org" / "models")
    with http_server(tmp_path) as server:
        workspace = pushed(remote, TAG)
        url = f"{server.url}/org/models"
        git("-C", str(workspace.checkout), "remote", "set-url", "origin", url)
        environment = {"GITHUB_SERVER_URL": "http://127.0.0.2", "GITHUB_REPOSITORY": "org/models"}
        _is_right(workspace.run(environment, token=TOKEN, path="."))
        assert set(server.authorizations) == {""}


@pytest.mark.parametrize(("reports", "limit"), [(False, 12), (True, 200)])
def test_only_the_refs_that_the_outputs_need_are_fetched(
    reports: bool, limit: int, tmp_path: Path, pushed: Pushed
) -> None:
    builder = Builder(tmp_path / "remote.git")
    for number in range(60):
        mark = builder.commit({"data.bin": "x" * 1000 + str(number)})
        builder.tag(f"m{number % 20}@v{number}.0.0", mark)
    remote = builder.build()
    workspace = pushed(remote, "m3@v3.0.0")
    trace = tmp_path / "trace"
    result = workspace.run({"GIT_TRACE_PACKET": str(trace)}, show=reports)
    wants = [line for line in trace.read_text().splitlines() if " fetch> want " in line]
    assert (result.code, result.outputs["version"]) == (0, "v3.0.0")
    # and the head of the default branch, which may have a policy
    assert len(wants) == (60 if reports else 3) + 1 < limit


def test_an_incomplete_clone_says_what_to_do_without_a_fetch(tmp_path: Path) -> None:
    remote = build_demo(tmp_path / "org" / "models")
    checkout = str(tmp_path / "workspace")
    git("clone", "--quiet", "--filter=tree:0", "--no-checkout", f"file://{remote}", checkout)
    result = Workspace(tmp_path, f"refs/tags/{TAG}", "").run(fetch=False)
    assert (result.code, result.outputs) == (9, {})
    assert "is a partial clone that lacks an object, and fetch is false: leave fetch" in result.log
    assert "transport" not in result.log


def _other_repository(root: Path) -> Workspace:
    """A run for org/models on a server, with a checkout of org/other, which has no such tag."""
    build_demo(root / "org" / "models")
    other = Builder(root / "org" / "other")
    other.tag("other@v1.0.0", other.commit({"file": "content"}))
    other.build()
    git("clone", "--quiet", f"file://{root}/org/other", str(root / "workspace"))
    sha = git("-C", str(root / "org/models"), "rev-parse", f"{TAG}^{{commit}}")
    return Workspace(root, f"refs/tags/{TAG}", sha)


def test_the_run_s_repository_is_read_if_the_workspace_holds_another(tmp_path: Path) -> None:
    workspace = _other_repository(tmp_path)
    run = {"GITHUB_SERVER_URL": f"file://{tmp_path}", "GITHUB_REPOSITORY": "org/models"}
    result = workspace.run(run)
    _is_right(result)
    assert "::notice::" in result.log
    assert "org/other: the tags are read from" in result.log
    chosen = workspace.run(run, path=".")
    assert (chosen.code, chosen.outputs) == (6, {})
    other = workspace.run(run, path=".", ref="other@v1.0.0")
    assert (other.code, other.outputs["version"]) == (0, "v1.0.0")
    in_place = workspace.run(run, fetch=False, ref="other@v1.0.0")
    assert (in_place.code, in_place.outputs["version"]) == (0, "v1.0.0")
    assert "::notice::" in in_place.log


def test_a_mirror_of_the_run_s_repository_is_the_run_s_repository(tmp_path: Path) -> None:
    build_demo(tmp_path / "org" / "models")
    clone_as_a_runner(f"file://{tmp_path}/org/models", TAG, tmp_path / "workspace")
    url = "https://models.invalid/org/models"
    git("-C", str(tmp_path / "workspace"), "remote", "set-url", "origin", url)
    run = {
        "GITHUB_SERVER_URL": "https://models.invalid",
        "GITHUB_REPOSITORY": "org/models",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{tmp_path}/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://models.invalid/",
    }
    moved = Workspace(tmp_path, f"refs/tags/{TAG}", "1" * 40)
    for place in (url, f"file://{tmp_path}/org/models"):
        git("-C", str(tmp_path / "workspace"), "remote", "set-url", "origin", place)
        for path in ("", "."):
            result = moved.run(run, path=path)
            assert (result.code, "::notice" in result.log) == (7, False), result.log
        right = Workspace(tmp_path, f"refs/tags/{TAG}", "")
        _is_right(right.run(run))


@pytest.mark.parametrize("remotes", ["origin", "two others", "none", "a directory above"])
def test_nothing_is_pulled_into_the_checkout_of_another_repository(
    remotes: str, tmp_path: Path
) -> None:
    workspace = _other_repository(tmp_path)
    if remotes == "a directory above":
        shutil.move(workspace.checkout / ".git", tmp_path / ".git")
        git("-C", str(tmp_path), "config", "core.worktree", str(tmp_path))
        if os.geteuid() == 0:  # as in a container: it belongs to another user
            for path in (tmp_path, tmp_path / ".git", workspace.checkout):
                os.chown(path, 12345, 12345)
    elif remotes != "origin":
        git("-C", str(workspace.checkout), "remote", "remove", "origin")
    if remotes == "two others":
        for name in ("fork", "upstream"):
            git("-C", str(workspace.checkout), "remote", "add", name, f"https://{name}.invalid/x")
    run = {"GITHUB_SERVER_URL": f"file://{tmp_path}", "GITHUB_REPOSITORY": "org/models"}
    before = _fingerprint(workspace.checkout)
    result = workspace.run(run, pull=True)
    assert (result.code, result.outputs["version"], result.outputs["pulled"]) == (
        *(11, "v1.1.0"),
        "false",
    )
    assert "the workspace " in result.log
    assert "with the input path" in result.log
    assert _fingerprint(workspace.checkout) == before


def test_the_remote_that_is_the_run_s_repository_is_read(tmp_path: Path) -> None:
    build_demo(tmp_path / "org" / "models")
    clone_as_a_runner(f"file://{tmp_path}/org/models", TAG, tmp_path / "workspace")
    place = ("-C", str(tmp_path / "workspace"), "remote")
    git(*place, "rename", "origin", "upstream")
    git(*place, "add", "origin", "https://fork.invalid/me/models")
    run = {"GITHUB_SERVER_URL": f"file://{tmp_path}", "GITHUB_REPOSITORY": "org/models"}
    result = Workspace(tmp_path, f"refs/tags/{TAG}", "").run(run)
    _is_right(result)
    assert "::notice" not in result.log


def test_a_chosen_checkout_of_another_repository_has_no_moved_tag(tmp_path: Path) -> None:
    workspace = _other_repository(tmp_path)
    (tmp_path / "workspace" / "models").mkdir()
    clone_as_a_runner(f"file://{tmp_path}/org/models", TAG, tmp_path / "workspace" / "models")
    run = {"GITHUB_SERVER_URL": f"file://{tmp_path}", "GITHUB_REPOSITORY": "org/other"}
    elsewhere = Workspace(tmp_path, workspace.ref, "1" * 40)
    result = elsewhere.run(run, path="models", summary=True)
    _is_right(result)
    assert "org/other" not in result.summary + result.outputs["image-labels"]
    run["GITHUB_REPOSITORY"] = "org/models"
    assert elsewhere.run(run, path="models").code == 7


@pytest.mark.parametrize("path", ["nowhere", "workspace"])
def test_a_path_without_a_checkout_is_an_error(path: str, tmp_path: Path) -> None:
    workspace = _other_repository(tmp_path)
    result = workspace.run(path=path)
    assert (result.code, result.outputs) == (3, {})
    assert f"there is no checkout in {workspace.checkout / path}" in result.log


def _without_checkout(root: Path, remote: Path) -> Workspace:
    (root / "workspace").mkdir()
    sha = git("-C", str(remote), "rev-parse", f"{TAG}^{{commit}}")
    return Workspace(root, f"refs/tags/{TAG}", sha)


def _include(config: Path, gitdir: Path, credentials: Path) -> None:
    section = f'[includeIf "gitdir:{gitdir}"]\n\tpath = {credentials}\n'
    config.write_text(config.read_text() + section)
