"""What the command line answers beyond what gto does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from testkit.large_registries import make_history
from testkit.repositories import Builder, git, git_environment
from testkit.runner import read_outputs
from testkit.servers import git_daemon, http_server
from tests.hostile.repositories import add_object
from tests.terminal.harness import (
    ROOT,
    answer,
    ask,
    ask_process,
    command,
    run_at_a_terminal,
)


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ([], []),
        (["--discover"], ["*models/nlp:embedding"]),
        (["--all-branches"], ["*models/nlp:embedding", "*ranking:ranking"]),
        (["--all-commits"], ["*models/nlp:embedding", "*pricing:pricing", "*ranking:ranking"]),
        (["--discover", "--all-branches"], ["*models/nlp:embedding", "*ranking:ranking"]),
    ],
)
@pytest.mark.parametrize("by_url", [False, True])
def test_artifacts_without_tags_are_found(
    options: list[str], more: list[str], demo_remote: Path, checkout: Path, *, by_url: bool
) -> None:
    with git_daemon(demo_remote.parent) as url:
        place = f"{url}/{demo_remote.name}" if by_url else str(checkout)
        names = answer("show", "--name", "-r", place, *options).splitlines()
    assert names == sorted(
        ["churn", "*features", "models/nlp:cv-class", *more], key=lambda item: item.lstrip("*")
    )


def test_history_lists_the_commits_that_changed_an_annotation(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "models.git")
    entry = "artifacts: {{churn: {{path: {}}}, other: {{path: o}}}}\n"
    builder.commit({"dvc.yaml": entry.format("a")})
    builder.commit({"dvc.yaml": entry.format("b")})
    builder.commit({"dvc.yaml": entry.format("b") + "stages: {}\n"})
    builder.commit({"dvc.yaml": "artifacts: {other: {path: o}}\n"})
    last = builder.commit({"dvc.yaml": entry.format("b"), "README": ""})
    builder.tag("churn@v1.0.0", last)
    repository = builder.build()

    def commits(*options: str) -> list[tuple[str, str]]:
        reported = json.loads(answer("history", "--json", "-r", repository, "--asc", *options))
        return [
            (item["artifact"], item["message"]) for item in reported if item["event"] == "commit"
        ]

    first, changed = ("other", "Commit 1"), ("churn", "Commit 5")
    assert commits() == []
    assert commits("--discover") == [first, changed]
    assert sorted(commits("--all-commits")) == sorted(
        [("churn", "Commit 1"), first, ("churn", "Commit 2"), changed]
    )
    assert {name for name, _ in commits("churn", "--all-commits")} == {"churn"}


def test_a_directory_within_a_repository_is_in_it(checkout: Path) -> None:
    assert answer("show", "--name", directory=checkout / "models" / "nlp") == answer(
        "show", "--name", "-r", checkout
    )


def test_the_work_tree_s_configuration_counts_and_the_environment_wins(checkout: Path) -> None:
    (checkout / ".gto").write_text("stages: [prod, live]\n")
    assert answer("stages", directory=checkout / "models") == "prod\nlive\n"
    assert answer("show", "--plain", directory=checkout).split()[:4] == [
        "name",
        "latest",
        "#prod",
        "#live",
    ]
    environment = {"GTO_STAGES": '["dev"]'}
    assert answer("stages", directory=checkout, environment=environment) == "dev\n"
    result = ask("stages", directory=checkout, environment={"GTO_STAGES": "dev"})
    assert (result.code, result.output) == (1, "")
    assert "JSON list" in result.errors


@pytest.mark.parametrize(
    ("requested", "path"),
    [
        (["churn"], "models/churn.pkl"),
        (["churn@latest"], "models/churn.pkl"),
        (["churn#prod"], "models/churn.pkl"),
        (["models/nlp:cv-class@v1.0.0"], "models/nlp/cv.onnx"),
        (["models/nlp:embedding"], "models/nlp/embedding.bin"),
        (["ranking:ranking", "--rev", "ranking"], "ranking/ranking.pkl"),
        (["features", "--rev", "churn@v2.0.0-rc.1"], "s3://features/2026.parquet"),
    ],
)
@pytest.mark.parametrize("by_url", [False, True])
def test_an_annotation_is_described(
    requested: list[str], path: str, demo_remote: Path, *, by_url: bool
) -> None:
    with http_server(demo_remote.parent) as server:
        place = f"{server.url}/{demo_remote.name}" if by_url else str(demo_remote)
        assert answer("describe", *requested, "--path", "-r", place) == f"{path}\n"


def test_an_annotation_is_described_in_full(demo_remote: Path) -> None:
    reported = json.loads(answer("describe", "churn@latest", "--json", "-r", demo_remote))
    assert reported == {
        "path": "models/churn.pkl",
        "type": "model",
        "description": "Which customers leave",
        "labels": ["tabular", "growth"],
        "meta": {"framework": "xgboost"},
        "annotation-file": "dvc.yaml",
    }
    assert answer("describe", "features", "-r", demo_remote) == (
        "path: s3://features/2026.parquet\ntype: dataset\nannotation-file: artifacts.yaml\n"
    )


def test_check_ref_prints_all_outputs_of_the_action(demo_remote: Path) -> None:
    def reported(form: str) -> str:
        return answer("check-ref", "churn#prod#3", "--format", form, "-r", demo_remote)

    expected = {"event": "assignment", "stage": "prod", "version": "v1.1.0"}
    as_json = json.loads(reported("json"))
    assert expected.items() <= as_json.items()
    github = read_outputs(reported("github"))
    assert expected.items() <= github.items()
    assert json.loads(github["json"]) == as_json
    assert "\nexport ARTIFACT_STAGE=prod\n" in reported("env")
    assert "\nARTIFACT_TAG=churn#prod#3\n" in reported("dotenv")


def test_run_does_the_step(demo_remote: Path, checkout: Path, tmp_path: Path) -> None:
    files = {"GITHUB_OUTPUT": tmp_path / "out", "GITHUB_STEP_SUMMARY": tmp_path / "summary"}
    for place in (checkout, demo_remote.as_uri()):
        for path in files.values():
            path.write_text("")
        environment = {name: str(path) for name, path in files.items()}
        result = ask("run", "churn#prod#3", "-r", place, "--no-history", environment=environment)
        assert (result.code, result.errors) == (0, "")
        assert read_outputs(files["GITHUB_OUTPUT"].read_text())["stage"] == "prod"
        assert "`v1.0.0` → `v1.1.0` in `prod`" in files["GITHUB_STEP_SUMMARY"].read_text()
        assert ("Registry" in result.output, "History" in result.output) == (True, False)
    assert ask("run", "churn@v9.9.9", "-r", checkout).code == 6


def test_verbose_prints_the_git_commands(demo_remote: Path) -> None:
    result = ask_process("-v", "stages", "-r", demo_remote)
    assert (result.code, result.output) == (0, "dev\nprod\n")
    assert "\n+ git show-ref " in result.errors


def test_a_url_with_a_long_history_is_answered_with_its_tags(tmp_path: Path) -> None:
    repository = make_history(tmp_path, 105, 500)
    with http_server(tmp_path) as server:
        shown = answer("show", "--json", "-r", f"{server.url}/{repository.name}")
        sent = server.sent
        git("init", "--quiet", "--bare", str(tmp_path / "all.git"))
        tags = "+refs/tags/*:refs/tags/*"
        git("-C", str(tmp_path / "all.git"), "fetch", "-q", f"{server.url}/{repository.name}", tags)
        everything = server.sent - sent
    assert json.loads(shown)["model-4"]["version"] == "v1.499.0"
    assert everything > 100_000_000
    assert sent < 1_000_000


def test_emojis_and_colours_are_for_terminals(demo_remote: Path) -> None:
    requested = ("check-ref", "churn#prod#3", "-r", str(demo_remote))
    wrong = ("show", "nope", "-r", str(demo_remote))
    sentence = 'Stage "prod" was assigned to version "v1.1.0" of artifact "churn"'
    assert answer(*requested) == f"{sentence}\n"
    assert _at_a_terminal(*requested) == f"✅ {sentence}\r\n"
    assert _at_a_terminal(*requested, GTO_EMOJIS="false") == f"{sentence}\r\n"
    assert _at_a_terminal(*requested, TERM="dumb") == f"{sentence}\r\n"
    assert "\x1b[31m" in _at_a_terminal(*wrong)
    assert "\x1b" not in _at_a_terminal(*wrong, NO_COLOR="1")


def _at_a_terminal(*arguments: str, **variables: str) -> str:
    """Run the command line at a terminal of its own; return what it shows."""
    return run_at_a_terminal(command(*arguments), variables)


def test_a_fetch_that_takes_long_shows_how_far_it_is(demo_remote: Path) -> None:
    script = (
        "import functools, sys, gto_action.cli.progress as p, gto_action.cli.repository as s;"
        "s.watch = functools.partial(p.watch, patience=0);"
        "from gto_action.cli.app import main; sys.exit(main(sys.argv[1:]))"
    )
    requested = ["stages", "-r", demo_remote.as_uri()]
    shown = run_at_a_terminal([sys.executable, "-c", script, *requested], {})
    assert "Receiving objects  [####" in shown
    assert "100%" in shown
    assert shown.endswith("dev\r\nprod\r\n")


def test_a_fetch_that_fails_at_a_terminal_says_why(tmp_path: Path) -> None:
    url = (tmp_path / "missing.git").as_uri()
    shown = _at_a_terminal("stages", "-r", url, NO_COLOR="1", GTO_EMOJIS="no")
    assert shown.startswith(f"could not fetch the tags from {url}: ")
    assert shown.count("\n") == 1


def test_a_short_fetch_shows_nothing(demo_remote: Path) -> None:
    shown = _at_a_terminal("stages", "-r", demo_remote.as_uri())
    assert shown == "dev\r\nprod\r\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_click_s_own(shell: str) -> None:
    script = answer(environment={"_GTO_ACTION_COMPLETE": f"{shell}_source"})
    assert "_GTO_ACTION_COMPLETE" in script


def test_completion_offers_the_commands() -> None:
    environment = {
        "_GTO_ACTION_COMPLETE": "bash_complete",
        "COMP_WORDS": "gto-action s",
        "COMP_CWORD": "1",
    }
    reported = answer(environment=environment).split()
    assert reported == ["plain,show", "plain,stages"]


def test_help_imports_what_it_needs_only() -> None:
    script = (
        "import sys; from gto_action.cli.app import main; main(['--help']);"
        "names = ('yaml', 'semver', 'actions_toolkit', 'git', 'subprocess', 'gto_action.git');"
        "sys.exit(', '.join(name for name in names if name in sys.modules) or 0)"
    )
    environment = {**git_environment(), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_doctor_finds_what_is_wrong_in_files(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "models.git")
    first = builder.commit(
        {
            "dvc.yaml": (
                "artifacts:\n"
                "  here: {path: model.pkl}\n"
                "  tracked: {path: data/part/1.csv}\n"
                "  made: {path: out/made.bin}\n"
                "  far: {path: 's3://bucket/model'}\n"
                "  gone: {path: nowhere.pkl, type: mystery}\n"
                "stages:\n  build: {cmd: x, wdir: out, outs: [made.bin]}\n"
            ),
            "dvc.lock": "schema: '2.0'\nstages:\n  build: {cmd: x, outs: [{path: made.bin}]}\n",
            "artifacts.yaml": "planned: {path: later.pkl}\n",
            "model.pkl": "bytes",
            "data.dvc": "outs: [{path: data, md5: 0.dir}]\n",
            ".gto": "types: [model]\n",
        }
    )
    for name in ("here", "tracked", "made", "far", "gone", "planned"):
        builder.tag(f"{name}@v1.0.0", first)
    builder.commit({"broken/dvc.yaml": "artifacts: [\n", "artifacts.yaml": "'not a name': {}\n"})
    repository = builder.build()
    result = ask("doctor", "--json", "-r", repository)
    reported = [
        (load["kind"], load["severity"], load["subject"]) for load in json.loads(result.output)
    ]
    assert result.code == 1
    assert sorted(reported) == [
        ("file", "error", "broken/dvc.yaml"),
        ("name", "warning", "artifacts.yaml"),
        ("path", "error", "gone@v1.0.0"),
        ("path", "warning", "gone"),
        ("type", "error", "dvc.yaml"),
    ]
    text = ask("doctor", "-r", repository)
    assert (text.code, text.errors) == (1, "")
    assert "error: gone@v1.0.0: nowhere.pkl does not exist at " in text.output
    assert text.output.endswith("errors: 3, warnings: 2\n")
    with http_server(tmp_path) as server:
        assert ask("doctor", "-r", f"{server.url}/models.git") == text


@pytest.mark.parametrize(
    ("tags", "reported"),
    [([], [("warning", "new")]), (["new@v1.0.0"], [("error", "new@v1.0.0")])],
)
def test_doctor_checks_each_path_at_head_once(
    tags: list[str], reported: list[tuple[str, str]], tmp_path: Path
) -> None:
    builder = Builder(tmp_path / "models.git")
    commit = builder.commit({"artifacts.yaml": "new: {path: nowhere.pkl, virtual: false}\n"})
    for tag in tags:
        builder.tag(tag, commit)
    result = ask("doctor", "--json", "-r", builder.build())
    assert result.code == bool(tags)
    problems = json.loads(result.output)
    assert [(problem["severity"], problem["subject"]) for problem in problems] == reported


@pytest.mark.parametrize("content", ["outs: []\n", "outs: [", "", "outs: [{path: other.bin}]\n"])
def test_doctor_reads_whether_a_dvc_file_has_the_path(content: str, tmp_path: Path) -> None:
    builder = Builder(tmp_path / "models.git")
    files = {"dvc.yaml": "artifacts:\n  m: {path: m.bin}\n", "m.bin.dvc": content}
    builder.tag("m@v1.0.0", builder.commit(files))
    result = ask("doctor", "-r", builder.build())
    assert result.code == 1
    assert result.output.startswith("error: m@v1.0.0: m.bin does not exist at ")


def test_a_problem_of_a_file_is_reported_once(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "models.git")
    builder.tag("m@v1.0.0", builder.commit({"artifacts.yaml": "[]\n"}))
    repository = builder.build()
    shown = ask("show", "m", "--json", "-r", repository)
    assert (shown.code, shown.errors.count("\n")) == (0, 1)
    assert ask("doctor", "-r", repository).output.endswith("errors: 1, warnings: 0\n")


def test_doctor_goes_on_after_a_file_or_a_commit_that_cannot_be_read(tmp_path: Path) -> None:
    repository = tmp_path / "models"
    git("init", "--quiet", "--initial-branch=main", str(repository))
    annotations = "artifacts:\n  m: {path: data/m.pkl}\n  all: {path: .}\n"
    (repository / "dvc.yaml").write_text(annotations)
    (repository / "data").mkdir()
    (repository / "data" / "m.pkl.dvc").symlink_to("nowhere")
    place = ("-C", str(repository), "-c", "user.name=A", "-c", "user.email=a@example.org")
    git(*place, "add", "--all")
    git(*place, "commit", "--quiet", "--message", "A model")
    git(*place, "tag", "--annotate", "--message", "A version", "m@v1.0.0")
    git("-C", str(repository), "tag", "light@v1.0.0", "main")
    missing = "1234567890" * 4
    content = f"object {missing}\ntype commit\ntag x\ntagger A <a@x> 5 +0000\n\nhi\n"
    add_object(repository / ".git", "broken@v1.0.0", content.encode())
    result = ask("doctor", "--json", "-r", repository)
    found = {(each["kind"], each["subject"]) for each in json.loads(result.output)}
    assert found >= {
        ("lightweight", "light@v1.0.0"),
        ("no-commit", "broken@v1.0.0"),
        ("path", "m@v1.0.0"),
        ("path", "all"),
    }, result.output
    assert "data/m.pkl.dvc: it is a link that leads to no file of the repository" in result.output
    assert "the path . is the whole repository" in result.output


def test_doctor_finds_nothing_wrong_in_the_demo(demo_remote: Path) -> None:
    assert answer("doctor", "-r", demo_remote) == "No issues found\n"
    assert answer("doctor", "--json", "-r", demo_remote) == "[]\n"


def test_doctor_warns_without_failing(checkout: Path) -> None:
    git("-C", str(checkout), "tag", "churn@1.0.0")
    result = ask("doctor", directory=checkout)
    assert (result.code, result.errors) == (0, "")
    assert result.output.startswith("warning: churn@1.0.0: the tag is not a registry tag: ")
    assert "(did you mean churn@v1.0.0?)" in result.output


def test_an_empty_repository(tmp_path: Path) -> None:
    git("init", "--quiet", str(tmp_path / "empty"))
    for arguments in (["show"], ["history"], ["show", "--discover"], ["history", "--all-commits"]):
        assert (
            answer(*arguments, "-r", tmp_path / "empty")
            == "Nothing found in the current workspace\n"
        )
    assert answer("doctor", "-r", tmp_path / "empty") == "No issues found\n"
    assert answer("stages", "-r", tmp_path / "empty") == ""
    with git_daemon(tmp_path) as url:
        shown = answer("show", "-r", f"{url}/empty/.git")
    assert shown == "Nothing found in the current workspace\n"


def test_doctor_warns_of_what_has_no_effect_and_of_shared_image_names(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "models", bare=False)
    files = {
        ".gto": "stage: [dev]\nSTAGES: [dev]\n",
        "dvc.yaml": "artifacts: {m: {path: file, label: x}}\n",
        "file": "content\n",
    }
    mark = builder.commit(files)
    for tag in ("m@v1.0.0", "Team:m@v1.0.0", "team/m@v1.0.0", "team/x@v1.0.0", "Team/X@v1.0.0"):
        builder.tag(tag.replace(":", "="), mark)
    builder.tag("team/x@deprecated", mark)
    builder.build()
    git("-C", str(tmp_path / "models"), "checkout", "--quiet", "main")
    environment = {"GTO_TYPE": "[]", "GTO_DEBUG": "true"}
    result = ask("doctor", "--json", directory=tmp_path / "models", environment=environment)
    problems = json.loads(result.output)
    found = [
        (problem["severity"], problem["kind"], problem["subject"], problem["line"])
        for problem in problems
    ]
    assert result.code == 0
    assert found == [
        ("warning", "file", "dvc.yaml", 1),
        ("warning", "file", ".gto", 1),
        ("warning", "variable", "environment", None),
        ("warning", "image-name", "Team:m", None),
    ]
    messages = " ".join(problem["message"] for problem in problems)
    for words in ("artifacts.m.label has no", "did you mean stages?", "did you mean GTO_TYPES?"):
        assert words in messages
    assert "Team:m, team/m have the image-name team/m" in messages


def test_escape_sequences_in_values_stay(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "models.git")
    text = 'artifacts:\n  m: {path: "f\\e[31mx", desc: "a\\e[31mred\\e[0m"}\n'
    commit = builder.commit({"dvc.yaml": text})
    builder.tag("m@v1.0.0", commit, message="see \x1b[31mred\x1b[0m now")
    path = builder.build()
    assert answer("describe", "m", "--path", "-r", path) == "f\x1b[31mx\n"
    assert "see \x1b[31mred\x1b[0m now" in answer(
        "check-ref", "m@v1.0.0", "--format", "env", "-r", path
    )
    outputs = read_outputs(answer("check-ref", "m@v1.0.0", "--format", "github", "-r", path))
    assert outputs["message"] == json.loads(outputs["json"])["message"]


@pytest.mark.parametrize(
    "name", ["a..b:m", "models//nlp:cv-class", "./x:y", "../x:y", ".git:x", "a.lock/x:m", ".:churn"]
)
@pytest.mark.parametrize("command", ["show", "history", "describe"])
def test_a_name_that_no_tag_can_have_has_one_answer_everywhere(
    command: str, name: str, demo_remote: Path, checkout: Path
) -> None:
    answers = [
        ask(command, name, "-r", where) for where in (checkout, demo_remote, demo_remote.as_uri())
    ]
    assert len({(each.code, each.output) for each in answers}) == 1, answers
    for each in answers:
        assert "fatal" not in each.errors


def test_doctor_follows_links_as_a_download_does(tmp_path: Path) -> None:
    repository = tmp_path / "models"
    git("init", "--quiet", "--initial-branch=main", str(repository))
    for name, target in {"out": "../../etc", "loop": "loop", "in": "file", "up": "."}.items():
        (repository / name).symlink_to(target)
    (repository / "file").write_text("x")
    paths = {"out": "out", "loop": "loop", "in": "in", "through": "up/file", "empty": ""}
    entries = "".join(f"  {name}: {{path: '{path}'}}\n" for name, path in paths.items())
    (repository / "dvc.yaml").write_text(f"artifacts:\n{entries}")
    place = ("-C", str(repository), "-c", "user.name=A", "-c", "user.email=a@example.org")
    git(*place, "add", "--all")
    git(*place, "commit", "--quiet", "--message", "A model")
    for name in paths:
        git(*place, "tag", "--annotate", "--message", "A version", f"{name}@v1.0.0")
    found = json.loads(ask("doctor", "--json", "-r", repository).output)
    messages = {each["subject"]: each["message"] for each in found}
    assert messages == {
        "out@v1.0.0": "out is a link that leads out of the repository",
        "loop@v1.0.0": "loop is a link that leads to itself",
        "dvc.yaml": "artifacts.empty.path is empty",
    }


@pytest.mark.parametrize(("has_merge", "walks"), [(False, 1), (True, 3)])
def test_one_walk_through_the_history_finds_the_last_changes_of_all_files(
    has_merge: bool, walks: int, tmp_path: Path
) -> None:
    directory = tmp_path / "models"
    git("init", "--quiet", "--initial-branch=main", str(directory))
    who = ("-C", str(directory), "-c", "user.name=A", "-c", "user.email=a@example.org")
    shas = {}
    for name in ("a", "b", "c"):
        (directory / name).mkdir()
        (directory / name / "dvc.yaml").write_text(f"artifacts: {{{name}: {{path: m}}}}\n")
        git(*who, "add", "--all")
        git(*who, "commit", "--quiet", "--message", name)
        shas[f"{name}:{name}"] = git(*who, "rev-parse", "HEAD")
    git(*who, "commit", "--quiet", "--allow-empty", "--message", "side")
    if has_merge:
        git(*who, "checkout", "--quiet", "-b", "other", "HEAD~1")
        git(*who, "commit", "--quiet", "--allow-empty", "--message", "x")
        git(*who, "merge", "--quiet", "--no-ff", "--message", "merge", "main")
    for name, sha in shas.items():
        shown = ask_process("-v", "show", name, "--discover", "--ref", directory=directory)
        assert shown.output == f"{sha[:7]}\n"
        assert shown.errors.count("git rev-list --stdin") == walks
