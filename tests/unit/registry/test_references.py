"""The reason why a ref is not an event."""

from __future__ import annotations

import pytest

from gto_action.registry.references import near_miss_sentence, read_ref

WITHOUT_V = (
    "tag 'churn@1.0.0' is not a registry tag (did you mean 'churn@v1.0.0'?): "
    "a version begins with 'v'"
)


@pytest.mark.parametrize(
    ("ref", "sentence"),
    [
        ("refs/tags/churn@1.0.0", WITHOUT_V),
        ("churn@v1.x", "tag 'churn@v1.x' is not a registry tag, and looks like one"),
        ("churn@v1.0.0", ""),
        ("release-1", ""),
        ("refs/heads/churn@1.0.0", ""),
        ("a..b@1.0.0", ""),
    ],
)
def test_a_near_miss_is_a_sentence(ref: str, sentence: str) -> None:
    assert near_miss_sentence(read_ref(ref)) == sentence


@pytest.mark.parametrize(
    ("ref", "tag", "reason"),
    [
        ("refs/tags/churn@v1.0.0", "churn@v1.0.0", ""),
        ("churn@v1.0.0", "churn@v1.0.0", ""),
        (
            "refs/heads/x",
            "refs/heads/x",
            "refs/heads/x is not a tag, so it is not a registry event",
        ),
        (
            "a..b=c@v1.0.0",
            "a..b=c@v1.0.0",
            "'a..b=c@v1.0.0' is not a name that Git allows for a tag",
        ),
        ("x", "x", "tag 'x' is not a registry tag"),
    ],
)
def test_a_ref_is_parsed(ref: str, tag: str, reason: str) -> None:
    parsed = read_ref(ref)
    assert (parsed.tag, parsed.reason, parsed.parts is None) == (tag, reason, bool(reason))
