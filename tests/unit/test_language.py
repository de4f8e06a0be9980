"""Names, messages, help and pages are in the field's own terms, in plain technical English."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import gto_action

# one worker, which reads the files once
pytestmark = pytest.mark.xdist_group("language")

ROOT = Path(__file__).parent.parent.parent
PACKAGE = Path(gto_action.__file__).parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "action.yml"]

PHRASES = [
    r"\b(?:is|are) told\b",
    r"\btells? (?:us|whether|what|how|of)\b",
    r"(?<!there )\b(?:is|are) no (?:event|error|failure|tag|file|version|directory|name|place)\b",
    r"\bwho(?:ever)? (?:may|can|asks|reads|writes|owns|controls)\b(?=[^.|]* (?:is|are|has|gets)\b)",
    r"(?:^|[.:|] )Who(?:ever)? [a-z]+s\b",
    r"\bWhat (?:is|was|comes|came|a person)\b(?![^.|]*\?)",
    r"\bmend(?:s|ed|ing)?\b",
    r"\bfolders?\b",
    r"\bchapters?\b",
    r"\btruth values?\b",
    r"\bbr(?:ings?|ought)\b",
    r"\bverbs?\b",
    r"\bnot the end\b",
    r"\bit be done\b",
    r"\bthe most (?:seconds|bytes|rows)\b",
    r"\btexts\b",
    r"\ba text\b",
]
NAMES = re.compile(
    r"(?:^|_)(?:told|tell|asked|wish|held|said|complaints?|moments?|placing|bring|one|most|whole"
    r"|folders?|verbs?|mend|chapter|occurrences?)(?:$|_)",
    re.IGNORECASE,
)
ALLOWED = {"_one_of", "_in_one_line", "stage_held", "_ONE_LINE"}
"""Names in which the word is the ordinary one: one of several, a stage that is held."""


@functools.cache
def _nodes(file: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(file.read_text())))


def _messages(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the strings of a module with a space in them that are not docstrings, by line."""
    docstrings = {
        id(node.value)
        for node in _nodes(file)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in _nodes(file):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in docstrings and " " in text:
                yield node.lineno, text


def _docstrings(file: Path) -> Iterator[tuple[int, str]]:
    for node in _nodes(file):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.lineno, str(node.value.value)


def _names(file: Path) -> Iterator[tuple[int, str]]:
    for node in _nodes(file):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.Name(id=name, ctx=ast.Store()):
                yield node.lineno, name


MODULES = sorted(PACKAGE.rglob("*.py"))
HELPERS = [
    file
    for directory in ("tests", "testkit", "bench", "demo", "fuzz", "tools")
    for file in sorted((ROOT / directory).rglob("*.py"))
    if file != Path(__file__)
]


@functools.cache
def _texts() -> Sequence[tuple[Path, Sequence[tuple[int, str]]]]:
    """Return the files, and what a reader meets in each, by line."""
    return (
        *((module, (*_messages(module), *_docstrings(module))) for module in MODULES),
        *((helper, tuple(_docstrings(helper))) for helper in HELPERS),
        *((page, tuple(enumerate(page.read_text().splitlines(), 1))) for page in PAGES),
    )


@pytest.mark.parametrize("phrase", PHRASES)
def test_no_message_docstring_or_page_has_a_phrase_of_private_english(phrase: str) -> None:
    pattern = re.compile(phrase, re.MULTILINE)
    assert [
        f"{file.relative_to(ROOT)}:{line}: {match[0]}"
        for file, texts in _texts()
        for line, text in texts
        for match in pattern.finditer(text)
    ] == []


def test_names_are_nouns_and_verbs_of_the_field() -> None:
    assert [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for file in (*MODULES, *HELPERS)
        for line, name in _names(file)
        if not name.startswith("test_") and NAMES.search(name) and name not in ALLOWED
    ] == []


@pytest.mark.parametrize(
    "text",
    ["at most 5 seconds", "its own server", "the word most", "one of several", "a whole number"],
)
def test_ordinary_words_are_allowed(text: str) -> None:
    assert not any(re.search(phrase, text) for phrase in PHRASES)
