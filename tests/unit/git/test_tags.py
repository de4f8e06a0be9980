"""The fields of any tag are those that git formats."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gto_action.errors import UnreadableRepositoryError
from gto_action.git.runner import GitRunner
from gto_action.git.tags import MAX_MESSAGE_SIZE, read_tags
from gto_action.registry.events import Tag
from testkit.repositories import Builder, git, git_environment

TAGGER = b"Ann Lee <ann@example.org> 1767225600 +0100"
PGP = b"-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n"
SSH = b"-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----\n"


@pytest.fixture
def repository(tmp_path: Path) -> GitRunner:
    builder = Builder(tmp_path / "repository.git")
    builder.commit({"file": "content\n", "large": "x" * 1_000_000})
    return GitRunner(str(builder.build()), git_environment())


def _run(repository: GitRunner, *arguments: str, stdin: bytes = b"") -> bytes:
    command = ["git", "-C", repository.directory, *arguments]
    done = subprocess.run(
        command, input=stdin, env=git_environment(), capture_output=True, check=True
    )
    return done.stdout.rstrip(b"\n")


def _add(repository: GitRunner, name: str, content: bytes) -> None:
    """Make a tag object of any content, as old or odd programs do, and a tag of it."""
    options = ("-t", "tag", "-w", "--stdin", "--literally")
    oid = _run(repository, "hash-object", *options, stdin=content)
    (Path(repository.directory) / "refs" / "tags" / name).write_bytes(oid + b"\n")


def _read(repository: GitRunner, artifact: str | None = None) -> dict[str, Tag]:
    return {tag.name: tag for tag in read_tags(repository, artifact)}


def _head(repository: GitRunner) -> bytes:
    return _run(repository, "rev-parse", "main")


@pytest.mark.parametrize(
    "rest",
    [
        b"tagger " + TAGGER + b"\n\nA message\n",
        b"tagger " + TAGGER + b"\n\n",
        b"tagger " + TAGGER + b"\n",
        b"tagger " + TAGGER + b"\n\n\n\nlate\n",
        b"tagger " + TAGGER + b"\n\nno line feed at the end",
        b"tagger " + TAGGER + b"\n\nfirst\n\n  second  \n\n",
        b"\nold: without a tagger\n",
        b"tagger <> 0 +0000\n\nnobody\n",
        b"tagger  <only@mail> 1 +0000\n\nx\n",
        b"tagger A B <a@b> 5 -1130\n\nwest\n",
        b"tagger A <a@b> 253402300800 +1400\n\nyear 10,000\n",
        b"tagger A <a@b> 1767225600\n\nno zone\n",
        b"tagger A <a@b>\n\nno date\n",
        b"tagger A\n\nno mail\n",
        "tagger Änn Ł <ä@b> 1 +0530\n\nünï ☃\n".encode(),
        b"tagger \xc4nn <a@b> 1 +0000\n\nlatin \xfc\n",
        b"tagger " + TAGGER + b"\nencoding ISO-8859-1\n\nmore headers\n",
        b"tagger " + TAGGER + b"\n\nsigned\n" + PGP,
        b"tagger " + TAGGER + b"\n\nsigned\n" + SSH,
        b"tagger " + TAGGER + b"\n\ntwo\n" + PGP + b"middle\n" + SSH,
        b"tagger " + TAGGER + b"\n\nsays -----BEGIN PGP SIGNATURE----- in a line\n",
        b"tagger " + TAGGER + b"\n\n" + PGP,
        b"tagger " + TAGGER + b"\n\n-----BEGIN SOMETHING-----\n",
        b"tagger A <a>b <a@b> 1767225600 +0100\n\na name with the end of a mail\n",
        b"tagger "
        + TAGGER
        + b"\n\n%b tag 9 refs/tags/a@v1.0.0\nobject %b\n" % (b"1" * 40, b"2" * 40),
        b"tagger " + TAGGER + b"\n\n\x01\r\x1b[31m\x85\xe2\x80\xa8\n",
    ],
)
def test_fields_are_those_of_for_each_ref(rest: bytes, repository: GitRunner) -> None:
    head = _head(repository)
    _add(repository, "m@v1.0.0", b"object " + head + b"\ntype commit\ntag m@v1.0.0\n" + rest)
    fields = ("taggername", "taggeremail:trim", "taggerdate:raw", "contents:signature", "contents")
    form = "".join(f"%({field})%00" for field in fields)
    reported = _run(repository, "for-each-ref", f"--format={form}", "refs/tags")
    name, email, date, signature, contents = (
        item.decode(errors="replace") for item in reported.split(b"\0")[:-1]
    )
    _run(repository, "tag", "next", "main")
    tag, after = read_tags(repository)
    assert after.name == "next"
    message = contents.removesuffix(signature).strip()
    assert (tag.commit, tag.author, tag.author_email) == (head.decode(), name, email)
    assert (tag.message, tag.annotated, tag.target) == (message, True, "commit")
    if date:
        sign = -1 if "-" in date.split()[1] else 1
        offset = sign * (int(date[-4:-2]) * 60 + int(date[-2:]))
        assert (tag.time, tag.offset) == (int(date.split()[0]), offset)
    else:
        assert (tag.time, tag.offset) == (0, 0)


def test_a_time_before_1970_is_read(repository: GitRunner) -> None:
    header = b"object " + _head(repository) + b"\ntype commit\ntag m\n"
    _add(repository, "m@v1.0.0", header + b"tagger A <a@b> -5 +0000\n\nx\n")
    (tag,) = read_tags(repository)
    assert tag.time == -5


def test_a_time_of_more_digits_than_any_clock_has_is_none(repository: GitRunner) -> None:
    header = b"object " + _head(repository) + b"\ntype commit\ntag m\n"
    _add(repository, "m@v1.0.0", header + b"tagger A <a@b> " + b"9" * 5000 + b" +0000\n\nx\n")
    (tag,) = read_tags(repository)
    assert (tag.author, tag.time) == ("A", 0)


def test_a_tag_of_a_tag_is_peeled(repository: GitRunner) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@b")
    inner = "main"
    for depth in range(4):
        _run(repository, *who, "tag", "-a", "-m", f"depth {depth}", f"m@v1.{depth}.0", inner)
        inner = f"m@v1.{depth}.0"
    tags = _read(repository)
    assert {tag.commit for tag in tags.values()} == {_head(repository).decode()}
    assert [tags[f"m@v1.{depth}.0"].message for depth in range(4)] == [
        f"depth {depth}" for depth in range(4)
    ]


@pytest.mark.parametrize(("object_", "target"), [("main:large", "blob"), ("main^{tree}", "tree")])
@pytest.mark.parametrize("annotated", [True, False])
def test_a_tag_of_a_file_or_a_directory_is_reported(
    object_: str, target: str, repository: GitRunner, *, annotated: bool
) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@b")
    _run(repository, "tag", "a-first", "main")
    message = ("-a", "-m", "x") if annotated else ()
    _run(repository, *who, "tag", *message, "m@v1.0.0", object_)
    _run(repository, "tag", "z-last", "main")
    tags = _read(repository)
    assert list(tags) == ["a-first", "m@v1.0.0", "z-last"]
    tag = tags["m@v1.0.0"]
    assert (tag.target, tag.annotated) == (target, annotated)
    assert tag.commit == _run(repository, "rev-parse", object_).decode()


def test_a_lightweight_tag_has_the_people_of_its_commit(repository: GitRunner) -> None:
    _run(repository, "tag", "m@v1.0.0", "main")
    (tag,) = read_tags(repository)
    assert (tag.annotated, tag.author, tag.author_email) == (False, "Ann Lee", "ann@example.org")
    assert (tag.message, tag.offset, tag.target) == ("Commit 1", 60, "commit")


def test_the_tags_of_one_artifact_are_read_and_no_others(repository: GitRunner) -> None:
    own = ["a@v1.0.0", "a@v1.0.0!", "a#prod#1", "a#eu/west-1#2", "a#eu/west/2!#3", "a@deprecated"]
    others = ["ab@v1.0.0", "a-b#prod#1", "b=a@v1.0.0", "x/a@v1.0.0", "v1.0.0"]
    for name in (*own, *others):
        _run(repository, "tag", name, "main")
    assert sorted(_read(repository, "a")) == sorted(own)
    assert sorted(_read(repository, "b:a")) == ["b=a@v1.0.0"]
    assert sorted(_read(repository)) == sorted([*own, *others])


def test_a_message_larger_than_any_buffer(repository: GitRunner) -> None:
    head = _head(repository)
    header = b"object " + head + b"\ntype commit\ntag m\ntagger " + TAGGER + b"\n\n"
    _add(repository, "m@v1.0.0", header + b"line\n" * 300_000)
    _add(repository, "m@v1.0.1", header + b"short\n")
    reported = {
        tag.name: len(tag.message) for tag in read_tags(repository, full_message_for="m@v1.0.0")
    }
    assert reported == {"m@v1.0.0": MAX_MESSAGE_SIZE, "m@v1.0.1": 5}
    assert len(_read(repository)["m@v1.0.0"].message) == 4096


@pytest.mark.parametrize(
    "content", [b"", b"object x\n", b"object " + b"0" * 40 + b"\ntype car\ntag x\n\n"]
)
def test_an_object_that_is_not_a_tag_is_an_error(content: bytes, repository: GitRunner) -> None:
    _add(repository, "m@v1.0.0", content)
    with pytest.raises(UnreadableRepositoryError, match="git can't read the tags"):
        _read(repository)


def test_a_missing_object_is_an_error(repository: GitRunner) -> None:
    git("-C", repository.directory, "tag", "b", "main")
    missing = "1" * 40
    (Path(repository.directory) / "refs" / "tags" / "a").write_text(f"{missing}\n")
    with pytest.raises(UnreadableRepositoryError, match=missing):
        _read(repository)


def test_a_reader_may_stop_early(repository: GitRunner) -> None:
    for number in range(200):
        _run(repository, "tag", f"m@v1.{number}.0", "main")
    tags = read_tags(repository)
    assert next(tags).name == "m@v1.0.0"
    tags.close()  # type: ignore[attr-defined]
