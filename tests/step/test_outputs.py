"""Every output of every kind of event, on the demo registry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from testkit.repositories import Builder, git
from tests.conftest import Pushed

CHURN = {
    "name": "churn",
    "author": "Ben Ode",
    "author-email": "ben@example.org",
    "path": "models/churn.pkl",
    "type": "model",
    "description": "Which customers leave",
    "labels": '["tabular", "growth"]',
    "meta": '{"framework": "xgboost"}',
    "annotation-file": "dvc.yaml",
    "slug": "churn",
    "image-name": "churn",
    "stages": '{"dev": "v2.0.0-rc.1", "prod": "v1.1.0"}',
}
SEGMENT = {
    "name": "segment",
    "path": "models/segment.pkl",
    "type": "model",
    "description": "",
    "labels": "[]",
    "meta": "null",
    "annotation-file": "dvc.yaml",
    "slug": "segment",
    "image-name": "segment",
    "stages": '{"prod": "v0.1.0"}',
}
CV_CLASS = {
    "name": "models/nlp:cv-class",
    "path": "models/nlp/cv.onnx",
    "type": "model",
    "description": "Sorts applications",
    "labels": "[]",
    "meta": "null",
    "slug": "models-nlp-cv-class-11464c74",
    "image-name": "models/nlp/cv-class",
    "annotation-file": "models/nlp/dvc.yaml",
    "stages": '{"prod": "v1.0.0"}',
}

# tag: event, version, stage, previous-version, latest, current, message, hour of 2026-01-01
EVENTS = {
    "churn@v1.0.0": ("registration", "v1.0.0", "", "", "false", "false", "First model of churn", 3),
    "churn#dev#1": ("assignment", "v1.0.0", "dev", "", "false", "false", "Tag churn#dev#1", 4),
    "churn@v1.1.0": (
        *("registration", "v1.1.0", "", "v1.0.0", "false", "true"),
        *("Trained on the data of March", 7),
    ),
    "churn#prod#2": ("assignment", "v1.0.0", "prod", "", "false", "false", "Tag churn#prod#2", 8),
    "churn@v2.0.0-rc.1": (
        *("registration", "v2.0.0-rc.1", "", "v1.1.0", "true", "true"),
        *("Tag churn@v2.0.0-rc.1", 12),
    ),
    "churn#prod#3": (
        *("assignment", "v1.1.0", "prod", "v1.0.0", "false", "true"),
        *("Better by two points", 13),
    ),
    "churn#dev#4": (
        *("assignment", "v2.0.0-rc.1", "dev", "v1.0.0", "true", "true"),
        *("Tag churn#dev#4", 14),
    ),
    "churn#dev!#5": (
        *("unassignment", "v1.0.0", "dev", "v2.0.0-rc.1", "false", "true"),
        *("Tag churn#dev!#5", 15),
    ),
    "churn@v1.0.0!": (
        *("deregistration", "v1.0.0", "", "v2.0.0-rc.1", "false", "true"),
        *("Trained on a wrong table", 16),
    ),
    "segment@v0.1.0": ("registration", "v0.1.0", "", "", "true", "true", "Tag segment@v0.1.0", 5),
    "segment#prod#1": (
        *("assignment", "v0.1.0", "prod", "", "true", "false", "Tag segment#prod#1", 17),
    ),
    "segment@deprecated": ("deprecation", "", "", "", "", "true", "Nobody uses it", 18),
    "models/nlp=cv-class@v1.0.0": (
        *("registration", "v1.0.0", "", "", "true", "true"),
        *("Tag models/nlp=cv-class@v1.0.0", 9),
    ),
    "models/nlp=cv-class#prod#1": (
        *("assignment", "v1.0.0", "prod", "", "true", "true"),
        *("Tag models/nlp=cv-class#prod#1", 10),
    ),
}
NAMES = {"churn": CHURN, "segment": SEGMENT, "models/nlp=cv-class": CV_CLASS}


@pytest.mark.parametrize("tag", EVENTS)
def test_each_tag_of_the_demo_sets_every_output(
    tag: str, demo_remote: Path, pushed: Pushed
) -> None:
    workspace = pushed(demo_remote, tag)
    result = workspace.run()
    event, version, stage, previous, latest, current, message, hour = EVENTS[tag]
    artifact = next(facts for name, facts in NAMES.items() if tag.startswith(name))
    expected = {
        "author": "Ben Ode",
        "author-email": "ben@example.org",
        **artifact,
        "event": event,
        "version": version,
        "stage": stage,
        "tag": tag,
        "commit": workspace.sha,
        "created-at": f"2026-01-01T{hour:02d}:00:00+01:00",
        "message": message,
        "previous-version": previous,
        "latest": latest,
        "current": current,
        "registered": _registered(event, f"{artifact['name']}@{version}"),
        "allowed": "true",
        "violations": "[]",
        "overridden": "false",
        "image-tag": version,
        **dict.fromkeys(("storage-url", "release-url", "deployment-id", "deployment-url"), ""),
        "pulled": "false",
        "files": "[]",
    }
    reported = dict(result.outputs)
    del reported["json"]
    labels = dict(line.split("=", 1) for line in reported.pop("image-labels").splitlines())
    assert (result.code, reported) == (0, expected)
    prefix = "org.opencontainers.image."
    assert labels == {
        f"{prefix}{name}": text
        for name, text in {
            "title": artifact["name"],
            "version": version,
            "revision": workspace.sha,
            "created": reported["created-at"],
            "description": artifact["description"],
        }.items()
        if text
    }


def _registered(event: str, version: str) -> str:
    """Whether the version of a demo event is registered: v1.0.0 of churn is not any more."""
    if event == "deprecation":
        return ""
    active = event == "registration" or version != "churn@v1.0.0"
    return str(active and event != "deregistration").lower()


@pytest.mark.parametrize("tag", ["churn#prod#3", "segment@deprecated"])
def test_json_holds_the_other_outputs_with_native_types(
    tag: str, demo_remote: Path, pushed: Pushed
) -> None:
    result = pushed(demo_remote, tag).run()
    reported = result.json()
    assert list(reported) == [name for name in result.outputs if name != "json"]
    for name, value in reported.items():
        empty = "null" if name == "meta" else ""
        text = value if isinstance(value, str) else empty if value is None else json.dumps(value)
        assert result.outputs[name] == text, name
    assert reported["current"] is True
    assert reported["labels"] == (["tabular", "growth"] if tag.startswith("churn") else [])


def test_the_demo_has_no_tag_without_a_test(demo_remote: Path) -> None:
    tags = git("-C", str(demo_remote), "tag", "--list").splitlines()
    assert set(tags) == {*EVENTS, "release-2026-03"}


def test_an_artifact_without_an_annotation_has_empty_facts(tmp_path: Path, pushed: Pushed) -> None:
    builder = Builder(tmp_path / "remote.git")
    builder.tag("lone@v1.0.0", builder.commit({"README": "x"}))
    result = pushed(builder.build(), "lone@v1.0.0").run()
    facts = ("path", "type", "description", "labels", "meta", "annotation-file")
    assert result.outputs["event"] == "registration"
    assert [result.outputs[name] for name in facts] == ["", "", "", "[]", "null", ""]
    reported = result.json()
    assert [reported[name] for name in facts] == [None, None, None, [], None, None]
    assert "::notice" not in result.log
