"""What people write for an artifact, a version or a stage."""

from __future__ import annotations

import pytest

from gto_action.registry.selectors import Selector, is_artifact_name, parse_selector


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("churn", Selector("churn")),
        ("models/nlp:churn", Selector("models/nlp:churn")),
        ("models/nlp=churn", Selector("models/nlp:churn")),
        ("a=b:c", Selector("a=b:c")),
        (f"{'c' * 4091}@v1.0", Selector(f"{'c' * 4091}@v1.0")),
        (f"{'c' * 4089}@v1.0.0", Selector("c" * 4089, version="v1.0.0")),
        (f"{'c' * 4090}@v1.0.0", Selector(f"{'c' * 4090}@v1.0.0")),
        ("churn@latest", Selector("churn", latest=True)),
        ("churn@greatest", Selector("churn", latest=True)),
        ("churn@v1.0.0", Selector("churn", version="v1.0.0")),
        ("churn@v1.0.0-rc.1+b.2", Selector("churn", version="v1.0.0-rc.1+b.2")),
        ("a/b:churn#eu/west-1", Selector("a/b:churn", stage="eu/west-1")),
        ("a/b:churn@latest", Selector("a/b:churn", latest=True)),
        # the names of tags, where they mean nothing else
        ("churn#prod#3", Selector("churn", tag="churn#prod#3")),
        ("churn#prod!", Selector("churn", tag="churn#prod!")),
        ("churn@v1.0.0#2", Selector("churn", tag="churn@v1.0.0#2")),
        ("churn@v1.0.0!", Selector("churn", tag="churn@v1.0.0!")),
        ("churn@deprecated", Selector("churn", tag="churn@deprecated")),
        ("models/nlp=x#prod!#4", Selector("models/nlp:x", tag="models/nlp=x#prod!#4")),
        ("refs/tags/churn#prod#3", Selector("churn", tag="churn#prod#3")),
        ("refs/tags/churn@v1.0.0", Selector("churn", version="v1.0.0")),
        # what tags write for a name
        ("models/nlp=x", Selector("models/nlp:x")),
        ("models/nlp=x@v1.0.0", Selector("models/nlp:x", version="v1.0.0")),
        ("models/nlp=x@latest", Selector("models/nlp:x", latest=True)),
        ("models/nlp=x#prod", Selector("models/nlp:x", stage="prod")),
        ("a=b=c", Selector("a=b=c")),
        ("a:b=c", Selector("a:b=c")),
        # no selectors, so names, which no artifact has
        ("churn@v1.0", Selector("churn@v1.0")),
        ("churn@1.0.0", Selector("churn@1.0.0")),
        ("churn@newest", Selector("churn@newest")),
        ("churn@created", Selector("churn@created")),
        ("churn@latest\n", Selector("churn@latest\n")),
        ("", Selector("")),
        ("a" * 5000 + "@latest", Selector("a" * 5000 + "@latest")),
    ],
)
def test_a_shortcut_is_a_name_and_what_of_it(text: str, expected: Selector) -> None:
    assert parse_selector(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("churn", True),
        ("a", True),
        ("models/nlp:churn", True),
        ("./x_y.z:a-b", True),
        ("churn-", False),
        ("a b", False),
        ("a:b:c", False),
        ("models/nlp=churn", False),
        ("chürn", False),
        ("", False),
        ("a" * 5000, False),
    ],
)
def test_a_name_is_one_that_tags_can_hold(text: str, *, expected: bool) -> None:
    assert is_artifact_name(text) is expected
