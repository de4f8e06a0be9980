"""Each rule of a policy: what it refuses, with which sentence, and what it lets pass."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gto_action.policy.rules import Judge, judge_events, override_reason
from tests.unit.policy.harness import NOW, Facts, events, judged, policy, rules_violated

ORDER = "order: [dev, staging, prod]"
AFTER = "stages: {prod: {from: [staging], after: 24h}}"
ACTORS = "stages: {prod: {actors: [alice, bob]}}"
SIGNED = "stages: {prod: {signed: true}}"
NEWER = "stages: {prod: {only-newer: true}}"
FREEZE = "stages: {prod: {freeze: ['2026-02-01/2026-02-03']}}"  # NOW is in it
REQUIRE = "require: [registration]"
BRANCHES = "branches: [main]"
LISTS = "stages: [dev, prod]\ntypes: [model]\n---\n"


@pytest.mark.parametrize(
    ("text", "lines", "violated"),
    [
        # order
        (ORDER, ["churn@v1.0.0 a 3", "churn#dev#1 a 0"], []),
        (ORDER, ["churn@v1.0.0 a 3", "churn#other#1 a 0"], []),
        (ORDER, ["churn@v1.0.0 a 3", "churn#staging#1 a 0"], ["order"]),
        (ORDER, ["churn@v1.0.0 a 3", "churn#dev#1 a 2", "churn#staging#2 a 0"], []),
        (ORDER, ["churn@v1.0.0 a 3", "churn#dev#1 a 2", "churn#prod#2 a 0"], ["order"]),
        # a refused staging opens no prod
        (ORDER, ["churn@v1.0.0 a 3", "churn#staging#9 a 2", "churn#prod#2 a 0"], ["order"]),
        # of another version, or one that left the stage
        (ORDER, ["churn@v1.0.0 b 3", "churn#dev#1 b 2", "churn#staging#2 a 0"], ["order"]),
        (
            ORDER,
            ["churn@v1.0.0 a 3", "churn#dev#1 a 2", "churn#dev!#2 a 1", "churn#staging#3 a 0"],
            ["order"],
        ),
        (
            ORDER,
            ["churn@v1.0.0 a 3", "churn#dev#1 a 2", "churn@v1.0.0! a 1", "churn#staging#3 a 0"],
            ["order"],
        ),
        # another version in the stage does not end the stay of this one
        (
            ORDER,
            [
                *("churn@v1.0.0 a 9", "churn@v1.1.0 b 8", "churn#dev#1 a 2"),
                *("churn#dev#2 b 1", "churn#staging#3 a 0"),
            ],
            [],
        ),
        # after
        (AFTER, ["churn@v1.0.0 a 99", "churn#staging#1 a 23", "churn#prod#2 a 0"], ["after"]),
        (AFTER, ["churn@v1.0.0 a 99", "churn#staging#1 a 25", "churn#prod#2 a 0"], []),
        (AFTER, ["churn@v1.0.0 a 99", "churn#prod#2 a 0"], ["order"]),
        # with an interruption the time begins anew; with a repetition it does not
        (
            AFTER,
            [
                *("churn@v1.0.0 a 99", "churn#staging#1 a 50", "churn#staging!#2 a 40"),
                *("churn#staging#3 a 3", "churn#prod#4 a 0"),
            ],
            ["after"],
        ),
        (
            AFTER,
            [
                *("churn@v1.0.0 a 99", "churn#staging#1 a 50", "churn#staging#2 a 3"),
                "churn#prod#4 a 0",
            ],
            [],
        ),
        # a version that was registered again elsewhere
        (
            AFTER,
            [
                *("churn@v1.0.0 a 99", "churn#staging#1 a 50", "churn@v1.0.0! a 40"),
                *("churn@v1.0.0#2 b 30", "churn#prod#4 b 0"),
            ],
            ["order"],
        ),
        # signed, freeze: of all events that change what the stage shows
        (SIGNED, ["churn@v1.0.0 a 3", "churn#prod#1 a 0"], ["signed"]),
        (SIGNED, ["churn@v1.0.0 a 3", "churn#dev#1 a 0"], []),
        (SIGNED, ["churn@v1.0.0 a 3", "churn#prod#1 a 1", "churn#prod!#2 a 0"], ["signed"]),
        (SIGNED, ["churn@v1.0.0 a 3", "churn#prod#1 a 1", "churn@v1.0.0! a 0"], ["signed"]),
        (SIGNED, ["churn@v1.0.0 a 3", "churn#prod#1 a 1", "churn@deprecated a 0"], ["signed"]),
        (
            SIGNED,
            [
                *("churn@v1.0.0 a 3", "churn#prod#1 a 2", "churn@v1.0.0! a 1"),
                "churn@v1.0.0#2 a 0",
            ],
            ["signed", "exposed"],
        ),
        (SIGNED, ["churn@v1.0.0 a 3", "churn@v1.1.0 b 1", "churn@v1.1.0! b 0"], []),
        (FREEZE, ["churn@v1.0.0 a 3", "churn#prod#1 a 0"], ["freeze"]),
        (FREEZE, ["churn@v1.0.0 a 3", "churn#dev#1 a 0"], []),
        # a tag that was dated before it is judged by the clock too
        (FREEZE, ["churn@v1.0.0 a 999", "churn#prod#1 a 900"], ["freeze"]),
        # only-newer
        (NEWER, ["churn@v1.0.0 a 3", "churn@v1.1.0 b 2", "churn#prod#1 a 0"], []),
        (
            NEWER,
            ["churn@v1.0.0 a 9", "churn@v1.1.0 b 8", "churn#prod#1 b 3", "churn#prod#2 a 0"],
            ["only-newer"],
        ),
        # a rollback pops the stack; another version that is lower does not
        (
            NEWER,
            [
                *("churn@v1.0.0 a 9", "churn@v1.1.0 b 8", "churn#prod#1 a 4"),
                *("churn#prod#2 b 3", "churn#prod#3 a 0"),
            ],
            [],
        ),
        (
            "stages: {prod: {only-newer: true, rollback: false}}",
            [
                *("churn@v1.0.0 a 9", "churn@v1.1.0 b 8", "churn#prod#1 a 4"),
                *("churn#prod#2 b 3", "churn#prod#3 a 0"),
            ],
            ["only-newer"],
        ),
        # a refused downgrade, repeated, stays refused
        (
            NEWER,
            [
                *("churn@v1.0.0 a 9", "churn@v1.1.0 b 8", "churn#prod#1 b 4"),
                *("churn#prod#2 a 3", "churn#prod#3 a 0"),
            ],
            ["only-newer"],
        ),
        (NEWER, ["churn@v1.1.0 b 8", "churn#prod#1 b 4", "churn#prod#2 a 0"], ["only-newer"]),
        # require, and a version at two commits
        (REQUIRE, ["churn@v1.0.0 a 3", "churn#dev#1 a 0"], []),
        (REQUIRE, ["churn#dev#1 a 0"], ["require"]),
        (REQUIRE, ["churn@v1.0.0 a 3", "churn@v1.0.0! a 2", "churn#dev#1 a 0"], ["require"]),
        (REQUIRE, ["churn@v1.0.0 a 3", "churn@v1.0.0#2 b 0"], ["version"]),
        (REQUIRE, ["churn@v1.0.0 a 3", "churn@v1.0.0! a 2", "churn@v1.0.0#2 b 0"], []),
        # narrowing by name, key by key, in order
        (
            "order: [dev, prod]\nartifacts: {'churn*': {order: []}}",
            ["churn@v1.0.0 a 3", "churn#prod#1 a 0"],
            [],
        ),
        (
            f"{SIGNED}\nartifacts: {{'*/churn': {{stages: {{prod: {{actors: [bob]}}}}}}}}",
            ["models/x/churn@v1.0.0 a 3", "models/x/churn#prod#1 a 0"],
            ["actors", "signed"],
        ),
        (
            f"artifacts: {{'*': {{{SIGNED}}}, c*: {{stages: {{prod: {{signed: false}}}}}}}}",
            ["churn@v1.0.0 a 3", "churn#prod#1 a 0"],
            [],
        ),
        # lists beside the policy
        (f"{LISTS}{REQUIRE}", ["churn@v1.0.0 a 3", "churn#staging#1 a 0"], ["stages"]),
        # what was refused is not shown again by a rollback or a new registration
        (
            f"order: [dev, prod]\n{NEWER}",
            [
                *("churn@v1.0.0 a 99", "churn#dev#1 a 98", "churn#prod#2 a 97"),
                *("churn@v1.5.0 b 96", "churn#prod#3 b 95", "churn@v2.0.0 c 94"),
                *("churn#dev#4 c 93", "churn#prod#5 c 92", "churn#prod!#6 c 0"),
            ],
            ["exposed"],
        ),
        # what a rollback would show, and an artifact that is active again
        (
            SIGNED,
            [
                *("churn@v1.0.0 a 9", "churn@v1.1.0 b 8", "churn#prod#1 a 7", "churn#prod#2 b 6"),
                "churn@v1.0.0! a 0",
            ],
            ["signed"],
        ),
        (
            SIGNED,
            [
                *("churn@v1.0.0 a 9", "churn@v1.1.0 b 8", "churn#prod#1 a 7", "churn#prod#2 b 6"),
                "churn#prod!#3 a 0",
            ],
            ["signed"],
        ),
        (
            SIGNED,
            ["churn@v1.0.0 a 9", "churn#prod#1 a 7", "churn@deprecated a 6", "churn@v1.1.0 b 0"],
            ["signed"],
        ),
        # an artifact whose patterns leave no stage before
        (
            "artifacts: {c*: {order: [x, prod], stages: {prod: {after: 1d}}}, '*n': {order: []}}",
            ["churn@v1.0.0 a 9", "churn#prod#1 a 0"],
            ["after"],
        ),
        # time
        (ORDER, ["churn@v1.0.0 a -0.05"], []),
        (ORDER, ["churn@v1.0.0 a -1"], ["time"]),
        # an event of the future opens nothing
        (
            ORDER,
            ["churn@v1.0.0 a 3", "churn#dev#1 a -9", "churn#staging#2 a -10"],
            ["time", "order"],
        ),
    ],
)
def test_what_a_policy_refuses(text: str, lines: list[str], violated: list[str]) -> None:
    assert rules_violated(judged(text, *lines)) == violated


ASSIGNED = ["churn@v1.0.0 a 3", "churn#prod#1 a 0"]


@pytest.mark.parametrize(
    ("actor", "violated"), [("alice", []), ("BOB", []), ("mallory", ["actors"]), (None, ["actors"])]
)
def test_who_may(actor: str | None, violated: list[str]) -> None:
    judgement = judged(ACTORS, *ASSIGNED, actor=actor)
    assert rules_violated(judgement) == violated
    assert all(each.is_undecided is (actor is None) for each in judgement.violations)


@pytest.mark.parametrize(
    ("signed", "signers", "violated"),
    [
        ("true", ("alice@x",), []),
        ("true", (), ["signed"]),
        ("[alice@x]", ("alice@x",), []),
        ("[bob@x, alice@x]", ("alice@x",), []),
        ("[bob@x]", ("alice@x",), ["signed"]),
    ],
)
def test_who_signs(signed: str, signers: tuple[str, ...], violated: list[str]) -> None:
    facts = Facts(signed={"churn#prod#1": signers} if signers else {})
    text = f"stages: {{prod: {{signed: {signed}}}}}"
    assert rules_violated(judged(text, *ASSIGNED, facts=facts)) == violated


def test_a_commit_is_on_a_branch_and_an_artifact_annotated() -> None:
    off = Facts(off_branch=frozenset({"a" * 40}))
    assert rules_violated(judged(BRANCHES, *ASSIGNED, facts=off)) == ["branches"]
    assert rules_violated(judged(BRANCHES, *ASSIGNED)) == []
    annotation = "require: [annotation]"
    assert rules_violated(judged(annotation, *ASSIGNED)) == ["require"]
    typed = Facts(types={"a" * 40: "dataset"})
    assert rules_violated(judged(annotation, *ASSIGNED, facts=typed)) == []
    assert rules_violated(judged(f"{LISTS}{REQUIRE}", *ASSIGNED, facts=typed)) == [
        "types",
        "require",
    ]


@pytest.mark.parametrize(
    ("text", "facts", "lines"),
    [
        (f"{ORDER}\n{BRANCHES}", Facts(off_branch=frozenset({"b" * 40})), ["churn#dev#1 b 2"]),
        ("order: [dev, staging]\nstages: {dev: {signed: true}}", Facts(), ["churn#dev#1 b 2"]),
        (
            "order: [dev, staging]\nstages: {dev: {freeze: ['2026-01-01/2026-02-20']}}",
            Facts(),
            ["churn#dev#1 b 2"],
        ),
        (f"{ORDER}\n{REQUIRE}", Facts(), ["churn#dev#1 b 4"]),
    ],
)
def test_an_earlier_event_that_was_refused_opens_no_stage(
    text: str, facts: Facts, lines: list[str]
) -> None:
    judgement = judged(text, "churn@v2.0.0 b 3", *lines, "churn#staging#7 b 0", facts=facts)
    assert "order" in rules_violated(judgement)


@pytest.mark.parametrize(
    ("lines", "violated"),
    [
        (["churn@v1.0.0 a 0.05"], []),
        (["churn@v1.0.0 a 0.2"], ["time"]),
        (["churn@v1.0.0 a 3", "churn@v2.0.0 b 0"], []),
        (["churn@v1.0.0 a -0.02", "churn#dev#1 a 0"], ["time"]),
        # of one second: a deregistration is replayed before an assignment that is there
        (["churn@v1.0.0 a 3", "churn#prod#2 a 0", "churn@v1.0.0! a 0"], ["time"]),
    ],
)
def test_a_new_tag_has_the_time_of_its_creation(lines: list[str], violated: list[str]) -> None:
    assert rules_violated(judged(ORDER, *lines, at_creation=True)) == violated


@pytest.mark.parametrize(
    ("override", "actor", "message", "violated", "overridden"),
    [
        ("false", "alice", "m\n\nGto-Override: a fire", ["order", "override"], False),
        ("true", "mallory", "m\n\nGto-Override: a fire", [], True),
        ("true", "mallory", "Gto-Override: a fire", [], True),
        ("true", "mallory", "Gto-Override: a fire\n\nnot the last paragraph", ["order"], False),
        ("true", "mallory", "m\n\nGto-Override:", ["order"], False),
        ("{actors: [alice]}", "alice", "m\n\nGto-Override: a fire", [], True),
        ("{actors: [alice]}", "mallory", "m\n\nGto-Override: x", ["order", "override"], False),
        ("{actors: [alice]}", None, "m\n\nGto-Override: x", ["order", "override"], False),
        ("{signed: true}", "alice", "m\n\nGto-Override: x", ["order", "override"], False),
    ],
)
def test_an_override(
    override: str, actor: str | None, message: str, violated: list[str], overridden: bool
) -> None:
    text = f"{ORDER}\noverride: {override}"
    lines = ["churn@v1.0.0 a 3", f"churn#prod#1 a 0 {message}"]
    judgement = judged(text, *lines, actor=actor)
    assert (rules_violated(judgement), judgement.overridden) == (violated, overridden)


@pytest.mark.parametrize(
    ("override", "violated"),
    [("true", []), ("{actors: [alice]}", ["order"]), ("{signed: true}", ["order"])],
)
def test_an_override_of_the_past_counts_if_the_repository_shows_that_it_was_allowed(
    override: str, violated: list[str]
) -> None:
    text = f"{ORDER}\noverride: {override}"
    lines = ["churn@v1.0.0 a 3", "churn#staging#1 a 2 m\n\nGto-Override: x", "churn#prod#2 a 0"]
    assert rules_violated(judged(text, *lines)) == violated


@pytest.mark.parametrize(
    ("text", "lines", "sentence"),
    [
        (
            ORDER,
            ["churn@v1.0.0 a 3", "churn#staging#1 a 0"],
            (
                "order: v1.0.0 is not in dev, where a version of churn has to be before staging: "
                "assign it there first"
            ),
        ),
        (
            AFTER,
            ["churn@v1.0.0 a 9", "churn#staging#1 a 3", "churn#prod#1 a 0"],
            (
                "after: v1.0.0 has been in staging for 3h, and has to be there for 1d before prod: "
                "try again after 2026-02-02T23:40:00Z"
            ),
        ),
        (
            SIGNED,
            ASSIGNED,
            (
                "signed: churn#prod#1, which changes what prod shows, is not signed: "
                "it has no signature"
            ),
        ),
        (FREEZE, ASSIGNED, "freeze: prod is frozen in 2026-02-01/2026-02-03: try again after it"),
        (
            NEWER,
            ["churn@v1.0.0 a 9", "churn@v1.1.0 b 8", "churn#prod#1 b 3", "churn#prod#2 a 0"],
            (
                "only-newer: prod shows v1.1.0, and churn#prod#2 is about v1.0.0, which is not "
                "newer: assign a newer version, or roll back"
            ),
        ),
        (
            REQUIRE,
            ["churn#dev#1 a 0"],
            (
                f"require: {'a' * 40} is not a registered version of churn that satisfies the "
                "policy: register it first"
            ),
        ),
        (
            REQUIRE,
            ["churn@v1.0.0 a 3", "churn@v1.0.0#2 b 0"],
            (
                "version: v1.0.0 is registered at aaaaaaa, and churn@v1.0.0#2 is at bbbbbbb: "
                "deregister it there first, or register another version"
            ),
        ),
    ],
)
def test_the_sentences(text: str, lines: list[str], sentence: str) -> None:
    assert [str(each) for each in judged(text, *lines).violations] == [sentence]


def test_an_override_that_only_the_host_can_decide_is_undecided() -> None:
    text = f"{ORDER}\noverride: {{actors: [alice]}}"
    lines = ["churn@v1.0.0 a 3", "churn#prod#1 a 0 m\n\nGto-Override: x"]
    violations = judged(text, *lines, actor=None).violations
    assert [each.is_undecided for each in violations] == [True, True]


def test_an_override_that_nothing_needs_any_more_counts() -> None:
    text = f"{REQUIRE}\n{BRANCHES}\noverride: {{actors: [alice]}}"
    lines = ["churn@v1.0.0 a 3 m\n\nGto-Override: x", "churn#dev#1 a 0"]
    assert rules_violated(judged(text, *lines)) == []


def test_a_freeze_of_today_is_none_of_the_past() -> None:
    history = events("churn@v1.0.0 a 999", "churn#prod#1 a 900")
    rules = policy(FREEZE).rules_of("churn")
    judge = Judge(NOW, "alice", looks_back=True)
    judged_then = judge_events(history, ["churn#prod#1"], rules, Facts(), judge)
    assert rules_violated(judged_then["churn#prod#1"]) == []


def test_the_reason_of_an_override() -> None:
    assert override_reason("a\n\nSigned-off-by: x\nGto-Override: the fire  ") == "the fire"
    assert override_reason("a Gto-Override: x") is None


TAGS = st.sampled_from(
    [
        *(f"churn@v1.{number}.0{again}" for number in range(3) for again in ("", "#9")),
        *(f"churn@v1.{number}.0!" for number in range(2)),
        *(f"churn#{stage}#{number}" for stage in ("dev", "prod") for number in range(3)),
        *(f"churn#{stage}!#{number}" for stage in ("dev", "prod") for number in range(2)),
        "churn@deprecated",
    ]
)
HISTORIES = st.lists(
    st.tuples(TAGS, st.sampled_from("abc"), st.integers(0, 99)),
    min_size=1,
    max_size=9,
    unique_by=lambda entry: entry[0],
)
BASES = st.sampled_from(["order: [dev, prod]", "order: [dev]", "stages: {prod: {from: [dev]}}"])
ADDED = st.sampled_from(
    [
        "require: [registration]",
        "require: [annotation]",
        "branches: [main]",
        "artifacts: {churn: {stages: {dev: {signed: true}}}}",
        "artifacts: {churn: {stages: {prod: {signed: true}}}}",
        "artifacts: {churn: {stages: {prod: {actors: [bob]}}}}",
        "artifacts: {churn: {stages: {prod: {only-newer: true}}}}",
        "artifacts: {churn: {stages: {dev: {only-newer: true}}}}",
        "artifacts: {churn: {stages: {prod: {freeze: ['2026-01-01/2026-02-20']}}}}",
        "artifacts: {churn: {stages: {dev: {freeze: ['2026-01-01/2026-02-01']}}}}",
        "artifacts: {churn: {stages: {prod: {from: [dev], after: 30h}}}}",
    ]
)
FACTS = st.builds(
    Facts,
    signed=st.dictionaries(TAGS, st.just(("alice@x",)), max_size=4),
    off_branch=st.frozensets(st.sampled_from(["a" * 40, "b" * 40])),
    types=st.dictionaries(st.sampled_from(["a" * 40, "b" * 40]), st.just("model")),
)


@settings(max_examples=150)
@given(history=HISTORIES, base=BASES, added=ADDED, facts=FACTS)
def test_another_rule_never_allows_more(
    history: list[tuple[str, str, int]], base: str, added: str, facts: Facts
) -> None:
    found = events(*(f"{tag} {commit} {hours}" for tag, commit, hours in history))
    tags = [event.tag.name for event in found]
    less, more = (
        judge_events(found, tags, policy(text).rules_of("churn"), facts, Judge(NOW, "alice"))
        for text in (base, f"{base}\n{added}")
    )
    for tag in tags:
        assert not (less[tag].violations and not more[tag].violations)


@settings(max_examples=50)
@given(history=HISTORIES)
def test_an_empty_policy_allows_all_but_what_can_never_be(
    history: list[tuple[str, str, int]],
) -> None:
    found = events(*(f"{tag} {commit} {hours}" for tag, commit, hours in history))
    rules = policy("order: []").rules_of("churn")
    tags = [event.tag.name for event in found]
    for judgement in judge_events(found, tags, rules, Facts(), Judge(NOW)).values():
        assert set(rules_violated(judgement)) <= {"version"}


def _calls(number: int) -> int:
    """Count the calls of functions that it takes to judge the promotions of some versions."""
    text = "order: [dev, prod]\nrequire: [registration]\nstages: {prod: {only-newer: true}}"
    lines = [
        line
        for count in range(number)
        for line in (
            f"churn@v1.0.{count} {count:04x} {number - count}",
            f"churn#dev#{3 * count} {count:04x} {number - count - 0.2}",
            f"churn#prod#{3 * count + 1} {count:04x} {number - count - 0.4}",
            f"churn#dev#{3 * count + 2} 0000 {number - count - 0.6}",
        )
    ]
    history = events(*lines)
    tags = [event.tag.name for event in history]
    calls = 0

    def count_call(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    rules = policy(text).rules_of("churn")
    sys.setprofile(count_call)
    try:
        judge_events(history, tags, rules, Facts(), Judge(NOW))
    finally:
        sys.setprofile(None)
    return calls


def test_the_work_grows_with_the_number_of_events_and_not_with_its_square() -> None:
    assert _calls(200) < 2.5 * _calls(100)
