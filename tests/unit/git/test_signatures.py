"""Headers of commits and tags: the person, the time and the encoding."""

from __future__ import annotations

import pytest

from gto_action.git.signatures import Signature, decode, read_headers, read_signature


@pytest.mark.parametrize(
    ("header", "encoding", "expected"),
    [
        (b"Ann <a@b> 7 +0130", "utf-8", Signature("Ann", "a@b", 7, 90)),
        (b"Ann <a@b> 7 -0130", "utf-8", Signature("Ann", "a@b", 7, -90)),
        (b"Ann <a@b> -7 +0000", "utf-8", Signature("Ann", "a@b", -7, 0)),
        (b"Ann <a@b>", "utf-8", Signature("Ann", "a@b", 0, 0)),
        (b"Ann <a@b> x +0100", "utf-8", Signature("Ann", "a@b", 0, 0)),
        (b"7 +0100", "utf-8", Signature("", "", 0, 0)),
        (b"", "utf-8", Signature("", "", 0, 0)),
        (b"Gr\xfcn <g\xfc@b> 7 +0000", "latin-1", Signature("Grün", "gü@b", 7, 0)),
        (b"Gr\xfcn <a@b> 7 +0000", "utf-8", Signature("Gr�n", "a@b", 7, 0)),
    ],
)
def test_a_signature(header: bytes, encoding: str, expected: Signature) -> None:
    assert read_signature(header, encoding) == expected


def test_a_signature_is_utf_8_by_default() -> None:
    assert read_signature("Grün <a@b> 7 +0000".encode()).name == "Grün"


@pytest.mark.parametrize(
    ("content", "encoding", "text"),
    [
        ("Grün".encode("latin-1"), "latin-1", "Grün"),
        ("Grün".encode(), "no-such-encoding", "Grün"),
        (b"Gr\xfcn", "no-such-encoding", "Gr�n"),
        (b"Gr\xfcn", "ascii", "Gr�n"),
    ],
)
def test_a_text_of_any_encoding_is_decoded(content: bytes, encoding: str, text: str) -> None:
    assert decode(content, encoding) == text


def test_a_message_is_utf_8_by_default() -> None:
    assert decode("Grün".encode()) == "Grün"


def test_the_message_of_a_commit_begins_after_the_first_empty_line() -> None:
    content = b"tree 1\nparent 2\nparent 3\n\nSubject\n\nBody\n"
    headers, message = read_headers(content)
    assert headers == {b"tree": b"1", b"parent": b"2"}
    assert message == b"Subject\n\nBody\n"
