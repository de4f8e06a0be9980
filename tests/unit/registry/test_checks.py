"""What can be wrong with tags, each alone."""

from __future__ import annotations

from shlex import quote

import pytest

from gto_action.registry.checks import check_tags
from gto_action.registry.events import Tag, read_events
from gto_action.registry.replay import replay

FIRST, SECOND = "a" * 40, "b" * 40


def _tags(*tags: tuple[str, str]) -> list[Tag]:
    return [Tag(name, commit, time=number) for number, (name, commit) in enumerate(tags)]


def _found(
    tags: list[Tag], stages: tuple[str, ...] | None = None
) -> list[tuple[str, str, str, str]]:
    problems = check_tags(tags, replay(read_events(tags)), stages)
    return [
        (problem.kind, problem.severity, problem.subject, problem.message) for problem in problems
    ]


def test_a_registry_in_order_has_no_problem() -> None:
    tags = _tags(
        ("churn@v1.0.0", FIRST),
        ("churn#prod#1", FIRST),
        ("churn#dev#2", FIRST),
        ("churn#prod!#3", FIRST),
        ("churn@v1.0.0!", FIRST),
        ("churn@v1.0.1", FIRST),
        ("churn@deprecated", FIRST),
    )
    assert _found(tags, ("prod", "dev")) == []


@pytest.mark.parametrize(
    "name",
    ["v1.0.0", "release-2026", "latest", "@scope/pkg", "churn@latest", "churn@next", "a/b", "x@y"],
)
def test_tags_of_other_tools_are_not_problems(name: str) -> None:
    assert _found(_tags((name, FIRST))) == []


@pytest.mark.parametrize(
    ("name", "intended"),
    [
        ("churn@1.0.0", "churn@v1.0.0"),
        ("churn@v1.0", "churn@v1.0.0"),
        ("churn@v1", "churn@v1.0.0"),
        ("churn@1", "churn@v1.0.0"),
        ("churn@V1.2.3", "churn@v1.2.3"),
        ("churn@v01.2.3", "churn@v1.2.3"),
        ("churn@1.0.0-rc.1", "churn@v1.0.0-rc.1"),
        ("churn@1.0.0!", "churn@v1.0.0!"),
        ("churn#prod#3!", "churn#prod!#3"),
        ("churn@v1.0.0#3!", "churn@v1.0.0!#3"),
        ("models/nlp=churn@1.0.0", "models/nlp=churn@v1.0.0"),
    ],
)
def test_a_near_miss_is_reported_with_a_suggestion(name: str, intended: str) -> None:
    ((kind, severity, subject, message),) = _found(_tags((name, FIRST)))
    assert (kind, severity, subject) == ("near-miss", "warning", name)
    assert message.endswith(f"(did you mean {quote(intended)}?)")


@pytest.mark.parametrize(
    "name", ["my.model@v1.0.0", "churn-@v1.0.0", "churn#", "churn#pr.od#1", "churn@v1.x", "é#dev"]
)
def test_a_near_miss_without_a_suggestion_is_reported(name: str) -> None:
    ((kind, severity, subject, message),) = _found(_tags((name, FIRST)))
    assert (kind, severity, subject) == ("near-miss", "warning", name)
    assert message == "the tag is not a registry tag, although it looks like one"


def test_a_lightweight_tag_is_an_error() -> None:
    tags = [Tag("churn@v1.0.0", FIRST, annotated=False), Tag("other", FIRST, annotated=False)]
    assert [item[:3] for item in _found(tags)] == [("lightweight", "error", "churn@v1.0.0")]


@pytest.mark.parametrize("target", ["tree", "blob"])
def test_a_tag_of_no_commit_is_an_error(target: str) -> None:
    tags = [Tag("churn@v1.0.0", FIRST, target=target)]
    assert [item[:3] for item in _found(tags)] == [("no-commit", "error", "churn@v1.0.0")]
    (problem,) = check_tags([Tag("churn#prod", FIRST, target=target)], replay([]), None)
    assert problem.message == f"the tag points to a {target}, and an event is a tag of a commit"
    remedy = "git tag -d -- 'churn#prod'; git push --delete origin 'refs/tags/churn#prod'"
    assert problem.remedy == f"{remedy}; then tag a commit"


def test_two_versions_at_a_commit_are_an_error_while_both_are_active() -> None:
    tags = _tags(("churn@v1.0.0", FIRST), ("churn@v1.1.0", FIRST), ("other@v1.0.0", FIRST))
    ((kind, severity, subject, message),) = _found(tags)
    assert (kind, severity, subject) == ("two-versions", "error", "churn")
    assert message == f"the commit {FIRST[:7]} has the versions v1.1.0, v1.0.0"
    tags.append(Tag("churn@v1.2.0", FIRST, time=9))
    (problem,) = check_tags(tags, replay(read_events(tags)), None)
    assert problem.remedy == (
        "keep one; to keep v1.2.0: gto-action deregister churn v1.1.0 --push && "
        "gto-action deregister churn v1.0.0 --push"
    )
    tags.pop()
    assert _found([*tags, *_tags(("churn@v1.0.0!", FIRST))]) == []


def test_a_stage_that_is_not_allowed_is_an_error_while_a_version_is_in_it() -> None:
    tags = _tags(("churn@v1.0.0", FIRST), ("churn#live#1", FIRST))
    assert [item[:3] for item in _found(tags, ("prod",))] == [("stage", "error", "churn")]
    (problem,) = check_tags(tags, replay(read_events(tags)), ())
    assert problem.remedy == "add it to stages in .gto, which has none, or unassign the stage"
    (problem,) = check_tags(tags, replay(read_events(tags)), ("a",), "GTO_STAGES")
    assert problem.remedy == "add it to GTO_STAGES, which has a, or unassign the stage"
    assert _found(tags, None) == []
    tags.append(Tag("churn#live!#2", FIRST, time=9))
    assert _found(tags, ("prod",)) == []


def test_a_stage_at_a_commit_without_a_version_is_a_warning() -> None:
    tags = _tags(("churn@v1.0.0", FIRST), ("churn#prod#1", SECOND))
    ((kind, severity, subject, message),) = _found(tags)
    assert (kind, severity, subject) == ("no-version", "warning", "churn")
    assert SECOND[:7] in message
    (problem,) = check_tags(tags, replay(read_events(tags)), None)
    assert problem.remedy == f"gto-action register churn {SECOND[:12]} --push"


def test_a_counter_less_than_an_earlier_one_is_a_warning() -> None:
    tags = _tags(("churn@v1.0.0", FIRST), ("churn#prod#3", FIRST), ("churn#prod#2", FIRST))
    assert [item[:3] for item in _found(tags)] == [("counter", "warning", "churn#prod#2")]
    same = _tags(("churn@v1.0.0", FIRST), ("churn#prod#3", FIRST), ("churn#prod!#3", FIRST))
    assert _found(same) == []
    # another stage, or the same second, is another count
    others = _tags(("churn@v1.0.0", FIRST), ("churn#prod#3", FIRST), ("churn#dev#2", FIRST))
    assert _found(others) == []
    same_second = [
        Tag("churn@v1.0.0", FIRST),
        Tag("churn#prod!#3", FIRST, time=1),
        Tag("churn#prod#2", FIRST, time=1),
    ]
    assert _found(same_second) == []


def test_a_remedy_can_be_run_as_it_stands() -> None:
    (problem,) = check_tags(_tags(("churn#prod#3!", FIRST)), replay([]), None)
    tag = "git tag -a -m 'a message' -- 'churn#prod!#3' 'churn#prod#3!^{}'"
    assert problem.remedy.endswith(f"{tag} && git push origin 'refs/tags/churn#prod!#3'")


def test_a_remedy_proposes_no_tag_that_is_there() -> None:
    tags = _tags(("churn@v1.1.0", FIRST), ("churn@1.1.0", FIRST))
    (problem,) = check_tags(tags, replay(read_events(tags)), None)
    assert problem.remedy.startswith("churn@v1.1.0 exists too")
