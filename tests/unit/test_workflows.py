"""The workflows of README.md, docs/*.md and .github/workflows agree with GitHub and action.yml."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from gto_action import EventKind, __version__, parse_tag_name
from testkit.documented_workflows import (
    PAGES,
    ROOT,
    DocumentedWorkflow,
    documented_workflows,
    tag_workflows,
)
from tests.tag_filters import pattern_matches, triggers
from tools import check_empty_outputs

ACTIONS = {
    name: yaml.safe_load((ROOT / f".{name}" / "action.yml").read_text())
    for name in ("", "/apply", "/deployment")
}
ACTION = ACTIONS[""]
WORKFLOWS = documented_workflows()
TAG_WORKFLOWS = tag_workflows()
# complete workflows that no push triggers: fenced blocks that begin with the workflow's name
UNTRIGGERED = {
    re.sub(r"\W+", "-", name) + ".yml": f"name: {name}\n{text}"
    for page in PAGES
    for name, text in re.findall(
        r"^```yaml\nname: ([^\n]*)\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE
    )
}
CI = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
OURS = re.compile(r"(?:org/gto-action|\.)(?:/composite)?(/apply|/deployment)?/?(?:@v2)?")


@dataclass(frozen=True)
class Tag:
    """A registry tag and what it is about."""

    name: str
    directory: str
    artifact: str
    kind: str
    stage: str = ""


def _registry_tags() -> Iterator[Tag]:
    """Yield tags of every kind, for artifacts at the root and in directories."""
    directories = ("", "models/nlp", "models/nlp/deep", "models")
    artifacts = ("churn", "churn-eu", "team/churn", "Churn", "prod")
    counters = ("", "#1", "#12")
    for directory, artifact, counter in product(directories, artifacts, counters):
        name = f"{directory}={artifact}" if directory else artifact
        for version in ("v1.0.0", "v2.0.0-rc.1", "v1.1.0+cu12"):
            yield Tag(f"{name}@{version}{counter}", directory, artifact, "registration")
            yield Tag(f"{name}@{version}!{counter}", directory, artifact, "deregistration")
        for stage in ("prod", "dev", "production", "eu/prod", "eu/west-1"):
            yield Tag(f"{name}#{stage}{counter}", directory, artifact, "assignment", stage)
            yield Tag(f"{name}#{stage}!{counter}", directory, artifact, "unassignment", stage)
        yield Tag(f"{name}@deprecated{counter}", directory, artifact, "deprecation")


TAGS = tuple(_registry_tags())
OTHER_TAGS = ("v1.2.3", "release-2026-03", "nightly/2026-03-01")

# which registry tags each workflow of docs/recipes.md is meant for
RECIPES: dict[str, Callable[[Tag], bool]] = {
    "registry-tags.yml": lambda _: True,
    "one-artifact.yml": lambda tag: (tag.directory, tag.artifact) == ("", "churn"),
    "several-artifacts.yml": lambda tag: (
        tag.directory == "" and tag.artifact in {"churn", "churn-eu"}
    ),
    "one-stage.yml": lambda tag: (tag.kind, tag.stage) == ("assignment", "prod"),
    "stage-changes.yml": lambda tag: tag.stage == "prod",
    "one-directory.yml": lambda tag: tag.directory == "models/nlp",
    "registrations.yml": lambda tag: tag.kind == "registration",
    "image.yml": lambda tag: tag.kind == "registration",
    "check-again.yml": lambda tag: (tag.kind, tag.stage) == ("assignment", "prod"),
    "approval.yml": lambda tag: tag.kind == "assignment",
    "by-hand.yml": lambda tag: (tag.kind, tag.stage) == ("assignment", "prod"),
}


@pytest.mark.parametrize(
    ("patterns", "tag", "expected"),
    [
        (["feature/*"], "feature/my-branch", True),
        (["feature/*"], "feature/beta-a/my-branch", False),
        (["feature/**"], "feature/beta-a/my-branch", True),
        (["main"], "main", True),
        (["main"], "maintenance", False),
        (["*"], "releases", True),
        (["*"], "all/the/branches", False),
        (["**"], "every/tag", True),
        (["*feature"], "mona-feature", True),
        (["*feature"], "feature-mona", False),
        (["v2*"], "v2.9", True),
        (["v2*"], "1v2", False),
        (["v[12].[0-9]+.[0-9]+"], "v1.10.1", True),
        (["v[12].[0-9]+.[0-9]+"], "v3.0.0", False),
        (["v[12].[0-9]+.[0-9]+"], "v1x0.0", False),
        (["colou?r"], "color", True),
        (["colou?r"], "colour", True),
        (["colou?r"], "colouur", False),
        (["**", "!v*"], "v1", False),
        (["!v*", "**"], "v1", True),
        (["**", "!v*", "v1"], "v1", True),
        (["!v*"], "w1", False),
        (["a!b"], "a!b", True),
    ],
)
def test_tag_filters_are_evaluated_as_github_documents_them(
    patterns: list[str], tag: str, *, expected: bool
) -> None:
    assert triggers(patterns, tag) is expected


def test_the_tags_are_of_every_kind() -> None:
    assert {tag.kind for tag in TAGS} == {str(kind) for kind in EventKind}
    for tag in TAGS:
        parsed = parse_tag_name(tag.name)
        assert parsed is not None, tag
        assert (str(parsed.kind), parsed.stage or "") == (tag.kind, tag.stage)
    assert [tag for tag in OTHER_TAGS if parse_tag_name(tag)] == []


def test_brackets_of_a_filter_list_alphanumeric_characters_only() -> None:
    with pytest.raises(ValueError, match="alphanumeric"):
        pattern_matches("**[@#]**", "churn#prod")


@pytest.mark.parametrize("workflow", TAG_WORKFLOWS.values(), ids=TAG_WORKFLOWS)
def test_a_filter_triggers_for_the_tags_that_the_workflow_is_meant_for(
    workflow: DocumentedWorkflow,
) -> None:
    patterns = workflow.tag_filters
    everything = patterns == ["**"]
    intended = (lambda _: True) if everything else RECIPES[workflow.name]
    wrong = [tag.name for tag in TAGS if triggers(patterns, tag.name) is not intended(tag)]
    assert wrong == []
    assert [tag for tag in OTHER_TAGS if triggers(patterns, tag) is not everything] == []


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_says_which_tags_trigger_it(name: str) -> None:
    workflow = WORKFLOWS[name]
    matching = _listed(workflow.explanation, "Matches")
    other = _listed(workflow.explanation, "Does not match")
    assert matching
    assert other
    assert [tag for tag in matching if not triggers(workflow.tag_filters, tag)] == []
    assert [tag for tag in other if triggers(workflow.tag_filters, tag)] == []


def test_documented_filters_that_ignore_tags_do_and_their_replacements_do_not() -> None:
    page = (ROOT / "docs" / "recipes.md").read_text()
    table = page.partition("| filter | ignores | use |\n")[2].partition("\n\n")[0]
    rows = [row.strip("| ").split(" | ") for row in table.splitlines()[1:]]
    assert len(rows) == 5
    for narrow, ignored, wide in rows:
        patterns = re.findall("`(.+?)`", wide)
        for tag in re.findall("`(.+?)`", ignored):
            assert not triggers([narrow.strip("`")], tag), (narrow, tag)
            assert triggers(patterns, tag), (wide, tag)


@pytest.mark.parametrize("workflow", TAG_WORKFLOWS.values(), ids=TAG_WORKFLOWS)
def test_a_deployment_requires_that_the_event_is_current(workflow: DocumentedWorkflow) -> None:
    deployments = 0
    for key, job in workflow.content["jobs"].items():
        of_job = job.get("if", "")
        if _deploys(key, job):
            deployments += 1
            assert _requires_current(of_job), f"job {key}"
        for step in job["steps"]:
            if _deploys(step.get("id", ""), step):
                deployments += 1
                conditions = (of_job, step.get("if", ""))
                assert any(map(_requires_current, conditions)), f"step {step['name']}"
    assert deployments or "deploying" not in workflow.text


@pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=WORKFLOWS)
def test_a_condition_is_one_expression(workflow: DocumentedWorkflow) -> None:
    """A condition with text around ``${{ }}`` is a string that is never empty, so always true."""
    jobs = workflow.content["jobs"].values()
    parts = [part for job in jobs for part in (job, *job["steps"])]
    assert [part["if"] for part in parts if "${{" in str(part.get("if", ""))] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [(name, workflow.text) for name, workflow in WORKFLOWS.items()]
    + list(UNTRIGGERED.items())
    + [(path.name, path.read_text()) for path in CI],
)
def test_a_workflow_uses_inputs_and_outputs_that_exist(name: str, text: str) -> None:
    for key, job in yaml.safe_load(text)["jobs"].items():
        actions = {}
        for step in job["steps"]:
            if uses := OURS.fullmatch(step.get("uses", "")):
                action = ACTIONS[uses[1] or ""]
                actions[step.get("id", "")] = action
                unknown = set(step.get("with", {})) - set(action["inputs"])
                assert unknown == set(), f"{name}, job {key}: action.yml lacks these inputs"
        for identifier, action in actions.items():
            used = set(re.findall(rf"steps\.{identifier}\.outputs\.([\w-]+)", yaml.safe_dump(job)))
            unknown = used - set(action["outputs"])
            assert unknown == set(), f"{name}, job {key}: action.yml lacks these outputs"


@pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=WORKFLOWS)
def test_a_job_reads_outputs_that_the_other_job_hands_over(workflow: DocumentedWorkflow) -> None:
    jobs = workflow.content["jobs"]
    for key, job in jobs.items():
        for other, output in re.findall(r"needs\.([\w-]+)\.outputs\.([\w-]+)", yaml.safe_dump(job)):
            assert other in ([job["needs"]] if isinstance(job["needs"], str) else job["needs"])
            assert output in jobs[other]["outputs"], (key, other, output)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"event": "assignment"}, "outputs that should be empty: event"),
        ({"other": ""}, "the step set outputs that action.yml does not declare: other"),
        ({"event": None}, "action.yml declares outputs that the step did not set: event"),
    ],
)
def test_our_ci_compares_the_outputs_with_action_yml(
    changes: dict[str, str | None], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = {**dict.fromkeys(ACTION["outputs"], ""), **changes}
    given = {name: value for name, value in outputs.items() if value is not None}
    monkeypatch.setenv("OUTPUTS", json.dumps(given))
    assert check_empty_outputs.main() == expected


def test_the_package_is_published_last_and_without_a_password() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())["jobs"]
    uploads = [key for key, job in jobs.items() if "pypi-publish" in yaml.safe_dump(job)]
    assert uploads == ["pypi"]
    assert jobs["pypi"]["needs"] == "publish"
    assert set(jobs["publish"]["needs"]) == {"image", "package"}
    assert jobs["pypi"]["permissions"] == {"id-token": "write"}
    (*_, upload) = jobs["pypi"]["steps"]
    assert upload["with"]["attestations"] is True
    assert "password" not in upload["with"]


@pytest.mark.parametrize(("tag", "code"), [(f"v{__version__}", 0), ("v999.0.0", 1)])
def test_a_release_is_refused_if_the_program_has_another_version(tag: str, code: int) -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())["jobs"]
    (command,) = (
        step["run"] for step in jobs["check"]["steps"] if "has this version" in step.get("name", "")
    )
    environment = {"PATH": os.defpath, "GITHUB_REF_NAME": tag}
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, check=False)
    assert done.returncode == code


def test_a_release_has_the_packages_of_its_composite_action() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())["jobs"]
    scripts = [step.get("run", "") for step in jobs["publish"]["steps"]]
    vendoring = scripts.index("tools/vendor-packages")
    (commit,) = (number for number, run in enumerate(scripts) if "git commit" in run)
    assert vendoring < commit
    assert "git add --force vendor\n" in scripts[commit].partition("git commit")[0]


def test_every_documented_workflow_is_valid(tmp_path: Path) -> None:
    texts = {name: workflow.text for name, workflow in WORKFLOWS.items()} | UNTRIGGERED
    assert len(texts) == len(WORKFLOWS) + len(UNTRIGGERED)
    files = [tmp_path / name for name in texts]
    for file in files:
        file.write_text(texts[file.name])
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    done = subprocess.run(
        [*command, "vendor.github-workflows", *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_other_actions_are_pinned_as_in_our_own_workflows() -> None:
    """One commit and one version for each action, in recipes and in .github/workflows alike."""
    pattern = re.compile(r"uses: (?!org/|\./)([\w/-]+)@(\S+)(?: # (v[\d.]+))?")
    pinned: dict[str, set[tuple[str, str]]] = {}
    recipes = [workflow.text for workflow in WORKFLOWS.values() if workflow.page != "README.md"]
    for text in (*recipes, *UNTRIGGERED.values(), *(path.read_text() for path in CI)):
        for action, commit, version in pattern.findall(text):
            assert re.fullmatch("[0-9a-f]{40}", commit), action
            pinned.setdefault(action, set()).add((commit, version))
    assert {action: pins for action, pins in pinned.items() if len(pins) > 1} == {}


def _listed(explanation: str, beginning: str) -> list[str]:
    (item,) = re.findall(rf"^- {beginning} (.*?)\.$", explanation, re.DOTALL | re.MULTILINE)
    return re.findall("`(.+?)`", item)


def _deploys(identifier: str, part: dict[str, Any]) -> bool:
    return any(name.startswith("deploy") for name in (identifier, part.get("name", "")))


def _requires_current(condition: str) -> bool:
    return re.search(r"\.outputs\.current == 'true'", condition) is not None


@pytest.mark.parametrize("action", sorted((ROOT / "composite").rglob("action.yml")))
def test_a_composite_action_hands_every_input_to_the_program(action: Path, tmp_path: Path) -> None:
    """A shell may lose variables whose names have a hyphen."""
    content = yaml.safe_load(action.read_text())
    (step,) = content["runs"]["steps"]
    shutil.copytree(ROOT / "composite", tmp_path / "composite")
    (tmp_path / "vendor").mkdir()
    program = "import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ)]))"
    (tmp_path / "entrypoint.py").write_text(program)
    given = {f"INPUT_{name.upper()}": f"value of {name}" for name in content["inputs"]}
    assert set(given) < set(step["env"])
    environment = {**given, "PATH": os.environ["PATH"], "ACTION": str(tmp_path), "PACKAGES": "x"}
    done = subprocess.run(
        [step["shell"], "-c", step["run"]],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    words, received = json.loads(done.stdout)
    name = action.parent.name
    assert words == ([] if name == "composite" else [name])
    assert {key: received.get(key) for key in given} == given
