from __future__ import annotations

import pytest
from gto.tag import parse_name
from hypothesis import example, given
from hypothesis import strategies as st

from gto_action.registry.tag_names import EventKind, TagName, parse_tag_name, tag_prefixes

REGISTERED, DEREGISTERED = EventKind.REGISTRATION, EventKind.DEREGISTRATION
ASSIGNED, UNASSIGNED = EventKind.ASSIGNMENT, EventKind.UNASSIGNMENT
DEPRECATED = EventKind.DEPRECATION

READ = {
    "churn@v3.1.0": TagName(REGISTERED, "churn", "v3.1.0"),
    "churn@v3.1.0!": TagName(DEREGISTERED, "churn", "v3.1.0"),
    "churn#prod": TagName(ASSIGNED, "churn", stage="prod"),
    "churn#prod#3": TagName(ASSIGNED, "churn", stage="prod", counter=3),
    "churn#prod!#4": TagName(UNASSIGNED, "churn", stage="prod", counter=4),
    "churn#prod!": TagName(UNASSIGNED, "churn", stage="prod"),
    "churn@deprecated": TagName(DEPRECATED, "churn"),
    "churn@deprecated#2": TagName(DEPRECATED, "churn", counter=2),
    "churn@v1.0.0#12": TagName(REGISTERED, "churn", "v1.0.0", counter=12),
    "churn@v1.0.0!#13": TagName(DEREGISTERED, "churn", "v1.0.0", counter=13),
    "a@v0.0.0": TagName(REGISTERED, "a", "v0.0.0"),
    "7@v1.0.0": TagName(REGISTERED, "7", "v1.0.0"),
    "team/seg-2_b@v1.0.0": TagName(REGISTERED, "team/seg-2_b", "v1.0.0"),
    "models/nlp=churn@v1.0.0": TagName(REGISTERED, "models/nlp:churn", "v1.0.0"),
    "a.b/_c-d=churn#dev": TagName(ASSIGNED, "a.b/_c-d:churn", stage="dev"),
    "churn@v1.0.0-rc.1+build.5-x": TagName(REGISTERED, "churn", "v1.0.0-rc.1+build.5-x"),
    "churn@v1.0.0-SNAPSHOT": TagName(REGISTERED, "churn", "v1.0.0-SNAPSHOT"),
    "churn@v1.0.0-1RC.2B": TagName(REGISTERED, "churn", "v1.0.0-1RC.2B"),
    "churn@v1.0.0+BUILD.SHA": TagName(REGISTERED, "churn", "v1.0.0+BUILD.SHA"),
    "churn@v1.0.0-0a.--": TagName(REGISTERED, "churn", "v1.0.0-0a.--"),
    "churn#3": TagName(ASSIGNED, "churn", stage="3"),
    "churn#3#3": TagName(ASSIGNED, "churn", stage="3", counter=3),
    "churn#eu/west-1#0": TagName(ASSIGNED, "churn", stage="eu/west-1", counter=0),
}
FOREIGN = (
    *("", "churn", "churn@", "churn#", "@v1.0.0", "#prod", "v1.0.0", "churn@latest"),
    *("churn@1.0.0", "churn@v1.0", "churn@v1", "churn@v01.0.0", "churn@V1.0.0", "churn@v1.0.0-01"),
    *("churn@v1.0.0-", "churn@v1.0.0+", "churn@v1.0.0-a..b", "churn@v1.0.0!!", "churn@v1.0.0#"),
    *("churn@v1.0.0#x", "churn@v1.0.0#1#2", "churn#prod#1#2", "churn#-prod", "churn#prod-"),
    *("churn#prod !", "churn @v1.0.0", "-churn@v1.0.0", "churn-@v1.0.0", "_churn@v1.0.0"),
    *("churn@created", "churn@deprecated!", "churn@deprecatedx", "=churn@v1.0.0", "a=b=c@v1.0.0"),
    *("models:churn@v1.0.0", "churn@v1.0.0\n", "\nchurn@v1.0.0", "churn@v1.0.0\nx", "chürn@v1.0.0"),
    *("churn@v\u0661.0.0", "churn#prod#\u0663", "churn@v1.0.0 ", "refs/tags/@v1.0.0"),
    "a" * 4090 + "@v1.0.0",
)

names = st.from_regex("[a-zA-Z0-9]([a-zA-Z0-9/_-]{0,8}[a-zA-Z0-9])?", fullmatch=True)
directories = st.from_regex("[a-zA-Z0-9_./-]{1,8}", fullmatch=True)
numbers = st.integers(0, 10**20)
versions = st.builds(
    "v{}.{}.{}{}{}".format,
    numbers,
    numbers,
    numbers,
    st.sampled_from(("", "-rc.1", "-0.a-.12", "-x", "-SNAPSHOT", "-0RC")),
    st.sampled_from(("", "+5", "+a.b-c", "+BUILD")),
)
counters = st.none() | st.integers(0, 10**9)
artifacts = st.one_of(names, st.builds("{}:{}".format, directories, names))
none = st.none()
about_versions = st.sampled_from((REGISTERED, DEREGISTERED))
about_stages = st.sampled_from((ASSIGNED, UNASSIGNED))
tag_names = st.one_of(
    st.builds(TagName, about_versions, artifacts, versions, none, counters),
    st.builds(TagName, about_stages, artifacts, none, names, counters),
    st.builds(TagName, st.just(DEPRECATED), artifacts, none, none, counters),
)


@pytest.mark.parametrize("tag", READ)
def test_a_registry_tag_is_read_and_written(tag: str) -> None:
    assert parse_tag_name(tag) == READ[tag]
    assert str(READ[tag]) == tag


@pytest.mark.parametrize("tag", FOREIGN)
def test_any_other_name_is_not_the_registrys(tag: str) -> None:
    assert parse_tag_name(tag) is None


def test_leading_zeros_of_a_counter_do_not_count() -> None:
    assert parse_tag_name("churn#prod#007") == TagName(ASSIGNED, "churn", stage="prod", counter=7)


@given(tag_names)
def test_written_outputs_are_read_back(parts: TagName) -> None:
    tag = str(parts)
    assert parse_tag_name(tag) == parts
    assert tag.startswith(tag_prefixes(parts.name))


@given(st.text("ab1@#!=:/.v0-+_ \n", max_size=14))
@example("a@v0.0.0\n")
def test_gto_reads_the_same_from_any_text(tag: str) -> None:
    ours = parse_tag_name(tag)
    theirs = parse_name(tag.removesuffix("\n"), raise_on_fail=False)
    if tag.endswith("\n"):
        assert ours is None
    elif ours is None:
        assert not theirs
    else:
        assert theirs == {
            "name": ours.name,
            "action": theirs["action"],
            **({"version": ours.version} if ours.version else {}),
            **({"stage": ours.stage} if ours.stage else {}),
            **({} if ours.counter is None else {"counter": ours.counter}),
        }
