"""What the command line answers is what gto 1.10.1 answers, byte for byte.

The command lines for which it is not are each named here, with the heading of docs/differences.md
that tells why.
"""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from gto.cli import app
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gto_action.cli.app import main
from testkit.repositories import git
from tests.conformance.gto_state import state_read_once
from tests.registries import NAMES, STAGES, VERSIONS, GeneratedRegistry, build, registries

DIFFERENCES = Path(__file__).parent.parent.parent / "docs" / "differences.md"

SAME = """
show --json
show --json -d
show --json --ro
show --json --vs -1
show --json --vs 0
show --json --vs 2 --av 1
show --json --av 0
show --json --sort semver
show --json --sort semver --vs -1
show --name
show --name -d
show churn
show churn -d
show churn --plain
show churn --plain -d
show churn --plain --vs -1
show churn --json
show churn --json -d
show churn --json --vs -1
show churn --json --sort semver --av 1
show churn --version
show churn --stage
show churn --ref
show churn@latest --ref
show churn@greatest --version
show churn@latest --json
show churn@v1.1.0 --ref
show churn@v1.0.0 --ref
show churn@v1.0.0 --ref -d
show churn@v9.9.9 --ref
show churn#prod --ref
show churn#prod --version
show churn#prod --json
show churn#prod --plain --vs -1
show churn#none --ref
show churn#none --json
show features
show features --json
show features --ref
show features --version
show segment
show segment --json
show segment -d --json
show segment#prod -d --ref
show models/nlp:cv-class --json
show models/nlp:cv-class --plain
show models/nlp:cv-class#prod --ref
show nope
show nope --json
show churn@nope
show --version
show --ref
show --json --plain
show --sort size
show --av -2
show --vs x
show --no-such-option
history
history --plain
history --json
history --asc
history --asc --plain
history --ascending --json
history churn
history churn --plain
history churn --json
history models/nlp:cv-class --json
history segment --asc --json
history nope
history nope --json
history --json --plain
stages
stages --json
stages --used
stages --used --json
stages --allowed
stages --allowed --json
stages --allowed --used
check-ref churn#prod#3 --json
check-ref churn#prod#3 --name
check-ref churn#prod#3 --version
check-ref churn#prod#3 --event
check-ref churn#prod#3 --stage
check-ref refs/tags/churn#prod#3 --json
check-ref churn@v1.1.0 --json
check-ref churn@v1.1.0 --stage
check-ref churn@v1.0.0! --json
check-ref churn@v1.0.0! --event
check-ref churn#dev!#5 --json
check-ref churn#dev!#5 --version
check-ref segment@deprecated --json
check-ref segment@deprecated --version
check-ref models/nlp=cv-class@v1.0.0 --name
check-ref release-2026-03
check-ref release-2026-03 --json
check-ref churn@v9.9.9 --json
check-ref nope
check-ref main
check-ref HEAD --name
check-ref churn#prod#3 --name --json
check-ref
parse-tag churn@v1.0.0
parse-tag churn@v1.0.0!
parse-tag churn#prod#3
parse-tag churn#prod!#4
parse-tag churn@deprecated
parse-tag models/nlp=cv-class@v1.0.0-rc.1+b#7
parse-tag churn@v1.0.0 --key version
parse-tag churn#prod#3 --key counter
parse-tag churn#prod#3 --key version
parse-tag nope
print-state
no-such-verb
--no-such-option
""".strip().splitlines()

DIFFERENT = {
    "show": "Versions in the registry's table are complete",
    "show --plain": "Versions in the registry's table are complete",
    "show --plain -d": "Versions in the registry's table are complete",
    "show churn --name": "`show NAME --name` prints the name",
    "show churn#prod#3": "The name of a tag is accepted where an artifact is",
    "show segment@deprecated": "The name of a tag is accepted where an artifact is",
    "show models/nlp=cv-class --json": "The name of a tag is accepted where an artifact is",
    "history churn@v1.0.0": "The name of a tag is accepted where an artifact is",
    "history churn#prod#99": "The name of a tag is accepted where an artifact is",
    "show --points-at HEAD": "`show --points-at` is an option",
    "check-ref churn#prod#3": "Emojis are for terminals",
    "check-ref segment@deprecated": "Emojis are for terminals",
    "parse-tag churn@created": "`churn@created` is not a registry tag",
    "doctor": "`doctor` looks for more",
    "--version": "`--version` is this program's",
    "--help": "Help is this program's",
}


@dataclass(frozen=True)
class Answer:
    code: int
    output: str


def _theirs(line: str, repo: Path) -> Answer:
    result = CliRunner().invoke(app, _arguments(line, repo))
    return Answer(result.exit_code, result.stdout)


def _ours(line: str, repo: Path, capfd: pytest.CaptureFixture[str]) -> Answer:
    capfd.readouterr()
    code = main(_arguments(line, repo))
    return Answer(code, capfd.readouterr().out)


def _arguments(line: str, repo: Path) -> list[str]:
    words = shlex.split(line, comments=False)
    takes_repo = words[0] in {"show", "history", "stages", "check-ref", "print-state", "doctor"}
    return [*words, "-r", str(repo)] if takes_repo else words


@pytest.fixture(scope="session")
def demo_checkout(demo_remote: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("peer") / "checkout"
    git("clone", "--quiet", str(demo_remote), str(directory))
    return directory


@pytest.mark.parametrize("line", SAME)
def test_the_answer_is_that_of_gto(
    line: str, demo_checkout: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert _ours(line, demo_checkout, capfd) == _theirs(line, demo_checkout)


@pytest.mark.parametrize("line", DIFFERENT)
def test_every_difference_from_gto_is_documented(
    line: str,
    demo_checkout: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    # gto registers in the current directory: it must be neither this project nor shared
    checkout = Path(shutil.copytree(demo_checkout, tmp_path / "checkout"))
    monkeypatch.chdir(checkout)
    assert _ours(line, checkout, capfd) != _theirs(line, checkout)
    assert f"\n### {DIFFERENT[line]}\n" in DIFFERENCES.read_text()


NAMED = st.sampled_from(
    [
        *NAMES,
        "untagged",
        *(f"{name}@latest" for name in NAMES),
        *(f"{name}#{stage}" for name in NAMES for stage in STAGES),
        *(f"{name}@{version}" for name in NAMES for version in VERSIONS),
    ]
)
SHOW = st.tuples(
    st.sampled_from(["", " -d", " --sort semver", " --vs -1", " --vs 2", " --av 1", " --av 0"]),
    st.sampled_from(["", " --json", " --plain", " --name"]),
).map("".join)
SHOW_ARTIFACT = st.tuples(
    NAMED,
    st.sampled_from(["", " -d", " --sort semver", " --vs -1", " --vs 2", " --av 1"]),
    st.sampled_from(["", " --json", " --plain", " --version", " --stage", " --ref"]),
).map("".join)
HISTORY = st.tuples(
    st.sampled_from(["", *(f" {name}" for name in NAMES)]),
    st.sampled_from(["", " --json", " --plain"]),
    st.sampled_from(["", " --asc"]),
).map("".join)
LINES = st.one_of(
    SHOW.map("show{}".format),
    SHOW_ARTIFACT.map("show {}".format),
    HISTORY.map("history{}".format),
    st.sampled_from(["stages", "stages --used --json", "print-state"]),
)
FORMS = st.sampled_from(["--json", "--name", "--version", "--stage", "--event"])


@settings(phases=(Phase.explicit, Phase.generate), max_examples=25)
@given(registries(tidy=True), st.lists(LINES, min_size=6, max_size=6, unique=True), FORMS)
def test_answers_about_any_tidy_registry_are_those_of_gto(
    generated: GeneratedRegistry, lines: list[str], form: str
) -> None:
    _compare(generated, lines, form)


@pytest.mark.long
@settings(phases=(Phase.explicit, Phase.generate), max_examples=1000)
@given(registries(tidy=True), st.lists(LINES, min_size=6, max_size=6, unique=True), FORMS)
def test_answers_about_many_tidy_registries_are_those_of_gto(
    generated: GeneratedRegistry, lines: list[str], form: str
) -> None:
    _compare(generated, lines, form)


def _compare(generated: GeneratedRegistry, lines: list[str], form: str) -> None:
    events = [f"check-ref '{tag.name}' {form}" for tag in generated.tags[:2]]
    with tempfile.TemporaryDirectory() as directory, state_read_once():
        path = build(generated, Path(directory) / "repository")
        for line in (*lines, *events):
            theirs = CliRunner().invoke(app, _arguments(line, path))
            if "Multiple registrations are not supported" in theirs.stderr:
                continue  # a heading of docs/differences.md
            ours = _in_process(line, path)
            assert ours == Answer(theirs.exit_code, theirs.stdout), line


def _in_process(line: str, path: Path) -> Answer:
    """Answer without pytest's capture, which Hypothesis can't have."""
    with CliRunner().isolation() as (stdout, _, _):
        code = main(_arguments(line, path))
        return Answer(code, stdout.getvalue().decode())


def test_the_questions_about_the_demo_are_many_and_different() -> None:
    headings = re.findall(r"^### (.*)$", DIFFERENCES.read_text(), re.MULTILINE)
    assert len(SAME) > 100
    assert set(DIFFERENT.values()) <= set(headings)
