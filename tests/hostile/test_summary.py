"""The job summary has no mark-up of anybody else's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.hostile.repositories import add_tag, escaped, registered, repository, workspace

TEXTS = {
    "an image that calls home": "![x](https://example.org/p.png) <img src=//example.org/p.png>",
    "a link that lies": "[https://github.com](https://example.org) <a href=//example.org>docs</a>",
    "a bare link": "https://example.org/x www.example.org a@example.org",
    "the end of a fold": "</details></summary><details open><script>x</script>",
    "the end of a cell": "a | b |\n| c | d |\n\n# heading\n- item\n> quote",
    "the end of the picture": "```\n```mermaid\nflowchart LR\n  a --> b\n  click a href 'https://x'",
    "mentions": "@org/team #1 org/repository#1 GH-1 :rocket:",
    "references": "&lt;b&gt; &#60;b&#62; &amp;",
    "maths and footnotes": "$`x`$ $$y$$ [^1] \\(z\\)",
    "comments": "<!-- x --> <!-- ",
    "right-to-left marks": "a\u202eb\u2066c",
}
# GitHub acts on these: none may remain in a reported text
MARKUP = re.compile(
    r"!\[|\]\(|<(?!br>|!-- -->|/?details>|/?summary>)|https?://|www\.|[\u202a-\u202e]"
)


@pytest.mark.parametrize("case", TEXTS)
def test_a_message_and_an_annotation_are_text(case: str, tmp_path: Path) -> None:
    quoted = escaped(TEXTS[case])
    entry = (
        f'{{path: a, desc: "{quoted}", type: "{quoted}", labels: ["{quoted}"], meta: "{quoted}"}}'
    )
    files = {"dvc.yaml": f"artifacts: {{churn: {entry}}}\n"}
    result = registered(tmp_path, files, message=TEXTS[case]).run(summary=True)
    assert (result.code, result.outputs["type"]) == (0, TEXTS[case])
    assert not MARKUP.search(result.summary), MARKUP.search(result.summary)
    without_names = re.sub(r"`[A-Za-z0-9_./+@#!=:-]+`", "", result.summary)
    assert "`" not in without_names
    facts, _, rest = result.summary.partition("#### `churn`")
    rows = [line for line in rest.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} <= {3, 5, 8}
    assert rest.count("<details>") == rest.count("</details>") == 3
    headings = re.findall("^#+ .*", result.summary, re.MULTILINE)
    assert headings == ["### `churn` `v1.0.0` registered", "#### `churn`"]
    assert facts.count("\n\n") == len(("heading", "facts", "message"))


def test_the_picture_holds_letters_and_what_a_name_may_hold(tmp_path: Path) -> None:
    remote = repository(tmp_path)
    for tag in ("churn@v1.0.0-x.y+z", "churn#end#1", "churn#subgraph#2", "churn#click/a-b_c#3"):
        add_tag(remote, tag)
    result = workspace(tmp_path, remote, "churn#end#1").run(summary=True)
    (picture,) = re.findall("```mermaid\n(.*?)```", result.summary, re.DOTALL)
    lanes = re.findall(r'"([^"]*)"', picture)
    assert {"end", "subgraph", "click/a-b_c", "v1.0.0-x.y+z"} <= set(lanes)
    assert re.fullmatch(r'(?:[\w\s\[\]":>/.+-]|--)*', picture)
