"""The lines of `apply`: what they mean, and what is wrong with them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gto_action.errors import QueryError
from gto_action.registry.request_lines import parse_lines
from gto_action.registry.requests import (
    AnyRequest,
    Assign,
    AssignChanged,
    Bump,
    Deprecate,
    Deregister,
    Register,
    RegisterChanged,
    Rollback,
    Unassign,
)


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ("register churn", Register(name="churn")),
        ("register churn v1 --version v1.0.0", Register(name="churn", ref="v1", version="v1.0.0")),
        ("register churn --bump-minor", Register(name="churn", bump=Bump.MINOR)),
        ("register a -m 'b # c' # d", Register(name="a", message="b # c")),
        ("register a  #no", Register(name="a")),
        ('register a -m "x \\" # y"', Register(name="a", message='x " # y')),
        ("register a -m x\\ #y", Register(name="a", message="x #y")),
        ("register a --force --simple false", Register(name="a", force=True, simple=False)),
        ("register --changed", RegisterChanged()),
        ("register --changed main --bump-major", RegisterChanged(ref="main", bump=Bump.MAJOR)),
        ("assign churn#x --stage dev", Assign(name="churn#x", stage="dev")),
        ("promote churn --stage dev", Assign(name="churn", stage="dev")),
        (
            "assign a HEAD --stage dev --sr",
            Assign(name="a", ref="HEAD", stage="dev", skip_registration=True),
        ),
        ("assign --changed --stage dev", AssignChanged(stage="dev")),
        ("unassign a dev", Unassign(name="a", stage="dev")),
        ("deprecate a v1.0.0 dev", Unassign(name="a", stage="dev", version="v1.0.0")),
        ("deprecate a v1.0.0 --delete", Deregister(name="a", version="v1.0.0", delete=True)),
        ("deregister a v1.0.0", Deregister(name="a", version="v1.0.0")),
        ("deprecate a --ref main", Deprecate(name="a", ref="main")),
        ("rollback a dev --to v1.0.0", Rollback(name="a", stage="dev", to="v1.0.0")),
    ],
)
def test_a_line_is_a_request(line: str, request_: AnyRequest) -> None:
    (numbered,) = parse_lines(f"\n# a comment\n  {line}\n\n")
    assert (numbered.line, numbered.request) == (3, request_)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("frobnicate a", "'frobnicate' is not one of register, assign"),
        ("register", "Missing argument 'NAME'"),
        ("register a b c", "Got unexpected extra argument (c)"),
        ("assign a", "Missing option '--stage'"),
        ("register a --nope", "No such option '--nope'"),
        ("register a --push", "--push concerns all lines: it is for the command apply"),
        ("register a --repo=x", "--repo concerns all lines"),
        ("register a -u KEY", "-u concerns all lines"),
        ("register a --simple maybe", "'maybe' is not one of"),
        ("register a 'b", "No closing quotation"),
        ("register a \\", "No escaped character"),
        ("register a --bump-major --bump-minor", "exclude each other"),
        ("register --changed a b", "--changed is about all artifacts"),
        ("register --changed --force", "--changed can't be combined with"),
    ],
)
def test_what_is_wrong_with_a_line_names_it(line: str, reason: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse_lines(f"register a\n\n{line}\nregister b\n")
    assert str(refused.value).startswith("line 3: ")
    assert reason in str(refused.value)


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n  # at all"])
def test_without_a_request_there_is_nothing_to_do(text: str) -> None:
    with pytest.raises(QueryError, match="there is no request"):
        parse_lines(text)


@given(text=st.text(st.sampled_from("ra #'\"\\\n-=x\t"), max_size=40))
def test_any_text_is_requests_or_an_error(text: str) -> None:
    with suppress(QueryError):
        for numbered in parse_lines(f"register a {text}"):
            assert isinstance(numbered.request, Register)


@pytest.mark.parametrize(
    "line",
    [
        'register a ""',
        "register a --version ''",
        "assign a --stage d --version ''",
        "deprecate a --ref=",
        "rollback a d --to ''",
        "unassign a ''",
    ],
)
def test_an_empty_value_is_refused(line: str) -> None:
    """It is usually a variable that was not set."""
    with pytest.raises(QueryError, match=r"line 1: .*it is empty"):
        parse_lines(line)


def test_a_line_has_a_limit() -> None:
    assert len(parse_lines(f"register a -m {'y' * 60_000}")) == 1
    with pytest.raises(QueryError, match="line 2: it has more than 65536 characters"):
        parse_lines(f"register a\nregister b -m {'y' * 70_000}")
