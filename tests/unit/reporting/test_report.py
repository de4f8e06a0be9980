from __future__ import annotations

import html
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tabulate import tabulate

from gto_action.annotations import Annotation
from gto_action.interpretation import Interpretation
from gto_action.registry.events import Tag, read_events
from gto_action.registry.replay import Registry, replay
from gto_action.reporting.markdown import LARGEST, Links
from gto_action.reporting.mermaid import mermaid
from gto_action.reporting.outputs import Outputs, outputs_of
from gto_action.reporting.rows import Rows, artifact_rows, history_rows, registry_rows
from gto_action.reporting.sentence import quoted_sentence, sentence
from gto_action.reporting.table import table
from gto_action.reporting.tag_summary import summary

COMMIT = "a" * 40


def _registry(*names: str) -> Registry:
    return replay(read_events(Tag(name, COMMIT, time=second) for second, name in enumerate(names)))


@given(st.lists(st.lists(st.text("abc #@v1.", max_size=9), min_size=3, max_size=3), max_size=4))
def test_a_table_is_what_gtos_users_see(rows: list[list[str]]) -> None:
    stripped = [[cell.strip() for cell in row] for row in rows]
    heading = ("name", "latest", "#prod")
    expected = tabulate(
        [[cell or "-" for cell in row] for row in stripped],
        heading,
        tablefmt="fancy_outline",
        disable_numparse=True,
    )
    assert table(Rows(heading, tuple(map(tuple, stripped)))) == expected


def test_truncation_is_reported() -> None:
    registry = _registry(*(f"m{number}@v1.0.0" for number in range(5)))
    rows = registry_rows(registry, 2)
    assert (rows.rows, rows.left_out) == ((("m3", "v1.0.0"), ("m4", "v1.0.0")), 3)
    assert table(rows).endswith("\n… and 3 older")
    history = history_rows(registry.newest(2), len(registry))
    assert [row[-1] for row in history.rows] == ["m4@v1.0.0", "m3@v1.0.0"]
    assert history.left_out == 3


def test_artifacts_with_the_newest_events_are_kept_if_not_all_fit() -> None:
    names = ("b@v1.0.0", "c@v1.0.0", "d@v1.0.0", "a@v1.0.0", "e@v1.0.0", "c#prod#1")
    rows = registry_rows(_registry(*names, "e@deprecated"), 2)
    assert [row[0] for row in rows.rows] == ["a", "c"]
    assert rows.left_out == 2


def test_an_artifact_with_a_stage_and_no_version_shows_the_commit() -> None:
    registry = _registry("m#prod#1", "other@v1.0.0")
    rows = registry_rows(registry, 9)
    assert rows.heading == ("name", "latest", "#prod")
    assert rows.rows == (("m", "", COMMIT[:7]), ("other", "v1.0.0", ""))
    assert "│ m      │ -        │ aaaaaaa │" in table(rows).splitlines()
    (row,) = artifact_rows(registry.artifacts["m"], 9).rows
    assert row == (COMMIT[:7], "prod", "1970-01-01 00:00:00+00:00", "m#prod#1")
    assert table(history_rows(registry.newest(1), 1)).count("aaaaaaa") == 1


def test_a_deregistered_version_is_not_in_the_artifacts_table() -> None:
    names = ("m@v1.0.0", "m@v2.0.0", "m@v3.0.0", "m#prod#1", "m@v2.0.0!", "m@v3.0.0!")
    artifact = _registry(*names).artifacts["m"]
    rows = artifact_rows(artifact, 9)
    assert [(row[0], row[1], row[3]) for row in rows.rows] == [("v1.0.0", "", "m@v1.0.0")]
    assert rows.left_out == 0
    assert artifact_rows(_registry("m@v1.0.0", "m@v1.0.0!").artifacts["m"], 9).rows == ()


def test_a_stage_is_in_the_row_of_the_version_that_it_shows() -> None:
    tags = [
        Tag("m@v1.0.0", "a" * 40, time=1),
        Tag("m@v2.0.0", "b" * 40, time=2),
        Tag("m#prod#1", "a" * 40, time=3),
        Tag("m#dev#2", "a" * 40, time=4),
        Tag("m#prod#3", "b" * 40, time=5),
    ]
    rows = artifact_rows(replay(read_events(tags)).artifacts["m"], 9)
    assert [row[:2] for row in rows.rows] == [("v2.0.0", "prod"), ("v1.0.0", "dev")]


@pytest.mark.parametrize(
    ("tag", "plain", "quoted"),
    [
        (
            "a/b=m@v1.0.0",
            "version v1.0.0 of a/b:m was registered",
            'Version "v1.0.0" of artifact "a/b:m" was registered',
        ),
        (
            "a/b=m@v1.0.0!",
            "version v1.0.0 of a/b:m was deregistered",
            'Version "v1.0.0" of artifact "a/b:m" was deregistered',
        ),
        (
            "a/b=m#prod#3",
            "stage prod was assigned to version aaaaaaa of a/b:m",
            f'Stage "prod" was assigned to version "{COMMIT}" of artifact "a/b:m"',
        ),
        (
            "a/b=m#prod!#4",
            "stage prod was taken from version aaaaaaa of a/b:m",
            f'Stage "prod" was unassigned from version "{COMMIT}" of artifact "a/b:m"',
        ),
        ("a/b=m@deprecated", "a/b:m was deprecated", 'Artifact "a/b:m" was deprecated'),
    ],
)
def test_the_sentence_of_each_kind_of_event(tag: str, plain: str, quoted: str) -> None:
    (replayed,) = _registry(tag).history()
    assert (sentence(replayed), quoted_sentence(replayed)) == (plain, quoted)


def test_the_newest_events_are_the_end_of_the_history() -> None:
    names = [f"{artifact}@v1.{number}.0" for number in range(5) for artifact in "abc"]
    registry = _registry(*names, "b#prod#1", "b@deprecated")
    newest_first = registry.history()[::-1]
    for limit in (0, 1, 7, 17, 99):
        assert registry.newest(limit) == newest_first[:limit]


def test_a_table_of_the_log_stays_readable_whatever_the_registry_holds() -> None:
    stages = [f"m{number % 3}#{'x' * 300}-{number}#1" for number in range(500)]
    rows = registry_rows(_registry("m0@v1.0.0", *stages), 1000)
    assert (len(rows.heading), rows.stages_left_out) == (32, 470)
    drawn = table(rows)
    assert drawn.endswith("\n… and 470 other stages")
    long_cells = table(Rows(("a", "b"), (("x" * 5000, "y"), ("z", "y"))))
    assert max(map(len, long_cells.splitlines())) < 140


def test_a_deprecated_artifact_is_not_in_the_registrys_table() -> None:
    rows = registry_rows(_registry("a@v1.0.0", "b@v1.0.0", "a@deprecated"), 10)
    assert rows.rows == (("b", "v1.0.0"),)


def test_the_picture_has_a_lane_for_each_stage_and_marks_what_it_shows() -> None:
    tags = [
        Tag("m@v1.0.0", "a" * 40, time=1),
        Tag("m@v2.0.0", "b" * 40, time=2),
        Tag("m#prod#1", "a" * 40, time=3),
        Tag("m#prod#2", "b" * 40, time=4),
        Tag("m#prod!#3", "b" * 40, time=5),
        Tag("m#prod!#4", "b" * 40, time=5),
        Tag("m#dev#4", "b" * 40, time=6),
        Tag("m#dev!#5", "b" * 40, time=7),
    ]
    picture = mermaid(replay(read_events(tags)).artifacts["m"])
    lanes = re.findall(r'subgraph s\d+\["(.*?)"\]\n(.*?)  end', picture, re.DOTALL)
    assert [
        (stage, re.findall(r'v\d\["(.*?)"\]', lane), re.findall(r"class (\w+) shown", lane))
        for stage, lane in lanes
    ] == [
        ("prod", ["v1.0.0", "v2.0.0", "v1.0.0"], ["s0v2"]),
        ("dev", ["v2.0.0", "none"], []),
    ]
    assert mermaid(_registry("m@v1.0.0").artifacts["m"]) == ""


def test_an_arrow_of_the_diagram_leads_from_each_version_to_the_next() -> None:
    tags = [
        Tag("m@v1.0.0", "a" * 40, time=1),
        Tag("m@v2.0.0-rc.1+b", "b" * 40, time=2),
        Tag("m#eu/west-1#1", "a" * 40, time=3),
        Tag("m#eu/west-1#2", "b" * 40, time=4),
        Tag("m#eu/west-1#3", "c" * 40, time=5),
        Tag("m#dev#4", "a" * 40, time=6),
    ]
    assert mermaid(replay(read_events(tags)).artifacts["m"]).splitlines() == [
        "flowchart LR",
        '  subgraph s0["eu/west-1"]',
        "    direction LR",
        '    s0v0["v1.0.0"]',
        '    s0v1["v2.0.0-rc.1+b"]',
        '    s0v2["ccccccc"]',
        "    s0v0 --> s0v1",
        "    s0v1 --> s0v2",
        "    class s0v2 shown",
        "  end",
        '  subgraph s1["dev"]',
        "    direction LR",
        '    s1v0["v1.0.0"]',
        "    class s1v0 shown",
        "  end",
        "  classDef shown stroke-width:4px",
    ]


def test_the_diagram_of_a_long_history_has_the_newest_moves_and_stages() -> None:
    names = [f"m@v1.{number}.0" for number in range(12)]
    versions = [Tag(name, f"{number:040x}", time=number) for number, name in enumerate(names)]
    moves = [Tag(f"m#prod#{number}", f"{number:040x}", time=100 + number) for number in range(12)]
    stages = [Tag(f"m#s{number}#1", "0" * 40, time=200 + number) for number in range(20)]
    artifact = replay(read_events([*versions, *moves])).artifacts["m"]
    nodes = re.findall(r'(s0v\d+)\["(.*?)"\]', mermaid(artifact))
    assert nodes == [(f"s0v{move}", f"v1.{move + 4}.0") for move in range(8)]
    assert mermaid(artifact).count("-->") == 7
    artifact = replay(read_events([*versions, *moves, *stages])).artifacts["m"]
    shown = re.findall(r'subgraph s\d+\["(.*?)"\]', mermaid(artifact))
    assert shown == [f"s{number}" for number in range(20)]


@pytest.mark.parametrize(
    "evil",
    [
        "![x](https://evil.example/x.png)",
        "<img src=https://evil.example>",
        "</details><h1>",
        "| a | b |",
        "[click](javascript:x)",
        "www.evil.example",
        "@someone #1",
        "`code` **bold** _it_ ~~x~~",
        "a\n\n# Heading\n",
    ],
)
def test_a_text_in_the_summary_is_text(evil: str) -> None:
    registry = _registry("m@v1.0.0")
    replayed = registry.artifacts["m"].history[0]
    reported = summary(registry, replayed, Outputs(event="registration", message=evil), "")
    (row,) = [line for line in reported.splitlines() if line.startswith("| message |")]
    (paragraph,) = [line for line in reported.splitlines() if line.startswith("Message: ")]
    for markdown, pattern in (
        (f"| output | value |\n| --- | --- |\n{row}\n", "<td>message</td>\n<td>(.*)</td>"),
        (paragraph, "<p>Message: (.*)</p>"),
    ):
        rendered = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown)
        (shown,) = re.findall(pattern, rendered)
        text = shown.replace("<!-- -->", "").replace("<br>", "\n")
        assert (html.unescape(text), "<" in text) == (evil, False)
        # what GitHub makes links and mentions of after that
        assert not re.search(r"://|www\.|(?<!<!-- -->)@|#[0-9](?!;)", markdown.replace("&#", ""))


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("v1.1.0, 2026-01-01 13:00:00+01:00", "v1.1.0, 2026-01-01 13:00:00+01:00"),
        ("a_b (c) - d! {e}: 50% #x", "a_b (c) - d! {e}: 50% #x"),
        ("see https://x.example", "see https&#58;//x.example"),
        ("_it_ :rocket: #1", "&#95;it&#95; &#58;rocket: #1"),
    ],
)
def test_only_what_would_be_markup_is_escaped(text: str, escaped: str) -> None:
    registry = _registry("m@v1.0.0")
    replayed = registry.artifacts["m"].history[0]
    reported = summary(registry, replayed, Outputs(event="registration", message=text), "")
    assert f"| message | {escaped.replace('#1', '&#35;1')} |" in reported.splitlines()


LINKS = Links.of("https://github.example/org/models")
MOVES = (
    Tag("m@v1.0.0", "a" * 40, time=1, author="Ann"),
    Tag("m@v2.0.0", "b" * 40, time=2),
    Tag("m#prod#1", "a" * 40, time=3),
    Tag("m#prod#2", "b" * 40, time=4),
    Tag("m#prod#3", "b" * 40, time=5),
    Tag("m#prod!#4", "b" * 40, time=6),
    Tag("m#dev#5", "a" * 40, time=7),
    Tag("m#dev!#6", "a" * 40, time=8),
    Tag("m@v2.0.0!", "b" * 40, time=9),
    Tag("other@deprecated", "b" * 40, time=10),
)


@pytest.mark.parametrize(
    ("tag", "headline", "state"),
    [
        ("m@v1.0.0", "`m` `v1.0.0` registered", "**Current**"),
        ("m@v2.0.0", "`m` `v2.0.0` registered, after `v1.0.0`", "**Stale**: a newer event"),
        ("m#prod#1", "`m` `v1.0.0` in `prod`", "**Current**"),
        ("m#prod#2", "`m` `v1.0.0` → `v2.0.0` in `prod`", "**Stale**: `prod` shows `v1.0.0` now"),
        ("m#prod#3", "`m` `v2.0.0` in `prod` again", "**Stale**: `prod` shows `v1.0.0` now"),
        ("m#prod!#4", "`m` `v2.0.0` → `v1.0.0` in `prod`", "**Current**"),
        ("m#dev#5", "`m` `v1.0.0` in `dev`", "**Stale**: `dev` shows nothing now"),
        ("m#dev!#6", "`m` `v1.0.0` removed from `dev`", "**Current**"),
        ("m@v2.0.0!", "`m` `v2.0.0` deregistered", "**Current**"),
        ("other@deprecated", "`other` deprecated", "**Current**"),
    ],
)
def test_the_summary_begins_with_what_happened(tag: str, headline: str, state: str) -> None:
    registry = replay(read_events(MOVES))
    artifact = registry.artifacts[tag[: tag.index("@" if "@" in tag else "#")]]
    replayed = artifact.find_event(tag)
    annotation = Annotation("models/dvc.yaml")
    outputs = outputs_of(Interpretation(registry, "", replayed, annotation))
    first, _, facts, *_ = summary(registry, replayed, outputs, "", LINKS).splitlines()
    assert first == f"### {headline}"
    assert facts.startswith(state)
    base, sha = "https://github.example/org/models", replayed.event.commit
    assert f"commit [`{sha[:7]}`]({base}/commit/{sha})" in facts
    in_url = tag.replace("#", "%23").replace("@", "%40").replace("!", "%21")
    assert f"tag [`{tag}`]({base}/tree/{in_url})" in facts
    assert f"[`models/dvc.yaml`]({base}/blob/{sha}/models/dvc.yaml)" in facts


def test_without_an_event_the_summary_has_no_heading_of_its_own() -> None:
    reported = summary(_registry("m@v1.0.0"), None, Outputs(), "refs/heads/main is not a tag")
    assert reported.startswith("refs/heads/main is not a tag\n\n#### Registry\n\n|")


@pytest.mark.parametrize(
    "url", ["", "file:///srv/org/models", "https://x)(y/a/b", "https://x/a", "ssh://x/a/b"]
)
def test_a_server_without_pages_gets_no_links(url: str) -> None:
    assert Links.of(url) == Links()


def test_the_summary_of_a_huge_registry_stays_within_githubs_limit() -> None:
    names = [f"m{number}" for number in range(90)]
    versions = [f"{name}@v1.0.0-{'a.' * 450}z" for name in names]
    assigned = [f"{name}#stage{stage}#{stage}" for name in names for stage in range(20)]
    registry = _registry(*versions, *assigned)
    replayed = registry.artifacts["m1"].history[0]
    reported = summary(registry, replayed, Outputs(event="registration"), "")
    assert len(reported.encode()) < LARGEST + 1000
    assert "the rest was cut" in reported


def test_values_that_json_does_not_know_become_text() -> None:
    outputs = Outputs(event="registration", meta={1: float("nan"), "a": b"x", "b": {2}})
    assert outputs.texts()["meta"] == '{"1": "nan", "a": "x", "b": [2]}'
    odd = Outputs(event="registration", meta={None: 1, True: 2})
    assert odd.texts()["meta"] == '{"null": 1, "true": 2}'


@pytest.mark.parametrize("meta", ["hello", "null", "a\nb", "", 7, False, ["x"]])
def test_meta_is_json_whatever_it_is(meta: object) -> None:
    assert json.loads(Outputs(event="registration", meta=meta).texts()["meta"]) == meta
