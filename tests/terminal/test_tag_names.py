"""The name of a tag is accepted where an artifact, a version or a stage is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from testkit.repositories import Builder, git
from testkit.servers import http_server
from tests.terminal.harness import answer, ask


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ("churn#dev#4", "v2.0.0-rc.1"),
        ("churn#prod#2", "v1.0.0"),  # deregistered since
        ("churn#prod#3", "v1.1.0"),
        ("churn#dev!#5", "v1.0.0"),
        ("churn@v1.0.0!", "v1.0.0"),
        ("refs/tags/churn#prod#3", "v1.1.0"),
        ("refs/tags/churn@v1.1.0", "v1.1.0"),
        ("models/nlp=cv-class@v1.0.0", "v1.0.0"),
        ("models/nlp=cv-class#prod#1", "v1.0.0"),
        ("models/nlp=cv-class#prod", "v1.0.0"),
        ("models/nlp=cv-class@latest", "v1.0.0"),
        ("models/nlp=cv-class", "v1.0.0"),
        ("segment@deprecated", "v0.1.0"),
    ],
)
def test_show_takes_the_name_of_a_tag(tag: str, version: str, demo_remote: Path) -> None:
    assert answer("show", tag, "--version", "-r", demo_remote) == f"{version}\n"
    (shown,) = json.loads(answer("show", tag, "--json", "-r", demo_remote))
    assert shown["version"] == version


def test_settings_that_gto_reads_have_the_same_meaning(demo_remote: Path) -> None:
    assert answer("show", "churn#dev", "--version", "-r", demo_remote) == "v2.0.0-rc.1\n"
    assert answer("show", "churn@v1.0.0", "--version", "-r", demo_remote) == ""
    assert answer("show", "churn@latest", "--version", "-r", demo_remote) == "v2.0.0-rc.1\n"


@pytest.mark.parametrize("by_url", [False, True])
@pytest.mark.parametrize(
    ("tag", "path"),
    [
        ("churn#dev#4", "models/churn.pkl"),
        ("churn#dev!#5", "models/churn.pkl"),
        ("churn@v1.0.0!", "models/churn.pkl"),
        ("models/nlp=cv-class@v1.0.0", "models/nlp/cv.onnx"),
        ("models/nlp=cv-class#prod#1", "models/nlp/cv.onnx"),
        ("models/nlp=cv-class", "models/nlp/cv.onnx"),
    ],
)
def test_describe_takes_the_name_of_a_tag(
    tag: str, path: str, demo_remote: Path, *, by_url: bool
) -> None:
    with http_server(demo_remote.parent) as server:
        place = f"{server.url}/{demo_remote.name}" if by_url else str(demo_remote)
        assert answer("describe", tag, "--path", "-r", place) == f"{path}\n"


def test_a_tag_names_the_version_of_its_own_event_and_not_the_one_in_the_stage_now(
    tmp_path: Path,
) -> None:
    builder = Builder(tmp_path / "models.git")
    entry = "artifacts: {{churn: {{path: {}.pkl}}}}\n"
    first = builder.commit({"dvc.yaml": entry.format("a"), "a.pkl": "first", "b.pkl": "second"})
    second = builder.commit({"dvc.yaml": entry.format("b")})
    builder.tag("churn@v1.0.0", first)
    builder.tag("churn@v2.0.0", second)
    builder.tag("churn#prod#1", first)
    builder.tag("churn#prod#2", second)
    # a version anew at another commit, and a deregistration at a third one
    builder.tag("churn@v1.0.0#2", second)
    builder.tag("churn@v2.0.0!", builder.commit())
    repository = builder.build()

    def path(name: str) -> str:
        return answer("describe", name, "--path", "-r", repository).strip()

    assert (path("churn#prod#1"), path("churn#prod#2")) == ("a.pkl", "b.pkl")
    assert path("churn@v1.0.0#2") == "b.pkl"
    assert path("churn@v2.0.0!") == "b.pkl"
    out = tmp_path / "model.pkl"
    assert answer("get", "churn#prod#1", "-r", repository, "--out", out) == f"{out}\n"
    assert out.read_text() == "first"


def test_history_takes_the_name_of_a_tag_for_its_artifact(demo_remote: Path) -> None:
    expected = answer("history", "churn", "-r", demo_remote)
    for name in ("churn#dev#4", "churn@v1.0.0!", "churn@v1.1.0", "churn#prod", "churn@latest"):
        assert answer("history", name, "-r", demo_remote) == expected
    expected = answer("history", "models/nlp:cv-class", "--json", "-r", demo_remote)
    assert len(json.loads(expected)) == 2
    for name in ("models/nlp=cv-class", "models/nlp=cv-class#prod#1"):
        assert answer("history", name, "--json", "-r", demo_remote) == expected


@pytest.mark.parametrize("name", ["churn@v9.9.9", "churn#none", "nope@v1.0.0"])
def test_history_of_an_unknown_version_is_empty_with_a_note(name: str, demo_remote: Path) -> None:
    result = ask("history", name, "-r", demo_remote)
    assert (result.code, result.output) == (0, "Nothing found in the current workspace\n")
    assert (result.errors.count("\n"), name in result.errors) == (1, True)


@pytest.mark.parametrize("command", ["show", "describe", "history", "get"])
@pytest.mark.parametrize("tag", ["churn#dev#99", "nope#dev#1", "refs/tags/churn@v1.0.0!#9"])
def test_a_tag_that_does_not_exist_is_an_error(command: str, tag: str, demo_remote: Path) -> None:
    result = ask(command, tag, "-r", demo_remote)
    assert (result.code, result.output, result.errors.count("\n")) == (1, "", 1)
    assert f"there is no tag '{tag.removeprefix('refs/tags/')}' in " in result.errors


def test_a_lightweight_tag_is_an_error_that_says_so(checkout: Path) -> None:
    git("-C", str(checkout), "tag", "churn#dev#9")
    result = ask("show", "churn#dev#9", directory=checkout)
    assert (result.code, result.output, result.errors.count("\n")) == (1, "", 1)
    assert "lightweight" in result.errors


@pytest.mark.parametrize(
    ("tag", "sentence"),
    [
        (
            "churn#dev!#5",
            "tag 'churn#dev!#5' unassigns version v1.0.0 of churn from dev: name the version",
        ),
        ("churn@v1.0.0!", "tag 'churn@v1.0.0!' deregisters version v1.0.0 of churn: name"),
        ("churn#prod#2", "version v1.0.0 of churn, which tag 'churn#prod#2' is about"),
        ("segment@deprecated", "tag 'segment@deprecated' deprecates segment"),
    ],
)
def test_get_does_not_download_a_version_that_the_tag_deregisters(
    tag: str, sentence: str, demo_remote: Path, tmp_path: Path
) -> None:
    result = ask("get", tag, "-r", demo_remote, directory=tmp_path)
    assert (result.code, result.output, result.errors.count("\n")) == (1, "", 1)
    assert sentence in result.errors
    assert list(tmp_path.iterdir()) == []


def test_a_deregistration_of_what_was_never_registered_is_about_no_version(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "models.git")
    first = builder.commit()
    builder.tag("churn@v1.0.0", first)
    builder.tag("churn@v7.0.0!", first)
    result = ask("show", "churn@v7.0.0!", "-r", builder.build())
    assert (result.code, result.output, result.errors.count("\n")) == (1, "", 1)
    assert "never registered" in result.errors


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["show", "churn@1.1.0"], "churn@v1.1.0"),
        (["show", "churn@V1.1.0", "--json"], "churn@v1.1.0"),
        (["describe", "churn@v1.1"], "churn@v1.1.0"),
        (["get", "churn #prod"], "churn#prod"),
        (["get", "churn@1.1.0"], "churn@v1.1.0"),
        (["parse-tag", "churn@1.3.0"], "churn@v1.3.0"),
        (["check-ref", "churn#prod#3!"], "churn#prod!#3"),
        (["check-ref", "models/nlp:cv-class#prod#1", "--name"], "models/nlp=cv-class#prod#1"),
        (["history", "churn@1.1.0"], "churn@v1.1.0"),
    ],
)
def test_a_mistyped_name_gets_a_hint(arguments: list[str], hint: str, demo_remote: Path) -> None:
    place = [] if arguments[0] == "parse-tag" else ["-r", str(demo_remote)]
    result = ask(*arguments, *place)
    assert result.code == (0 if arguments[0] in {"check-ref", "history"} else 1)
    assert result.output in {"", "Nothing found in the current workspace\n"}
    assert result.errors.endswith(f" (did you mean '{hint}'?)\n")
    assert result.errors.count("\n") == 1


def test_get_names_the_reference_in_its_error(demo_remote: Path, tmp_path: Path) -> None:
    result = ask("get", "nope", "-r", demo_remote, directory=tmp_path)
    assert (result.code, "artifact 'nope'" in result.errors) == (1, True)
    assert "latest" not in result.errors


@pytest.mark.parametrize("command", ["get", "describe"])
@pytest.mark.parametrize(
    ("selector", "reason"),
    [
        ("churn@v1.0.0", "version v1.0.0 of churn is deregistered"),
        ("segment@v0.1.0", "artifact 'segment' is deprecated"),
        ("segment@latest", "artifact 'segment' is deprecated"),
        ("churn@v9.9.9", "there is no churn@v9.9.9"),
    ],
)
def test_a_selector_of_an_inactive_version_is_refused_with_the_reason(
    command: str, selector: str, reason: str, demo_remote: Path, tmp_path: Path
) -> None:
    result = ask(command, selector, "-r", demo_remote, directory=tmp_path)
    assert (result.code, result.output) == (1, "")
    assert result.errors.startswith(reason)
