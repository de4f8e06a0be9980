"""Generated registries: what may happen to artifacts, as Hypothesis strategies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from testkit.repositories import HOUR, START, Builder, git

NAMES = ("churn", "models/nlp:churn", "a", "team/seg-2", "x/y.z:w_0/k")
STAGES = ("prod", "dev", "eu/west-1", "3")
VERSIONS = (
    "v1.0.0",
    "v1.0.1",
    "v1.10.0",
    "v1.9.0",
    "v2.0.0-rc.1",
    "v2.0.0-rc.10",
    "v2.0.0-rc.2",
    "v2.0.0-alpha-b",
    "v2.0.0",
    "v0.0.1",
    "v10.0.0",
)
_SHA_IN_TABLE = 7
FOREIGN = ("release-1", "v1.0.0", "churn@v1", "churn#", "churn@V1.0.0", "churn@v1.0.0!!")


@dataclass(frozen=True)
class GeneratedTag:
    """A tag to make: its name, the number of its commit (from 0) and its time."""

    name: str
    commit: int
    time: int
    annotated: bool = True


@dataclass(frozen=True)
class GeneratedRegistry:
    """How many commits there are, and the tags on them."""

    commits: int
    tags: tuple[GeneratedTag, ...]
    annotated: bool = False


@st.composite
def registries(draw: st.DrawFn, *, tidy: bool = False) -> GeneratedRegistry:
    """Generate commands on a registry whose result gto 1.10.1 reads without a traceback.

    An artifact has one version at a commit (more kill gto once a stage is assigned there), and a
    stage is only taken from a commit with a version (gto goes on showing it otherwise). A ``tidy``
    registry has none of the differences of docs/differences.md: no two events in one second, no
    version at two commits, no stage at a commit without a version, no stage that looks like a
    number.
    """
    stages = STAGES[:3] if tidy else STAGES
    versions = [version for version in VERSIONS if not tidy or len(version) <= _SHA_IN_TABLE]
    commits = draw(st.integers(1, 4))
    tags: dict[str, GeneratedTag] = {}
    version_at: dict[tuple[str, int], str] = {}
    clock = START + 100 * HOUR  # gto takes a commit made later for an event
    for _ in range(draw(st.integers(1, 14))):
        clock += draw(st.sampled_from((1, 60) if tidy else (0, 0, 1, 60)))
        artifact = draw(st.sampled_from(NAMES))
        commit = draw(st.integers(0, commits - 1))
        version = version_at.get((artifact, commit))
        kind = draw(st.sampled_from(("register", "register", "assign", "assign", "undo", "other")))
        in_tag = artifact.replace(":", "=")
        match kind:
            case "register":
                taken = {
                    taken for (name, _), taken in version_at.items() if tidy and name == artifact
                }
                version = version or draw(st.sampled_from(sorted({*versions} - taken)))
                version_at[artifact, commit] = version
                name = f"{in_tag}@{version}"
            case "assign" if tidy and not version:
                continue
            case "assign":
                name = f"{in_tag}#{draw(st.sampled_from(stages))}"
            case "undo" if version:
                what = draw(st.sampled_from((f"@{version}", *(f"#{stage}" for stage in stages))))
                name = f"{in_tag}{what}!"
            case "undo":
                name = f"{in_tag}@deprecated"
            case _:
                name = draw(st.sampled_from(FOREIGN))
                tags.setdefault(name, GeneratedTag(name, commit, clock, draw(st.booleans())))
                continue
        if name in tags or draw(st.booleans()):
            counters = (f"{name}#{counter}" for counter in range(1, 100))
            name = next(counter for counter in counters if counter not in tags)
        tags[name] = GeneratedTag(name, commit, clock)
    return GeneratedRegistry(commits, tuple(tags.values()), annotated=tidy)


def build(generated: GeneratedRegistry, path: Path) -> Path:
    """Make a generated registry's repository; artifacts.yaml is in its last commits."""
    builder = Builder(path, bare=False)
    files = {"artifacts.yaml": ARTIFACTS_YAML} if generated.annotated else {}
    marks = [
        builder.commit({"n": str(number), **(files if number else {})})
        for number in range(generated.commits)
    ]
    for tag in generated.tags:
        if tag.annotated:
            builder.tag(tag.name, marks[tag.commit], time=tag.time)
        else:
            builder.lightweight(tag.name, marks[tag.commit])
    return builder.build()


ARTIFACTS_YAML = """\
a:
  path: models/a.pkl
  type: model
  labels: [x, y]
  custom: {metrics: {auc: 0.93}}
untagged:
  description: nobody tagged it
  virtual: false
"""


def changed_models(path: Path) -> Path:
    """A registry of the models a, b and c, of which a and b changed since their versions."""
    builder = Builder(path)
    files = {f"{name}.pkl": f"{name} 1\n" for name in "abc"}
    entries = "a: {path: a.pkl}, b: {path: b.pkl}, c: {path: c.pkl, type: model}"
    first = builder.commit({"dvc.yaml": f"artifacts: {{{entries}}}\n", **files})
    for name in "abc":
        builder.tag(f"{name}@v1.0.0", first)
    builder.commit({"a.pkl": "a 2\n", "b.pkl": "b 2\n"})
    remote = builder.build()
    git("-C", str(remote), "config", "http.receivepack", "true")
    return remote
