"""What people write for an artifact, a version or a stage."""

from __future__ import annotations

import pytest

from gto_action.registry.selectors import Shortcut, is_artifact_name, parse_shortcut


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("churn", Shortcut("churn")),
        ("models/nlp:churn", Shortcut("models/nlp:churn")),
        ("models/nlp=churn", Shortcut("models/nlp:churn")),
        ("a=b:c", Shortcut("a=b:c")),
        (f"{'c' * 4091}@v1.0", Shortcut(f"{'c' * 4091}@v1.0")),
        (f"{'c' * 4089}@v1.0.0", Shortcut("c" * 4089, version="v1.0.0")),
        (f"{'c' * 4090}@v1.0.0", Shortcut(f"{'c' * 4090}@v1.0.0")),
        ("churn@latest", Shortcut("churn", latest=True)),
        ("churn@greatest", Shortcut("churn", latest=True)),
        ("churn@v1.0.0", Shortcut("churn", version="v1.0.0")),
        ("churn@v1.0.0-rc.1+b.2", Shortcut("churn", version="v1.0.0-rc.1+b.2")),
        ("a/b:churn#eu/west-1", Shortcut("a/b:churn", stage="eu/west-1")),
        ("a/b:churn@latest", Shortcut("a/b:churn", latest=True)),
        # the names of tags, where they mean nothing else
        ("churn#prod#3", Shortcut("churn", tag="churn#prod#3")),
        ("churn#prod!", Shortcut("churn", tag="churn#prod!")),
        ("churn@v1.0.0#2", Shortcut("churn", tag="churn@v1.0.0#2")),
        ("churn@v1.0.0!", Shortcut("churn", tag="churn@v1.0.0!")),
        ("churn@deprecated", Shortcut("churn", tag="churn@deprecated")),
        ("models/nlp=x#prod!#4", Shortcut("models/nlp:x", tag="models/nlp=x#prod!#4")),
        ("refs/tags/churn#prod#3", Shortcut("churn", tag="churn#prod#3")),
        ("refs/tags/churn@v1.0.0", Shortcut("churn", version="v1.0.0")),
        # what tags write for a name
        ("models/nlp=x", Shortcut("models/nlp:x")),
        ("models/nlp=x@v1.0.0", Shortcut("models/nlp:x", version="v1.0.0")),
        ("models/nlp=x@latest", Shortcut("models/nlp:x", latest=True)),
        ("models/nlp=x#prod", Shortcut("models/nlp:x", stage="prod")),
        ("a=b=c", Shortcut("a=b=c")),
        ("a:b=c", Shortcut("a:b=c")),
        # no shortcuts, so names, which no artifact has
        ("churn@v1.0", Shortcut("churn@v1.0")),
        ("churn@1.0.0", Shortcut("churn@1.0.0")),
        ("churn@newest", Shortcut("churn@newest")),
        ("churn@created", Shortcut("churn@created")),
        ("churn@latest\n", Shortcut("churn@latest\n")),
        ("", Shortcut("")),
        ("a" * 5000 + "@latest", Shortcut("a" * 5000 + "@latest")),
    ],
)
def test_a_shortcut_is_a_name_and_what_of_it(text: str, expected: Shortcut) -> None:
    assert parse_shortcut(text) == expected


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
