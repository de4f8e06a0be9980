"""The registry tag that a mistyped name was meant to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gto_action.registry.near_misses import (
    did_you_mean,
    near_miss,
    nearest_tag_name,
    resembles_tag_name,
)


@pytest.mark.parametrize(
    ("name", "intended"),
    [
        ("churn@1.3.0", "churn@v1.3.0"),
        ("churn@v1.2", "churn@v1.2.0"),
        ("churn@V1.2.3", "churn@v1.2.3"),
        ("churn@V1", "churn@v1.0.0"),
        ("churn@v01.2.3", "churn@v1.2.3"),
        ("churn@1.0.0-rc.1+b", "churn@v1.0.0-rc.1+b"),
        ("churn@1.2.3#3!", "churn@v1.2.3!#3"),
        ("Churn #prod", "Churn#prod"),
        (" churn @ v1.2.3 ", "churn@v1.2.3"),
        ("churn#prod #3", "churn#prod#3"),
        ("churn#prod#", "churn#prod"),
        ("churn#prod!#", "churn#prod!"),
        ("churn@v1.2.3#", "churn@v1.2.3"),
        ("churn#prod#3!", "churn#prod!#3"),
        ("models/nlp:churn#prod#3", "models/nlp=churn#prod#3"),
        ("models/nlp:churn@1.0", "models/nlp=churn@v1.0.0"),
    ],
)
def test_the_nearest_name_is_a_registry_tag(name: str, intended: str) -> None:
    assert str(nearest_tag_name(name)) == intended
    assert did_you_mean(name) == f" (did you mean '{intended}'?)"
    assert resembles_tag_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "churn@v1.0.0",
        "churn#prod!#3",
        "churn",
        "churn:prod",
        "churn@latest",
        "churn@next",
        "v1.2.3",
        "@scope/pkg@1.0.0",
        "my model@v1.0.0",
        "my.model@v1.0.0",
        "churn-@v1.0.0",
        "churn#",
        "churn##3",
        "churn#prod!!",
        "churn@v1.2.3.4",
        "churn@v1.x",
        "release-2026-03",
        "",
        "a" * 5000 + "@1.0.0",
    ],
)
def test_there_is_no_repair_if_nothing_is_wrong_or_the_repair_is_uncertain(name: str) -> None:
    assert nearest_tag_name(name) is None
    assert did_you_mean(name) == ""


def test_every_broken_rule_is_named() -> None:
    found = near_miss("models/nlp:churn @1.2#3!")
    assert found is not None
    assert str(found.tag) == "models/nlp=churn@v1.2.0!#3"
    assert found.rule == (
        "a tag name has no spaces; a tag name has '=' where the artifact name has ':'; "
        "the mark '!' is before the counter; a version begins with 'v'; "
        "a version has three numbers without leading zeros"
    )


@given(st.text(alphabet="cv:=@#!/. -+0123456789V\n", max_size=30))
def test_a_repaired_name_needs_no_repair(name: str) -> None:
    intended = nearest_tag_name(name)
    assert intended is None or near_miss(str(intended)) is None
