"""The machine's and the user's Git configuration does not reach the step's own repository."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from testkit.demo_registry import build_demo
from testkit.repositories import git
from testkit.servers import http_server
from testkit.step import Result, Workspace
from tests.terminal.harness import ask

TAG = "churn#prod#3"
ODD = (
    ("core.bare", "false"),
    ("core.worktree", "/nonexistent"),
    ("core.hooksPath", "/nonexistent"),
    ("core.fsmonitor", "/nonexistent"),
    ("core.pager", "false"),
    ("core.editor", "false"),
    ("core.askPass", "false"),
    ("core.quotePath", "true"),
    ("core.logAllRefUpdates", "always"),
    ("core.sharedRepository", "0600"),
    ("core.compression", "9"),
    ("core.bigFileThreshold", "1"),
    ("core.packedGitLimit", "4k"),
    ("core.warnAmbiguousRefs", "false"),
    ("core.abbrev", "4"),
    ("core.useReplaceRefs", "false"),
    ("core.multiPackIndex", "false"),
    ("core.commitGraph", "true"),
    ("core.attributesFile", "/nonexistent"),
    ("core.excludesFile", "/nonexistent"),
    ("core.autocrlf", "true"),
    ("core.precomposeUnicode", "true"),
    ("core.protectHFS", "true"),
    ("core.filesRefLockTimeout", "0"),
    ("core.alternateRefsCommand", "false"),
    ("core.alternateRefsPrefixes", "refs/heads"),
    ("core.repositoryFormatVersion", "1"),
    ("core.preferSymlinkRefs", "true"),
    ("core.fsync", "all"),
    ("extensions.objectFormat", "sha256"),
    ("extensions.partialClone", "elsewhere"),
    ("extensions.worktreeConfig", "true"),
    ("safe.bareRepository", "explicit"),
    ("safe.directory", ""),
    ("transfer.fsckObjects", "true"),
    ("transfer.credentialsInUrl", "die"),
    ("transfer.unpackLimit", "1"),
    ("transfer.bundleURI", "true"),
    ("transfer.advertiseSID", "true"),
    ("fetch.fsckObjects", "true"),
    ("fetch.fsck.missingSpaceBeforeDate", "error"),
    ("fetch.prune", "true"),
    ("fetch.pruneTags", "true"),
    ("fetch.all", "true"),
    ("fetch.bundleURI", "http://127.0.0.1:9/bundle"),
    ("fetch.writeCommitGraph", "true"),
    ("fetch.negotiationAlgorithm", "skipping"),
    ("fetch.output", "compact"),
    ("fetch.parallel", "0"),
    ("fetch.recurseSubmodules", "true"),
    ("fetch.unpackLimit", "100000"),
    ("fetch.showForcedUpdates", "false"),
    ("fetch.followRemoteHEAD", "always"),
    ("push.default", "nothing"),
    ("push.gpgSign", "true"),
    ("push.followTags", "true"),
    ("protocol.version", "0"),
    ("protocol.version", "1"),
    ("protocol.allow", "user"),
    ("protocol.ext.allow", "always"),
    ("protocol.http.allow", "always"),
    ("http.userAgent", "odd/1"),
    ("http.version", "HTTP/1.1"),
    ("http.postBuffer", "65536"),
    ("http.maxRequests", "1"),
    ("http.extraHeader", "X-Odd: 1"),
    ("http.followRedirects", "true"),
    ("http.sslVerify", "false"),
    ("http.noEPSV", "true"),
    ("http.emptyAuth", "true"),
    ("http.saveCookies", "true"),
    ("http.lowSpeedLimit", "100000000"),
    ("url.http://127.0.0.1:9/.pushInsteadOf", "http://"),
    ("url.http://127.0.0.1:9/.insteadOf", "odd:"),
    ("credential.helper", "!false"),
    ("credential.useHttpPath", "true"),
    ("credential.interactive", "false"),
    ("init.templateDir", "/nonexistent"),
    ("init.defaultBranch", "odd name"),
    ("init.defaultObjectFormat", "sha256"),
    ("init.defaultRefFormat", "files"),
    ("remote.pushDefault", "elsewhere"),
    ("remote.source.url", "http://127.0.0.1:9/elsewhere"),
    ("remote.origin.tagOpt", "--no-tags"),
    ("remote.origin.prune", "true"),
    ("remote.origin.promisor", "true"),
    ("gpg.program", "false"),
    ("gpg.format", "ssh"),
    ("tag.gpgSign", "true"),
    ("tag.sort", "-version:refname"),
    ("log.showSignature", "true"),
    ("log.date", "relative"),
    ("log.follow", "true"),
    ("pack.threads", "1"),
    ("pack.indexVersion", "1"),
    ("pack.packSizeLimit", "1"),
    ("pack.writeReverseIndex", "true"),
    ("index.version", "4"),
    ("index.sparse", "true"),
    ("feature.manyFiles", "true"),
    ("feature.experimental", "true"),
    ("include.path", "/nonexistent"),
    ("includeIf.onbranch:main.path", "/nonexistent"),
    ("includeIf.hasconfig:remote.*.url:**.path", "/nonexistent"),
    ("user.useConfigOnly", "true"),
    ("color.ui", "always"),
    ("diff.renames", "copies"),
    ("diff.noprefix", "true"),
    ("i18n.logOutputEncoding", "utf-16"),
    ("submodule.recurse", "true"),
    ("gc.auto", "1"),
    ("maintenance.auto", "true"),
    ("advice.detachedHead", "false"),
    ("trace2.normalTarget", "2"),
    ("uploadpack.allowFilter", "false"),
    ("uploadpack.hideRefs", "refs/tags"),
    ("transfer.hideRefs", "refs/tags"),
)
COMMANDS = (
    ("check-ref", TAG, "--format", "json"),
    ("show", "--all-commits"),
    ("history", "--all-branches"),
    ("describe", "churn"),
    ("doctor",),
)
"""They read tags, commits, branches and files in all the ways in which commands read these."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("served")
    build_demo(root / "org" / "models")
    with http_server(root) as server:
        yield f"{server.url}/org/models"


@pytest.fixture(scope="module")
def usual(url: str, tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """What the step and the commands answer without any configuration."""
    return _answers(url, tmp_path_factory.mktemp("usual"), ())


def test_all_odd_values_at_once(url: str, usual: list[object], tmp_path: Path) -> None:
    assert _answers(url, tmp_path, _without_repetition(ODD)) == usual


@pytest.mark.long
@pytest.mark.parametrize("setting", ODD, ids="=".join)
def test_one_odd_value(
    setting: tuple[str, str], url: str, usual: list[object], tmp_path: Path
) -> None:
    assert _answers(url, tmp_path, [setting]) == usual


def test_a_setting_of_the_environment_counts_like_one_of_a_file(url: str, tmp_path: Path) -> None:
    explicit = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.bareRepository",
        "GIT_CONFIG_VALUE_0": "explicit",
    }
    assert _step(url, tmp_path, explicit).outputs["version"] == "v1.1.0"
    assert ask("show", "--name", "-r", url, environment=explicit).code == 0


def _answers(url: str, root: Path, settings: Sequence[tuple[str, str]]) -> list[object]:
    config = root / "gitconfig"
    config.write_text("")
    for key, value in settings:
        git("config", "--file", str(config), "--add", key, value)
    environment = {"GIT_CONFIG_GLOBAL": str(config)}
    step = _step(url, root, environment)
    answers: list[object] = [(step.code, step.outputs)]
    for words in COMMANDS:
        result = ask(*words, "-r", url, environment=environment)
        answers.append((result.code, result.output, result.errors))
    return answers


def _step(url: str, root: Path, environment: dict[str, str]) -> Result:
    """Run the step in a checkout that knows its remote and has nothing else."""
    git("init", "--quiet", str(root / "workspace"))
    git("-C", str(root / "workspace"), "remote", "add", "origin", url)
    return Workspace(root, f"refs/tags/{TAG}", "").run(environment, show=True)


def _without_repetition(settings: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return list(dict(settings).items())
