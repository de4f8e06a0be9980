"""The demo registry: models, versions, stages and annotations, made with real git."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

START = 1_767_225_600
"""When the first commit was made: 2026-01-01, in seconds since 1970."""
HOUR = 3600


@dataclass
class Builder:
    """Writes commits and tags into a new repository, one `git fast-import` for all.

    The clock starts at START and goes on by an hour with each commit and tag, unless told.
    """

    path: Path
    bare: bool = True
    clock: int = START
    commits: int = 0
    stream: list[bytes] = field(default_factory=list)

    def commit(
        self,
        files: Mapping[str, str | None] | None = None,
        branch: str = "main",
        after: int | None = None,
    ) -> int:
        """Add a commit to a branch: files by path (``None`` deletes). Gives its mark.

        ``after`` is the mark of the commit before the first one of a branch.
        """
        self.commits += 1
        self._line(f"commit refs/heads/{branch}\nmark :{self.commits}")
        self._line(f"committer Ann Lee <ann@example.org> {self._now()} +0100")
        self._data(f"Commit {self.commits}")
        if after:
            self._line(f"from :{after}")
        for path, content in (files or {}).items():
            if content is None:
                self._line(f"D {path}")
            else:
                self._line(f"M 100644 inline {path}")
                self._data(content)
        return self.commits

    def tag(self, name: str, mark: int, message: str = "", time: int | None = None) -> None:
        """Add an annotated tag."""
        self._line(f"tag {name}\nfrom :{mark}")
        self._line(f"tagger Ben Ode <ben@example.org> {time or self._now()} +0100")
        self._data(message or f"Tag {name}")

    def lightweight(self, name: str, mark: int) -> None:
        """Add a lightweight tag."""
        self._line(f"reset refs/tags/{name}\nfrom :{mark}\n")

    def build(self) -> Path:
        """Make the repository."""
        kind = ("--bare",) if self.bare else ()
        git("init", "--quiet", "--initial-branch=main", *kind, str(self.path))
        command = ["git", "-C", str(self.path), *_FAST_IMPORT]
        subprocess.run(command, input=b"".join(self.stream), check=True)
        git("-C", str(self.path), "config", "uploadpack.allowFilter", "true")
        return self.path

    def _now(self) -> int:
        self.clock += HOUR
        return self.clock

    def _line(self, text: str) -> None:
        self.stream.append(text.encode() + b"\n")

    def _data(self, text: str) -> None:
        content = text.encode()
        self.stream.append(b"data %d\n%b\n" % (len(content), content))


def build_demo(path: Path) -> Path:
    """Make the demo's bare repository: three models, one of them in a folder of a monorepo."""
    repository = Builder(path)
    models = {"models/churn.pkl": "a model\n", "models/segment.pkl": "another\n"}
    first = repository.commit({"dvc.yaml": DVC_YAML, "params.yaml": "folder: models\n", **models})
    repository.tag("churn@v1.0.0", first, "First model of churn")
    repository.tag("churn#dev#1", first)
    repository.tag("segment@v0.1.0", first)
    nlp = {"models/nlp/dvc.yaml": NLP_DVC_YAML, "models/nlp/cv.onnx.dvc": CV_ONNX_DVC}
    second = repository.commit({**nlp, "models/churn.pkl": "a better model\n"})
    repository.tag("churn@v1.1.0", second, "Trained on the data of March")
    repository.tag("churn#prod#2", first)
    repository.tag("models/nlp=cv-class@v1.0.0", second)
    repository.tag("models/nlp=cv-class#prod#1", second)
    third = repository.commit({"artifacts.yaml": ARTIFACTS_YAML})
    repository.tag("churn@v2.0.0-rc.1", third)
    repository.tag("churn#prod#3", second, "Better by two points")
    repository.tag("churn#dev#4", third)
    repository.tag("churn#dev!#5", first)
    repository.tag("churn@v1.0.0!", first, "Trained on a wrong table")
    repository.tag("segment#prod#1", first)
    repository.tag("segment@deprecated", third, "Nobody uses it")
    repository.tag("release-2026-03", third, "Not the registry's")
    # what no tag tells of: an artifact at HEAD, one on another branch, and one that is gone
    repository.commit({"pricing/dvc.yaml": PRICING_DVC_YAML})
    repository.commit({"pricing/dvc.yaml": None, "models/nlp/dvc.yaml": NLP_DVC_YAML + EMBEDDING})
    repository.commit({"ranking/dvc.yaml": RANKING_DVC_YAML}, branch="ranking", after=third)
    return repository.build()


def clone_as_a_runner(remote: str, tag: str, path: Path) -> str:
    """Check a tag out as actions/checkout v4 does; give the commit.

    Depth 1, the one tag that triggered the run and no other, and that one lightweight.
    """
    git("init", "--quiet", "--initial-branch=main", str(path))
    git("-C", str(path), "remote", "add", "origin", remote)
    git("-C", str(path), "fetch", "--quiet", "--depth=1", "origin", f"refs/tags/{tag}")
    commit = git("-C", str(path), "rev-parse", "FETCH_HEAD^{commit}")
    git("-C", str(path), "update-ref", "--no-deref", f"refs/tags/{tag}", commit)
    git("-C", str(path), "checkout", "--quiet", "--force", f"refs/tags/{tag}")
    return commit


def git(*arguments: str) -> str:
    """Run git; give what it prints, stripped."""
    return subprocess.run(
        ("git", *arguments), check=True, stdout=subprocess.PIPE, text=True, env=git_environment()
    ).stdout.strip()


def git_environment(names: Iterable[str] = ("PATH", "HOME", "TMPDIR")) -> dict[str, str]:
    """Give an environment in which git asks nobody and knows only the machine's configuration."""
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


_FAST_IMPORT = ("-c", "core.compression=0", "fast-import", "--quiet", "--force", "--depth=0")
DVC_YAML = """\
vars:
  - owner: growth
artifacts:
  churn:
    path: ${folder}/churn.pkl
    type: model
    desc: Which customers leave
    labels: [tabular, "${owner}"]
    meta: {framework: xgboost}
  segment:
    path: ${folder}/segment.pkl
    type: model
"""
NLP_DVC_YAML = """\
artifacts:
  cv-class:
    path: ../shared/../nlp/cv.onnx
    type: model
    desc: Sorts applications
"""
ARTIFACTS_YAML = """\
features:
  path: s3://features/2026.parquet
  type: dataset
"""
CV_ONNX_DVC = """\
outs:
  - md5: d8e8fca2dc0f896fd7cb4cb0031ba249
    size: 5
    hash: md5
    path: cv.onnx
"""
EMBEDDING = """\
  embedding:
    path: embedding.bin
    type: model
"""
PRICING_DVC_YAML = """\
artifacts:
  pricing:
    path: pricing.pkl
"""
RANKING_DVC_YAML = """\
artifacts:
  ranking:
    path: ranking.pkl
"""
