"""The policy in .gto: its values, and what is wrong with a file, with the line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from gto_action.errors import UnreadableFileError
from gto_action.policy.gto_file_schema import FILE, gto_file_schema
from gto_action.policy.model import Override, StageRules
from gto_action.policy.policy_file import read_policy
from tests.unit.policy.harness import policy

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.mark.parametrize(
    "content", [None, b"", b"stages: [dev]", b"policy:", b"# policy: {}", b"[policy]", b"null: {}"]
)
def test_without_a_policy_there_is_none(content: bytes | None) -> None:
    assert read_policy(content) is None


def test_the_rules_of_a_stage() -> None:
    rules = policy(
        "order: [dev, prod]\noverride: {actors: [alice], signed: true}\n"
        "stages: {prod: {after: 2d, actors: [a], signed: [b], only-newer: true, rollback: false}}"
    ).rules_of("churn")
    assert rules.of_stage("prod") == StageRules(
        sources=("dev",),
        after=2 * 86400,
        actors=("a",),
        signed=("b",),
        only_newer=True,
        rollback=False,
    )
    assert rules.of_stage("dev") == rules.of_stage("other") == StageRules()
    assert rules.override == Override(allowed=True, actors=("alice",), signed=())


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("1970-01-01/1970-01-02", 0, 2 * 86400),
        ("1970-01-02/1970-01-02", 86400, 2 * 86400),
        ("19700102/19700102", 86400, 2 * 86400),
        ("1970-01-01T01:00/1970-01-01T02:00Z", 3600, 7200),
        ("1970-01-01T01:00+01:00/1970-01-01T02:00", 0, 7200),
    ],
)
def test_a_period_includes_its_last_day(period: str, start: int, end: int) -> None:
    rules = policy(f"stages: {{prod: {{freeze: ['{period}']}}}}").rules_of("churn")
    (found,) = rules.of_stage("prod").freeze
    assert (found.start, found.end) == (start, end)


def test_keys_may_be_in_upper_case_as_for_gto() -> None:
    assert read_policy(b"POLICY: {order: [dev]}")


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("policy: {ordr: [dev]}", 1, "policy has an unknown key 'ordr' (did you mean 'order'?)"),
        (
            "stages: [dev]\npolicy:\n  stages:\n    prod:\n      actor: [a]\n",
            5,
            "policy.stages.prod has an unknown key 'actor' (did you mean 'actors'?)",
        ),
        ("policy:\n  order: dev\n", 2, "policy.order is 'dev': it must be a list"),
        ("policy: []", 1, "policy is '[]': it must be a mapping"),
        ("policy:\n  require: [tests]", 2, "it must be one of registration, annotation"),
        ("policy:\n  stages:\n    prod: {after: 24}", 3, "policy.stages.prod.after is '24'"),
        ("policy:\n  stages:\n    prod: {after: 1w}", 3, "is '1w', which is not valid"),
        ("policy:\n  stages:\n    prod: {after: 1h}", 3, "there is no stage before prod"),
        ("policy:\n  stages:\n    'a b': {}", 2, "has a key that is not the name of a stage"),
        ("policy:\n  branches: ['a b']", 2, "the pattern 'a b' matches nothing: no name has ' '"),
        ("policy:\n  artifacts:\n    'a@b': {}", 3, "the pattern 'a@b' matches nothing"),
        ("policy:\n  artifacts:\n    a: {delete: {}}", 3, "has an unknown key 'delete'"),
        (
            "policy:\n  stages:\n    prod: {freeze: [2026-13-01/2026-02-01]}",
            3,
            "month must be in 1..12",
        ),
        (
            "policy:\n  stages:\n    prod: {freeze: [2026-02-01/2026-01-01]}",
            3,
            "ends before it begins",
        ),
        ("policy:\n  stages:\n    prod: {freeze: [soon/later]}", 3, "is neither a date"),
        ("policy: {order: [dev, dev]}", 1, "policy.order names something twice"),
        ("policy:\n  signers: ./keys", 2, "policy.signers: './keys' is not a path from the root"),
        ("policy: {revoked: ../keys}", 1, "policy.revoked: '../keys' is not a path"),
        ("policy: {gpg-keys: /etc/passwd}", 1, "policy.gpg-keys: '/etc/passwd' is not a path"),
        ('policy: {signers: "a\\nb"}', 1, "is not a path from the root of the repository"),
        ("policy: {stages: {prod: {from: [prod]}}}", 1, "would have to be in prod before prod"),
        (
            f"policy: {{order: [{', '.join(f's{n}' for n in range(51))}]}}",
            1,
            "policy.order has 51 stages: at most 50",
        ),
        (
            f"policy: {{stages: {{{', '.join(f's{n}: {{}}' for n in range(51))}}}}}",
            1,
            "policy.stages has 51 stages: at most 50",
        ),
        ("policy: {override: {}}", 1, "policy.override is '{}'"),
        ("policy: {artifacts: {1: {}}}", 1, "policy.artifacts has a key that"),
        ("policy: {branches: [refs/heads/main]}", 1, "matches nothing"),
        ("policy: {<<: {order: []}, order: [], order: [a]}", 1, "duplicate key order"),
        ("stages: [dev]\npolicy:\n  order: [dev, prdo]", 3, "has the stage prdo"),
        (
            "policy:\n  stages:\n    prod: {freeze: [2026-01-01/9999-12-31]}",
            3,
            "'9999-12-31' is too late",
        ),
        ("policy: {\n", None, "it is not valid YAML"),
        ("policy: {}\nPOLICY: {}\n", 2, "the keys policy and POLICY are the same"),
        ("stages: dev\npolicy: {}\n", 1, "stages must be a list of strings"),
    ],
)
def test_a_broken_policy_is_refused_with_its_line(
    content: str, line: int | None, reason: str
) -> None:
    with pytest.raises(UnreadableFileError, match=re.escape(reason)) as raised:
        read_policy(content.encode())
    assert line is None or raised.value.line == line
    assert raised.value.path == ".gto"


def test_the_schema_is_published() -> None:
    assert json.loads((ROOT / FILE).read_text()) == gto_file_schema(), "run make docs"


def test_the_examples_of_the_page_are_policies() -> None:
    page = (ROOT / "docs" / "policy.md").read_text()
    examples = re.findall(r"```yaml\n# \.gto\n(.*?)```", page, re.DOTALL)
    assert len(examples) == 3, "three policies to copy"
    for example in examples:
        assert read_policy(example.encode())
        assert set(yaml.safe_load(example)) <= {"stages", "types", "policy"}
