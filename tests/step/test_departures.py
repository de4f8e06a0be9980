"""Where gto 1.10.1 fails or misleads, and what we do instead. One test a case.

And where the answer differs though gto gives one: each is named after what it shows.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from testkit.repositories import START, Builder, git
from tests.conftest import Pushed

LATER = START + 10_000_000


def test_a_tag_at_created_is_not_the_registrys(tmp_path: Path, pushed: Pushed) -> None:
    builder = Builder(tmp_path / "remote.git")
    mark = builder.commit({"a": "1"})
    builder.tag("churn@v1.0.0", mark)
    builder.tag("churn@created", mark)
    remote = builder.build()
    assert pushed(remote, "churn@v1.0.0").run(show=True).outputs["event"] == "registration"


def test_at_created_alone_is_not_an_event(tmp_path: Path, pushed: Pushed) -> None:
    builder = Builder(tmp_path / "remote.git")
    builder.tag("churn@created", builder.commit({"a": "1"}))
    result = pushed(builder.build(), "churn@created").run()
    assert (result.code, set(result.outputs.values())) == (0, {""})
    assert "tag 'churn@created' is not a registry tag" in result.log


def test_the_last_of_two_versions_at_a_commit_is_assigned_with_a_warning(
    tmp_path: Path, pushed: Pushed
) -> None:
    builder = Builder(tmp_path / "remote.git")
    mark = builder.commit({"a": "1"})
    builder.tag("churn@v2.0.0", mark)
    builder.tag("churn@v1.0.0", mark)
    builder.tag("churn#prod#1", mark)
    result = pushed(builder.build(), "churn#prod#1").run()
    assert (result.code, result.outputs["version"]) == (0, "v1.0.0")
    assert "::warning::" in result.log
    assert "v1.0.0 was taken, and not v2.0.0" in result.log


@pytest.mark.parametrize("first", ["v1.0.0", "v3.0.0"])
def test_the_active_of_two_versions_at_a_commit_is_assigned(
    first: str, tmp_path: Path, pushed: Pushed
) -> None:
    builder = Builder(tmp_path / "remote.git")
    mark = builder.commit({"a": "1"})
    builder.tag(f"churn@{first}", mark)
    builder.tag("churn@v2.0.0", mark)
    builder.tag(f"churn@{first}!", mark)
    builder.tag("churn#prod#1", mark)
    result = pushed(builder.build(), "churn#prod#1").run()
    assert (result.code, result.outputs["version"]) == (0, "v2.0.0")
    assert f"v2.0.0 was taken, and not {first}" in result.log


def test_a_line_break_in_an_annotation_stays_in_its_output(tmp_path: Path, pushed: Pushed) -> None:
    builder = Builder(tmp_path / "remote.git")
    entry = '{path: a, desc: "x\\nevent=assignment\\nstage<<E\\nprod\\nE"}'
    builder.tag("churn@v1.0.0", builder.commit({"dvc.yaml": f"artifacts: {{churn: {entry}}}\n"}))
    result = pushed(builder.build(), "churn@v1.0.0").run()
    assert (result.outputs["event"], result.outputs["stage"]) == ("registration", "")
    assert result.outputs["description"] == "x\nevent=assignment\nstage<<E\nprod\nE"


def test_workflow_commands_in_messages_are_printed_and_never_executed(
    tmp_path: Path, pushed: Pushed
) -> None:
    evil = "::set-output name=event::assignment"
    builder = Builder(tmp_path / "remote.git")
    files = {"dvc.yaml": f'artifacts: {{churn: {{path: a, desc: "y\\n::error::{evil}"}}}}\n'}
    builder.tag(
        "churn@v1.0.0", builder.commit(files), f"Good\n\n{evil}\n##[error]bad\n::stop-commands::x"
    )
    result = pushed(builder.build(), "churn@v1.0.0").run(show=True, history=True)
    assert evil in result.log
    assert _obeyed(result.log) <= {"group", "endgroup"}


def test_a_lightweight_tag_is_reported_with_the_command_that_replaces_it(
    tmp_path: Path, pushed: Pushed
) -> None:
    builder = Builder(tmp_path / "remote.git")
    builder.lightweight("churn@v1.0.0", builder.commit({"a": "1"}))
    workspace = pushed(builder.build(), "churn@v1.0.0")
    result = workspace.run()
    assert (result.code, result.outputs["event"]) == (0, "")
    warning = next(line for line in result.log.splitlines() if line.startswith("::warning::"))
    replacement = warning.partition("make it annotated: ")[2].partition(" && ")[0]
    checkout = str(workspace.checkout)
    arguments = [
        word.strip("'") for word in replacement.replace("'a message'", "message").split()[1:]
    ]
    git("-C", checkout, "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments)
    assert git("-C", checkout, "cat-file", "-t", "refs/tags/churn@v1.0.0") == "tag"


def test_lightweight_tags_are_events_if_the_input_allows_them(
    tmp_path: Path, pushed: Pushed
) -> None:
    builder = Builder(tmp_path / "remote.git")
    builder.lightweight("churn@v1.0.0", builder.commit({"a": "1"}))
    result = pushed(builder.build(), "churn@v1.0.0").run(lightweight=True)
    reported = [result.outputs[name] for name in ("event", "author", "created-at", "message")]
    assert reported == ["registration", "Ann Lee", "2026-01-01T02:00:00+01:00", "Commit 1"]


def test_an_unassignment_sets_stage(demo_remote: Path, pushed: Pushed) -> None:
    assert pushed(demo_remote, "churn#dev!#5").run().outputs["stage"] == "dev"


def test_a_path_in_a_monorepo_is_from_the_root(demo_remote: Path, pushed: Pushed) -> None:
    result = pushed(demo_remote, "models/nlp=cv-class@v1.0.0").run()
    assert result.outputs["path"] == "models/nlp/cv.onnx"


def test_the_time_the_author_and_the_message_are_outputs(demo_remote: Path, pushed: Pushed) -> None:
    outputs = pushed(demo_remote, "churn#prod#3").run().outputs
    reported = [outputs[name] for name in ("created-at", "author", "author-email", "message")]
    expected = ["2026-01-01T13:00:00+01:00", "Ben Ode", "ben@example.org", "Better by two points"]
    assert reported == expected


def test_every_package_of_the_image_is_locked_with_hashes() -> None:
    lock = (Path(__file__).parent.parent.parent / "requirements.txt").read_text()
    packages = [line for line in lock.splitlines() if line and line[0] not in " #"]
    assert packages
    assert all("==" in line and line.endswith("\\") for line in packages)
    assert lock.count("--hash=sha256:") >= len(packages)


def test_within_a_second_the_counter_decides_what_a_stage_shows(
    tmp_path: Path, pushed: Pushed
) -> None:
    """Gto shows the version that was created first."""
    builder = Builder(tmp_path / "remote.git")
    first, second = builder.commit({"a": "1"}), builder.commit({"a": "2"})
    builder.tag("churn@v1.0.0", first)
    builder.tag("churn@v2.0.0", second)
    builder.tag("churn#prod#10", second, time=LATER)
    builder.tag("churn#prod#9", first, time=LATER)
    result = pushed(builder.build(), "churn#prod#10").run()
    assert result.json()["stages"] == {"prod": "v2.0.0"}
    assert result.outputs["previous-version"] == "v1.0.0"


def test_a_stage_can_be_taken_from_a_commit_without_a_version(
    tmp_path: Path, pushed: Pushed
) -> None:
    """Gto goes on showing the commit in the stage."""
    builder = Builder(tmp_path / "remote.git")
    mark = builder.commit({"a": "1"})
    builder.tag("churn#prod#1", mark)
    builder.tag("churn#prod!#2", mark)
    workspace = pushed(builder.build(), "churn#prod!#2")
    result = workspace.run()
    assert (result.outputs["version"], result.outputs["stages"]) == (workspace.sha, "{}")


def test_a_version_can_be_deregistered_at_another_commit(tmp_path: Path, pushed: Pushed) -> None:
    """Gto keeps the version active: it looks for it at the tagged commit only."""
    builder = Builder(tmp_path / "remote.git")
    first, second = builder.commit({"a": "1"}), builder.commit({"a": "2"})
    builder.tag("churn@v1.0.0", first)
    builder.tag("churn#prod#1", first)
    builder.tag("churn@v1.0.0!", second)
    result = pushed(builder.build(), "churn@v1.0.0!").run()
    assert (result.outputs["previous-version"], result.outputs["stages"]) == ("", "{}")


def _obeyed(log: str) -> set[str]:
    """Return the commands that a runner would obey. Source: GitHub's documentation."""
    commands, stopped = set(), None
    for line in log.splitlines():
        text = line.strip()
        if stopped is not None:
            if text == f"::{stopped}::":
                stopped = None
        elif text.startswith("::stop-commands::"):
            stopped = text.removeprefix("::stop-commands::")
        elif text.startswith("::"):
            commands.add(text[2:].partition("::")[0].partition(" ")[0])
        else:
            assert "##[" not in line
    return commands
