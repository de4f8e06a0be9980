"""Azure Pipelines: the agent runs a command that it finds anywhere in a line of the log."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gto_action.ci.azure import AzureReporter, logging_command
from gto_action.diagnostics import Diagnostic
from testkit.repositories import Builder
from testkit.servers import http_server
from tests.ci.harness import TAG, Job, check_out
from tests.ci.secrets import PASSWORD

TOOLS = Path(__file__).parent.parent.parent / "tools"
needs_library = pytest.mark.skipif(
    not (TOOLS / "node_modules" / "azure-pipelines-task-lib").exists(),
    reason="needs node, and npm ci in tools",
)


def _environment(job: Job, url: str, directory: Path) -> dict[str, str]:
    return {
        "TF_BUILD": "True",
        "BUILD_SOURCEBRANCH": f"refs/tags/{TAG}",
        "BUILD_SOURCEBRANCHNAME": TAG,
        "BUILD_SOURCEVERSION": job.commit,
        "BUILD_REPOSITORY_URI": url,
        "BUILD_SOURCESDIRECTORY": str(job.checkout),
        "BUILD_REPOSITORY_PROVIDER": "TfsGit",
        "AGENT_TEMPDIRECTORY": str(directory),
    }


def _commands(log: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Yield the commands that the agent finds. Source: Command.cs of azure-pipelines-agent."""
    for line in log.splitlines():
        _, found, rest = line.partition("##vso[")
        if found:
            head, _, message = rest.partition("]")
            name, _, properties = head.partition(" ")
            pairs = (pair.partition("=") for pair in properties.split(";") if pair)
            yield name, {key: _unescaped(value) for key, _, value in pairs}, _unescaped(message)


def _unescaped(text: str) -> str:
    escapes = {"%3B": ";", "%0D": "\r", "%0A": "\n", "%5D": "]", "%AZP25": "%"}
    return re.sub("%3B|%0D|%0A|%5D|%AZP25", lambda match: escapes[match[0]], text)


def test_the_outputs_are_variables_and_the_token_is_sent_alone(
    demo_remote: Path, tmp_path: Path
) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    with http_server(demo_remote.parent, f"bearer {PASSWORD}") as server:
        url = f"{server.url.replace('//', '//org@')}/{demo_remote.name}"
        environment = {**_environment(job, url, tmp_path), "SYSTEM_ACCESSTOKEN": PASSWORD}
        result = job.run(environment=environment)
    assert result.code == 0, result.log
    variables = {
        properties["variable"]: (properties["isOutput"], message)
        for name, properties, message in _commands(result.log)
        if name == "task.setvariable"
    }
    assert variables == {name: ("true", value) for name, value in result.variables.items()}
    assert result.variables["ARTIFACT_PREVIOUS_VERSION"] == "v1.0.0"
    uploaded = [message for name, _, message in _commands(result.log) if name.endswith("summary")]
    assert Path(*uploaded).read_text().startswith("### ")
    assert PASSWORD not in result.log


def test_the_token_is_not_sent_to_another_host(demo_remote: Path, tmp_path: Path) -> None:
    job = check_out(str(demo_remote), tmp_path / "checkout")
    with http_server(demo_remote.parent) as server:
        url = f"{server.url}/{demo_remote.name}"
        environment = {**_environment(job, url, tmp_path), "SYSTEM_ACCESSTOKEN": PASSWORD}
        result = job.run(environment={**environment, "BUILD_REPOSITORY_PROVIDER": "GitHub"})
        assert set(server.authorizations) == {""}
    assert result.variables["ARTIFACT_PREVIOUS_VERSION"] == "v1.0.0"


def test_a_path_with_number_signs_is_a_variable_as_it_is(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "remote.git")
    commit = builder.commit({"dvc.yaml": "artifacts: {churn: {path: a##b.pkl}}"})
    builder.tag(TAG, commit)
    job = check_out(str(builder.build()), tmp_path / "checkout")
    result = job.run(environment=_environment(job, str(tmp_path / "remote.git"), tmp_path))
    (path,) = (
        message
        for _, properties, message in _commands(result.log)
        if properties.get("variable") == "ARTIFACT_PATH"
    )
    assert path == result.variables["ARTIFACT_PATH"] == "a##b.pkl"


HOSTILE = [
    "##vso[task.setvariable variable=ARTIFACT_EVENT;isOutput=true]assignment",
    "text ##vso[task.complete result=Succeeded;]x",
    "###vso[task.complete result=Succeeded;]x",
    "#\u200b#vso[task.complete result=Succeeded;]x\n##[error]forged",
]


@pytest.mark.parametrize("message", HOSTILE)
def test_no_text_of_the_repository_is_a_command(message: str, tmp_path: Path) -> None:
    builder = Builder(tmp_path / "remote.git")
    dvc_yaml = {"artifacts": {"churn": {"path": "x", "desc": message}, "odd": message}}
    commit = builder.commit({"dvc.yaml": json.dumps(dvc_yaml)})
    builder.tag("churn@v1.0.0", commit, message)
    builder.tag(TAG, commit, message)
    remote = builder.build()
    job = check_out(str(remote), tmp_path / "checkout")
    result = job.run(environment=_environment(job, str(remote), tmp_path))
    assert result.code == 0, result.log
    assert result.json["message"] == message
    names = [name for name, _, _ in _commands(result.log)]
    assert names.count("task.setvariable") == len(result.variables)
    assert set(names) == {"task.setvariable", "task.uploadsummary"}
    assert "##[error]" not in result.log


@given(st.text(alphabet=st.sampled_from("#v so[]\u200b") | st.characters()))
def test_no_line_has_two_number_signs_together(text: str) -> None:
    assert "##" not in AzureReporter([], "").escape(text)


def test_an_error_and_a_warning_are_issues_of_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = AzureReporter(["s3cret"], "")
    reporter.warning(Diagnostic("it is s3cret; a] 100%", "dvc.yaml", 3))
    reporter.error("it failed")
    commands = list(_commands(capsys.readouterr().out))
    assert commands == [
        (
            "task.logissue",
            {"type": "warning", "sourcepath": "dvc.yaml", "linenumber": "3"},
            "dvc.yaml: it is [MASKED]; a] 100%",
        ),
        ("task.logissue", {"type": "error"}, "it failed"),
    ]


COMMANDS = st.tuples(
    st.just("task.x"),
    st.dictionaries(st.sampled_from(["a", "b"]), st.text()),
    st.text() | st.sampled_from(["%", "%AZP25", "%0A", "a\r\nb", ";]", "$(X)"]),
)


@needs_library
@settings(max_examples=5, phases=[Phase.generate])
@given(commands=st.lists(COMMANDS, min_size=30, max_size=200))
def test_a_command_is_escaped_as_by_microsoft_s_library(
    commands: list[tuple[str, dict[str, str], str]],
) -> None:
    given = json.dumps(commands).encode()
    program = ["node", str(TOOLS / "azure-commands.mjs")]
    printed = subprocess.run(program, input=given, capture_output=True, check=True).stdout.decode()
    assert list(map(logging_command, *zip(*commands, strict=True))) == json.loads(
        printed.rpartition("\0")[2]
    )
