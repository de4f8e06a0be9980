from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gto_action.registry.image_names import image_labels, image_name, image_tag, slug
from gto_action.registry.tag_names import DIR, NAME, VERSION

TOOLS = Path(__file__).parent.parent.parent.parent / "tools"

# RFC 1123 label, as Kubernetes checks it: apimachinery, "Object Names and IDs"
DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
# OCI distribution specification 1.1, "Pulling manifests": <name> and <reference>
OCI_NAME = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")
OCI_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")

names = st.from_regex(f"(?:{DIR}:)?{NAME}", fullmatch=True)
short_names = st.from_regex(
    r"\A(?:[aB._/-]{1,4}:)?[aB01](?:[aB01/_-]{0,5}[aB01])?\Z", fullmatch=True
)


@pytest.mark.parametrize(
    ("name", "label", "image"),  # the hashes are those of sha256sum(1)
    [
        ("churn", "churn", "churn"),
        ("Churn", "churn-2b58f510", "churn"),
        ("models/nlp:Churn", "models-nlp-churn-a870641c", "models/nlp/churn"),
        ("a-deadbeef", "a-deadbeef-0056006c", "a-deadbeef"),
        ("team_a/seg", "team-a-seg-63f2211b", "team_a/seg"),
        ("a___b", "a---b-ce178f6c", "a-b"),
        ("./x/-:y", "x---y-76a719c5", "x/y"),
        ("a//b", "a--b-7a9acf33", "a/b"),
    ],
)
def test_a_name_becomes_a_label_and_the_path_of_an_image(name: str, label: str, image: str) -> None:
    assert (slug(name), image_name(name)) == (label, image)


@given(name=names)
def test_any_name_becomes_a_valid_label_and_a_valid_path(name: str) -> None:
    long = f"{name}/{name * 30}"
    assert OCI_NAME.fullmatch(image_name(long))
    assert len(image_name(long)) <= 200
    assert DNS_LABEL.fullmatch(slug(name))
    assert len(slug(name)) <= 63
    assert OCI_NAME.fullmatch(image_name(name))


@settings(max_examples=200)
@given(several=st.sets(short_names | names, min_size=2, max_size=30))
def test_different_names_have_different_slugs(several: set[str]) -> None:
    slugs = {slug(name) for name in several}
    assert len(slugs | {slug(label) for label in slugs}) >= len(several)
    assert len(slugs) == len(several)


def test_long_names_with_a_common_prefix_have_different_slugs() -> None:
    assert slug("a" * 63) == "a" * 63
    assert len({slug("a" * length) for length in range(60, 70)}) == 10


@pytest.mark.parametrize(
    ("version", "tag"),
    [
        ("v1.1.0", "v1.1.0"),
        ("v1.1.0-rc.1+cu12", "v1.1.0-rc.1_cu12"),
        ("a" * 40, "a" * 40),
        (f"v1.0.0-{'a' * 121}", f"v1.0.0-{'a' * 121}"),
    ],
)
def test_a_version_becomes_a_tag(version: str, tag: str) -> None:
    assert image_tag(version) == tag


@given(version=st.from_regex(VERSION, fullmatch=True), more=st.integers(0, 200))
def test_any_version_becomes_a_valid_tag(version: str, more: int) -> None:
    long = version + ("+" if "+" not in version else ".") + "b" * (more + 1)
    assert OCI_TAG.fullmatch(image_tag(version))
    assert OCI_TAG.fullmatch(image_tag(long))
    assert image_tag(long) != image_tag(f"{long}b")


needs_node = pytest.mark.skipif(
    not shutil.which("node") or not (TOOLS / "node_modules/csv-parse").exists(),
    reason="needs node, and npm ci in tools",
)


def _records(text: str) -> list[str]:
    command = ["node", str(TOOLS / "read-records.mjs")]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=True)
    records: list[str] = json.loads(done.stdout)
    return records


@needs_node
def test_hostile_labels_are_one_record_each() -> None:
    hostile = [
        'a "quoted" text',
        '"',
        '""',
        '"a,b","c"',
        "a, b, c",
        "x\norg.opencontainers.image.version=v9",
        "x\r\ny",
        "x\ry",
        "\x00\x1b[31m",
        "a\u2028b\u2029c\x85d\x0be\x0cf",
        "#comment",
        "a # b",
        "\\",
        "\\n",
        "'",
        ",",
        ";|\t",
        "\ufeffbom",
        "=",
        "ends with a space ",
        "é ☃ 🚀",
    ]
    labels = image_labels([(f"k{number}", text) for number, text in enumerate(hostile)])
    assert _records(labels) == labels.split("\n")
    assert len(labels.split("\n")) == len([text for text in hostile if text.strip("\x00\x1b \r\n")])


@needs_node
@settings(max_examples=20)
@given(texts=st.lists(st.text(max_size=30), min_size=1, max_size=30))
def test_any_labels_are_one_record_each(texts: list[str]) -> None:
    texts = [text.encode(errors="replace").decode() for text in texts]
    labels = image_labels([(f"k{number}", text) for number, text in enumerate(texts)])
    assert _records(labels) == [line.strip() for line in labels.split("\n") if line]
