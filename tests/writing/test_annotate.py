"""Annotations that are written are those that are read."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gto_action.annotations.find import find_annotation
from gto_action.api import open_registry
from gto_action.errors import QueryError
from testkit.repositories import git
from tests.terminal.harness import terminal_environment
from tests.writing.harness import WHO, run

FILE = "# the shop\nold: {path: x.pkl}   # kept\n"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    git("init", "--quiet", str(tmp_path / "work"))
    (tmp_path / "work/artifacts.yaml").write_text(FILE)
    return tmp_path / "work"


def _described(work: Path, name: str) -> dict[str, object]:
    git("-C", str(work), "add", "--all")
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    git("-C", str(work), *who, "commit", "--quiet", "--allow-empty", "-m", "x")
    described: dict[str, object] = json.loads(run("describe", name, "--json", at=work).output)
    return described


def test_what_is_annotated_is_described(work: Path) -> None:
    words = ["--path", "models/a.pkl", "--type", "model", "--label", "a", "--label", "b c"]
    more = ["--description", "It's: good", "--custom", '{"x": [1, null]}']
    result = run("annotate", "churn", *words, *more, at=work)
    assert result.output == "Updated `artifacts.yaml`\n"
    assert _described(work, "churn") == {
        "path": "models/a.pkl",
        "type": "model",
        "description": "It's: good",
        "labels": ["a", "b c"],
        "meta": {"x": [1, None]},
        "annotation-file": "artifacts.yaml",
    }
    assert (work / "artifacts.yaml").read_text().startswith(FILE)
    run("annotate", "churn", "--label", "d", "--label", "a", at=work)
    assert _described(work, "churn")["labels"] == ["a", "b c", "d"]
    assert run("remove", "churn", at=work).output == "Updated `artifacts.yaml`\n"
    assert (work / "artifacts.yaml").read_text() == FILE


def test_an_error_has_the_line_of_the_file_as_it_is(work: Path) -> None:
    lines = "artifacts:\n  churn: {path: x}\n\nvars: [a.yaml:b]\n"
    (work / "dvc.yaml").write_text(lines.replace("path: x", "path: '${y}'"))
    described = run("doctor", at=work).output
    result = run("annotate", "churn", "--label", "zz", at=work, code=1)
    assert "dvc.yaml, line 4" in result.errors, (described, result)


def test_the_file_is_the_one_that_has_the_entry(work: Path) -> None:
    (work / "models").mkdir()
    run("add", "model", "models:a", "a.pkl", at=work)
    assert "models:a:\n  path: a.pkl\n" in (work / "artifacts.yaml").read_text()
    (work / "models/dvc.yaml").write_text("stages: {}\n")
    run("annotate", "models:b", "--path", "b.pkl", at=work)
    assert _described(work, "models:b")["path"] == "models/b.pkl"
    run("annotate", "models:a", "--type", "data", at=work)
    assert _described(work, "models:a")["annotation-file"] == "artifacts.yaml"
    run("annotate", "models:c", "--path", "c", "--file", "models/artifacts.yaml", at=work)
    assert _described(work, "models:c")["annotation-file"] == "models/artifacts.yaml"


def test_a_first_annotation_makes_the_file(tmp_path: Path) -> None:
    git("init", "--quiet", str(tmp_path))
    run("annotate", "churn", "--path", "a.pkl", at=tmp_path)
    assert (tmp_path / "artifacts.yaml").read_text() == "churn:\n  path: a.pkl\n"
    assert (tmp_path / "artifacts.yaml").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["annotate", "a b"], "is not a name that tags can hold"),
        (["annotate", "x", "--path", "../x"], "leaves the repository"),
        (["annotate", "x", "--type", "data"], "the type data is not allowed; allowed are: model"),
        (["annotate", "x", "--custom", "{"], "--custom is not JSON"),
        (["annotate", "x"], "there is nothing to change"),
        (["annotate", "x", "--path", "a", "--type", "\udcff"], "is not allowed"),
        (["annotate", "x", "--description", "\udcff"], "neither text in UTF-8 nor JSON"),
        (["annotate", "x", "--custom", "NaN"], "NaN is not a value of JSON"),
        (["annotate", "x", "--path", "y", "--file", "other.yaml"], "other.yaml is not read for x"),
        (["annotate", "d:x", "--type", "model"], "an artifact in d/dvc.yaml needs a path"),
        (["annotate", "broken:x", "--path", "y"], "broken/dvc.yaml, line "),
        (["annotate", "text", "--path", "y"], "artifacts.yaml, line 3: it is not a mapping"),
        (["annotate", "alias", "--type", "model"], "alias is an alias of another place"),
        (["remove", "x"], "there is no annotation of x in the work tree"),
        (["annotate", "x", "-r", "https://example.org/x.git"], "--repo is a URL"),
    ],
)
def test_bad_input_changes_no_file(words: list[str], reason: str, work: Path) -> None:
    files = {
        "artifacts.yaml": f"{FILE}text: a text\nbase: &b {{path: y}}\nalias: *b\n",
        ".gto": "types: [model]\n",
        "d/dvc.yaml": "stages: {}\n",
        "broken/dvc.yaml": "artifacts: [\n",
    }
    for name, content in files.items():
        (work / name).parent.mkdir(exist_ok=True)
        (work / name).write_text(content)
    result = run(*words, at=work, code=1)
    assert reason in result.errors
    assert result.errors.count("\n") == 1
    assert {name: (work / name).read_text() for name in files} == files


def test_a_file_that_is_a_link_stays_one(work: Path) -> None:
    (work / "artifacts.yaml").rename(work / "real.yaml")
    (work / "artifacts.yaml").symlink_to("real.yaml")
    (work / "real.yaml").chmod(0o664)
    run("annotate", "churn", "--path", "a.pkl", at=work)
    assert (work / "artifacts.yaml").is_symlink()
    assert "churn:" in (work / "real.yaml").read_text()
    assert (work / "real.yaml").stat().st_mode & 0o777 == 0o664
    assert sorted(os.listdir(work)) == [".git", "artifacts.yaml", "real.yaml"]


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=15)
CHANGE = st.fixed_dictionaries(
    {},
    optional={
        "path": st.sampled_from(["a.pkl", "dir/b c.pkl", "s3://bucket/x", "no", "1", "#x", "é"]),
        "type": TEXT,
        "description": TEXT,
        "labels": st.lists(TEXT.filter(bool), max_size=3, unique=True),
        "custom": st.recursive(
            st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
            max_leaves=5,
        ),
    },
)
NAMES = st.sampled_from(["churn", "old", "a-b", "123", "no", "models/x:y"])
FILES = st.sampled_from(
    [FILE, "", "# nothing\n", "{}\n", "{old: {path: x}}\n", "old:\r\n  path: x\r\n", "old:\n"]
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(file=FILES, changes=st.lists(st.tuples(NAMES, CHANGE), min_size=1, max_size=4))
def test_a_change_is_what_the_file_then_states(
    file: str, changes: list[tuple[str, dict[str, object]]], work: Path
) -> None:
    """Read as `describe` reads it, without a commit for each."""
    (work / "artifacts.yaml").write_bytes(file.encode())
    registry = open_registry(work, environ={**terminal_environment(), **WHO})
    for name, change in changes:
        if not any(change.values()) and change.get("custom") is None:
            with pytest.raises(QueryError, match="nothing to change"):
                registry.annotate(name, **change)  # type: ignore[arg-type]
            continue
        registry.annotate(name, **change)  # type: ignore[arg-type]
        content = (work / "artifacts.yaml").read_bytes()
        annotation, diagnostics = find_annotation(name, {"artifacts.yaml": content}.get)
        assert annotation is not None
        assert diagnostics == ()
        for field in {"path", "type", "description"} & {key for key in change if change[key]}:
            assert getattr(annotation, field) == change[field]
        assert set(change.get("labels", [])) <= set(annotation.labels)  # type: ignore[call-overload]
        if "custom" in change:
            assert annotation.meta == change["custom"]


def test_processes_at_once_lose_no_entry(tmp_path: Path) -> None:
    git("init", "--quiet", str(tmp_path))
    registry = open_registry(tmp_path, environ={**terminal_environment(), **WHO})
    names = [f"model-{number}" for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: registry.annotate(name, path=f"{name}.pkl"), names))
    text = (tmp_path / "artifacts.yaml").read_text()
    assert sorted(line.rstrip(":") for line in text.splitlines() if line[0] != " ") == sorted(names)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x: &x\n  labels: [m]\nb:\n  <<: *x\n  path: p\n", ("--label", "l")),
        ("x: &x\n  type: m\nb:\n  <<: *x\n  path: p\n", ("--path", "q")),
        ("<<: {b: {path: q}}\na: {path: x}\n", ("--type", "z")),
    ],
)
def test_merged_values_are_not_lost(text: str, words: tuple[str, str], work: Path) -> None:
    (work / "artifacts.yaml").write_text(text)
    before = _described(work, "b")
    result = run("annotate", "b", *words, at=work, code=1 if words[0] != "--path" else 0)
    after = _described(work, "b")
    if result.code:
        assert "change it by hand" in result.errors
        assert (work / "artifacts.yaml").read_text() == text
    else:
        assert after == {**before, "path": "q"}


def test_a_field_that_has_no_effect_is_no_obstacle(work: Path) -> None:
    (work / "artifacts.yaml").write_text("a:\n  path: x\n  foo: 1\n")
    run("annotate", "a", "--type", "z", at=work)
    assert (work / "artifacts.yaml").read_text() == "a:\n  path: x\n  foo: 1\n  type: z\n"


@pytest.mark.parametrize("name", ["../x:y", "/etc:y", "a/../b:y"])
def test_a_directory_outside_is_refused(name: str, work: Path) -> None:
    result = run("annotate", name, "--path", "q", at=work, code=1)
    assert "is not in the repository" in result.errors


def test_a_label_that_is_given_twice_is_written_once(work: Path) -> None:
    for _ in range(2):
        run("annotate", "m", "--path", "p", "--label", "a", "--label", "a", at=work)
    assert _described(work, "m")["labels"] == ["a"]
