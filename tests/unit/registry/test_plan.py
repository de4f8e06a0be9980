"""What a request makes of a registry: new tags, or the reason why not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gto_action.errors import QueryError, RefusedError
from gto_action.registry.events import Tag, read_events, replay_order
from gto_action.registry.plan import Clock, Plan, plan
from gto_action.registry.replay import replay
from gto_action.registry.request_lines import parse_lines
from gto_action.registry.requests import Assign, Register, RegisterChanged, check_types
from gto_action.registry.tag_names import parse_tag_name

FIRST, SECOND, THIRD = (digit * 40 for digit in "123")
COMMITS = {"HEAD": FIRST, "two": SECOND, "three": THIRD}
NOW = 1_000_000


def _tags(text: str) -> list[Tag]:
    """Return tags, ``NAME`` at the first commit or ``NAME=COMMIT``, a minute after each other."""
    tags = []
    for number, word in enumerate(text.split()):
        name, _, commit = word.partition("^")
        tags.append(Tag(name, COMMITS[commit or "HEAD"], time=NOW - 60_000 + 60 * number))
    return tags


def _plan(tags: Sequence[Tag], lines: str, clock: Clock | None = None) -> Plan:
    return plan(tags, parse_lines(lines), COMMITS, clock or Clock(NOW))


def _names(planned: Plan) -> list[str]:
    return [tag.name for tag in planned.created]


@pytest.mark.parametrize(
    ("before", "line", "created"),
    [
        ("", "register a", "a@v0.0.1"),
        ("a@v0.0.1", "register a two", "a@v0.0.2"),
        ("a@v1.2.3", "register a two --bump-minor", "a@v1.3.0"),
        ("a@v1.2.3", "register a two --bump-major", "a@v2.0.0"),
        ("a@v1.2.3", "register a two --version v1.0.0", "a@v1.0.0"),
        ("a@v2.0.0-rc.1", "register a two", "a@v2.0.1"),
        ("d=a@v1.0.0", "register d:a two", "d=a@v1.0.1"),
        # a version that was ever registered is skipped
        ("a@v1.0.0 a@v1.0.1^two a@v1.0.1!^two", "register a three", "a@v1.0.2"),
        ("a@v1.0.0 a@v1.0.0!", "register a two", "a@v0.0.1"),
        # and may come back at its own commit, with a counter
        ("a@v1.0.0 a@v1.0.0!", "register a", "a@v1.0.0#1"),
        ("a@v1.0.0 a@v1.0.0! a#dev#7", "register a", "a@v1.0.0#8"),
        ("a@v1.0.0", "register a --force", "a@v1.0.0#1"),
        ("a@v1.0.0", "register a two --simple false", "a@v1.0.1#1"),
        ("a@v1.0.0", "assign a --stage dev", "a#dev#1"),
        ("a@v1.0.0 b#dev#9", "assign a --stage dev", "a#dev#1"),
        ("a@v1.0.0 a#prod#4 a#dev!#6", "assign a --stage dev", "a#dev#7"),
        ("a@v1.0.0", "assign a --stage dev --simple true", "a#dev"),
        ("a@v1.0.0", "assign a two --stage dev", "a@v1.0.1 a#dev#1"),
        ("a@v1.0.0", "assign a two --stage dev --version v3.0.0", "a@v3.0.0 a#dev#1"),
        ("a@v1.0.0 a@v2.0.0^two", "assign a --stage dev --version v2.0.0", "a#dev#1"),
        ("a@v1.0.0", "assign a two --stage dev --sr", "a#dev#1"),
        ("a@v1.0.0 a#dev#1", "assign a --stage dev --force", "a#dev#2"),
        ("a@v1.0.0 a@v1.0.0!", "assign a --stage dev --force", "a#dev#1"),
        ("a@v1.0.0 a#dev#1", "unassign a dev", "a#dev!#2"),
        ("a@v1.0.0 a#dev#1", "deprecate a v1.0.0 dev", "a#dev!#2"),
        ("a@v1.0.0", "deregister a v1.0.0", "a@v1.0.0!"),
        ("a@v1.0.0", "deprecate a v1.0.0", "a@v1.0.0!"),
        ("a@v1.0.0 a@v1.0.0! a@v1.0.0#1", "deregister a v1.0.0", "a@v1.0.0!#2"),
        ("a@v1.0.0", "deprecate a", "a@deprecated"),
        ("a@v1.0.0 a@deprecated a#dev#3", "deprecate a", "a@deprecated#4"),
        # nothing is to be done
        ("a@v1.0.0", "register a --if-needed", ""),
        ("a@v1.0.0", "register a --version v1.0.0 --if-needed", ""),
        ("a@v1.0.0 a#dev#1", "assign a --stage dev --if-needed", ""),
        ("a@v1.0.0 a#dev#1 a#dev!#2", "unassign a dev --if-needed", ""),
        ("a@v1.0.0 a@v1.0.0!", "deregister a v1.0.0 --if-needed", ""),
        ("a@v1.0.0 a@deprecated", "deprecate a --if-needed", ""),
        # in the stage, and not shown there
        (
            "a@v1.0.0 a@v2.0.0^two a#dev#1 a#dev#2^two",
            "assign a --stage dev --if-needed",
            "a#dev#3",
        ),
    ],
)
def test_a_request_creates_these_tags(before: str, line: str, created: str) -> None:
    assert _names(_plan(_tags(before), line)) == created.split()


@pytest.mark.parametrize(
    ("before", "line", "deleted"),
    [
        ("a@v1.0.0 a#dev#1 b@v1.0.0", "deprecate a --delete", "a@v1.0.0 a#dev#1"),
        ("a@v1.0.0 a@v2.0.0^two", "deregister a v1.0.0 --delete", "a@v1.0.0"),
        ("a@v1.0.0 a#dev#1 a#prod#2", "unassign a dev --delete", "a#dev#1"),
    ],
)
def test_a_request_deletes_these_tags(before: str, line: str, deleted: str) -> None:
    planned = _plan(_tags(before), line)
    assert (planned.created, planned.deleted) == ((), tuple(deleted.split()))


@pytest.mark.parametrize(
    ("before", "line", "reason"),
    [
        ("a@v1.0.0", "register a", "'a' is already registered in this commit with version "),
        ("a@v1.0.0", "register a two --version v1.0.0", "'v1.0.0' already was registered"),
        ("a@v1.0.0", "register a --version v2.0.0 --if-needed", "with version 'v1.0.0'"),
        ("", "register a --bump-minor", "Can't apply bump"),
        ("a@v1.0.0 a@v1.0.0!", "register a --version v2.0.0", "had version 'v1.0.0'"),
        ("a@v1.0.0 a#dev#1", "assign a --stage dev", "Version 'v1.0.0' is already in stage 'dev'"),
        ("a@v1.0.0 a@v1.0.0!", "assign a --stage dev", "'v1.0.0' is deregistered"),
        ("a@v1.0.0", "assign a --stage dev --version v9.0.0", "'v9.0.0' is not registered"),
        ("a@v1.0.0", "assign a HEAD --stage dev --version v9.0.0", "Can't register 'v9.0.0'"),
        ("a#dev", "assign a --stage dev --simple true --sr", "tag 'a#dev' already exists"),
        ("a@v1.0.0", "unassign a dev", "No version in stage 'dev'"),
        ("", "unassign a dev", "Cannot find artifact 'a'"),
        ("a@v1.0.0", "deregister a v2.0.0", "v2.0.0 was never registered"),
        ("a@v1.0.0 a@v1.0.0!", "deregister a v1.0.0", "was deregistered already"),
        ("a@v1.0.0 a@deprecated", "deprecate a", "Artifact was deprecated already"),
        ("a@v1.0.0 a#dev#1", "rollback a dev", "showed nothing before"),
        (
            "a@v1.0.0 a#dev#1 a@v2.0.0^two a#dev#2^two a@v1.0.0!",
            "rollback a dev",
            "version 'v1.0.0', which stage 'dev' of 'a' showed before, is deregistered",
        ),
        (
            "a@v1.0.0 a#dev#1 a@v2.0.0^two a#dev#2^two a@v1.0.0!",
            "rollback a dev --to v1.0.0",
            "version 'v1.0.0', which stage 'dev' of 'a' showed before, is deregistered",
        ),
        ("a@v1.0.0 a#p", "assign a --stage p/eu", "a directory of the other"),
        ("a@v1.0.0 a#p/eu", "assign a --stage p --simple true", "a directory of the other"),
        (
            "a@v1.0.0 a#dev#1",
            "rollback a dev --to v9.0.0",
            "nothing, and not to 'v9.0.0': assign that",
        ),
    ],
)
def test_a_request_is_refused_for_the_state(before: str, line: str, reason: str) -> None:
    with pytest.raises(RefusedError) as refused:
        _plan(_tags(before), f"register other two\n{line}")
    assert str(refused.value).startswith("line 2: ")
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("register 'a b'", "is not a name that tags can hold"),
        ("register -- -a", "is not a name that tags can hold"),
        ("register a..b:c", "is not a name that Git allows"),
        ("register a --version 1.0.0", "version '1.0.0' is not valid"),
        ("register a --version v1.0", "version 'v1.0' is not valid"),
        ("register a --version v1.0.0 --bump-major", "exclude each other"),
        ("assign a --stage 'x y'", "is not a name that a stage can have"),
        ("register a --message 'x\0y'", "null character"),
    ],
)
def test_a_request_with_a_value_that_no_tag_can_hold_makes_no_sense(line: str, reason: str) -> None:
    with pytest.raises(QueryError) as refused:
        _plan([], line)
    assert reason in str(refused.value)


def test_a_rollback_pops_the_stack_of_a_stage() -> None:
    tags = _tags("a@v1.0.0 a@v2.0.0^two a@v3.0.0^three a#p#1 a#p#2^two a#p#3^three")
    back = _plan(tags, "rollback a p\nrollback a p")
    assert [tag.version for tag in back.created] == ["v2.0.0", "v1.0.0"]
    to = _plan(tags, "rollback a p --to v1.0.0")
    assert [tag.version for tag in to.created] == ["v1.0.0"]
    # an inactive version is skipped, and an assignment of what is on the stack pops down to it
    without = _plan([*tags, *_later(tags, "a@v2.0.0!^two")], "rollback a p")
    assert [tag.version for tag in without.created] == ["v1.0.0"]
    popped = [*tags, *_later(tags, "a#p#4^two")]
    assert [tag.version for tag in _plan(popped, "rollback a p").created] == ["v1.0.0"]


def _later(tags: list[Tag], text: str) -> list[Tag]:
    last = max(tag.time for tag in tags)
    return [tag._replace(time=last + 60) for tag in _tags(text)]


@pytest.mark.parametrize(
    ("ahead", "clock", "time"),
    [
        (-100, Clock(NOW), NOW),
        (0, Clock(NOW), NOW + 1),
        (240, Clock(NOW), NOW + 241),
        (300, Clock(NOW), NOW + 301),
        (86_400, Clock(NOW, allow_future=True), NOW + 86_401),
        (-1, Clock(NOW, is_explicit=True), NOW),
    ],
)
def test_a_new_event_is_later_than_all_events_of_its_artifact(
    ahead: int, clock: Clock, time: int
) -> None:
    before = [Tag("a@v1.0.0", FIRST, time=NOW + ahead), Tag("b@v1.0.0", FIRST, time=NOW + 10_000)]
    (created,) = _plan(before, "register a two", clock).created
    assert created.time == time


@pytest.mark.parametrize(
    ("ahead", "number", "first", "last"),
    [
        (-1_000, 50, 0, 49),
        (-1_000, 400, -339, 60),
        (-100, 400, -99, 300),
        (240, 60, 241, 300),
    ],
)
def test_many_events_begin_earlier_and_are_not_far_ahead(
    ahead: int, number: int, first: int, last: int
) -> None:
    before = [Tag("a@v1.0.0", FIRST, time=NOW + ahead)]
    lines = [f"assign a --stage s{count}" for count in range(number)]
    created = _plan(before, "\n".join([*lines, "register b"])).created
    assert [tag.time - NOW for tag in created] == [*range(first, last + 1), 0]


@pytest.mark.parametrize(("ahead", "number"), [(-1_000, 1_302), (0, 302), (300, 2)])
def test_more_events_than_have_a_time_are_refused(ahead: int, number: int) -> None:
    before = [Tag("a@v1.0.0", FIRST, time=NOW + ahead)]
    lines = "\n".join(f"assign a --stage s{count}" for count in range(number))
    with pytest.raises(RefusedError, match="seconds ahead of the clock"):
        _plan(before, lines)
    assert len(_plan(before, lines, Clock(NOW, allow_future=True)).created) == number


@pytest.mark.parametrize(
    ("ahead", "clock", "words"),
    [
        (301, Clock(NOW), ["tag 'a@v1.0.0' is of 1970", "git tag -d", "--allow-future"]),
        (86_400, Clock(NOW), ["more than five minutes after"]),
        (0, Clock(NOW, is_explicit=True), ["GIT_COMMITTER_DATE is 1970", "set a later date"]),
    ],
)
def test_a_new_event_is_refused_if_time_would_run_backwards(
    ahead: int, clock: Clock, words: list[str]
) -> None:
    with pytest.raises(RefusedError) as refused:
        _plan([Tag("a@v1.0.0", FIRST, time=NOW + ahead)], "register a two", clock)
    assert all(word in str(refused.value) for word in words)


LINES = st.sampled_from(
    [
        *(f"register {name} {ref} --force" for name in "ab" for ref in COMMITS),
        *(f"assign a {ref} --stage {stage} --force" for ref in COMMITS for stage in ("x", "y")),
        "unassign a x --force",
        "deprecate a --force",
        "rollback a x",
    ]
)


@given(lines=st.lists(LINES, max_size=30), now=st.integers(NOW, NOW + 10))
def test_events_are_replayed_in_the_order_in_which_they_were_planned(
    lines: list[str], now: int
) -> None:
    """Fifty events in one second included: each is planned on what the last one left."""
    tags: list[Tag] = []
    made: dict[str, list[str]] = {"a": [], "b": []}
    for line in lines:
        try:
            planned = _plan(tags, line, Clock(now))
        except RefusedError:
            continue
        for new in planned.created:
            assert parse_tag_name(new.name) == new.parts
            assert new.name not in {tag.name for tag in tags}
            tags.append(Tag(new.name, new.commit, time=new.time))
            made[new.parts.name].append(new.name)
    for name, artifact in replay(read_events(tags)).artifacts.items():
        replayed = [each.event.tag.name for each in artifact.history]
        assert replayed == made[name]
        assert sorted(artifact.history, key=lambda each: replay_order(each.event)) == list(
            artifact.history
        )


@given(lines=st.lists(LINES, max_size=20))
def test_requests_are_planned_alike_together_or_one_by_one(lines: list[str]) -> None:
    tags: list[Tag] = []
    accepted = []
    for line in lines:
        try:
            planned = _plan(tags, line)
        except RefusedError:
            continue
        accepted.append(line)
        tags += [Tag(new.name, new.commit, time=new.time) for new in planned.created]
    if accepted:
        assert _names(_plan([], "\n".join(accepted))) == [tag.name for tag in tags]


def test_a_directory_of_a_name_of_the_same_request_is_refused() -> None:
    lines = "assign a --stage p --simple true\nassign a --stage p/eu"
    with pytest.raises(RefusedError, match="line 2: tag 'a#p' of the artifact exists"):
        _plan([], lines)


def test_a_name_that_no_file_system_has_is_refused() -> None:
    longest = "n" * (250 - len("@v0.0.1"))
    assert _names(_plan([], f"register {longest}")) == [f"{longest}@v0.0.1"]
    with pytest.raises(QueryError, match="line 1: the tag's name has a part of 251 characters"):
        _plan([], f"register n{longest}")


def test_a_value_of_another_type_is_named() -> None:
    for request, message in (
        (Assign(name="a", stage=None), "stage is None: it must be a string"),  # type: ignore[arg-type]
        (Register(name="a", message=5), "message is 5: it must be a string"),  # type: ignore[arg-type]
        (Register(name="a", simple="no"), "simple is 'no': it must be true, false or None"),  # type: ignore[arg-type]
    ):
        with pytest.raises(QueryError, match=message):
            check_types(request)
    check_types(RegisterChanged())
