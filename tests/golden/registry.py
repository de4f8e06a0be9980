"""A registry with something of everything, most of it as it should not be."""

from __future__ import annotations

from pathlib import Path

from testkit.repositories import HOUR, Builder
from tests.hostile.repositories import add_object

DVC_YAML = """\
artifacts:
  churn:
    path: models/churn.pkl
    type: model
    desc: Which customers leave
    labels: [tabular, growth]
    meta: {framework: xgboost}
  annotated-only: {path: models/a.pkl}
  both: {path: models/b.pkl}
"""
GTO = "stages: [dev, prod]\n"


def build_odd(path: Path) -> Path:
    """Make the repository."""
    odd = Builder(path)
    first = odd.commit({"dvc.yaml": DVC_YAML, ".gto": GTO})
    second = odd.commit({"n": "2"})
    third = odd.commit({"n": "3"})
    odd.commit({"n": "4", "artifacts.yaml": "branch-only: {path: x}\n"}, "other", after=third)
    # versions by number in another order than by time, and stages that hold several
    odd.tag("churn@v1.0.0", first)
    odd.tag("churn@v3.0.0", second)
    odd.tag("churn@v2.0.0", third, "The third commit")
    odd.tag("churn#prod#1", second)
    odd.tag("churn#dev#2", third)
    odd.tag("churn#prod#3", first)
    odd.tag("churn#dev#4", first)
    odd.tag("both@v1.0.0", second)
    odd.tag("gone@v1.0.0", first)
    odd.tag("gone#dev#1", first)
    odd.tag("gone@v1.0.0!", first, "It was wrong")
    # what doctor finds
    odd.tag("churn#live#9", first)
    odd.tag("churn#live#8", first)
    odd.tag("twice@v1.0.0", first)
    odd.tag("twice@v1.1.0", first)
    odd.tag("twice@v1.0.0!", second)
    odd.tag("stray#prod", second)
    odd.tag("stray#dev", second)
    odd.tag("churn@1.0.0", second)
    odd.tag("churn@v1.x", second)
    odd.tag("new@v1.0.0#3!", third)
    odd.tag("old@v0.1.0", third)
    odd.tag("old@deprecated", third)
    # the same second, and one that comes before its artifact's registration
    odd.tag("late#prod#1", third, time=odd.clock + HOUR)
    odd.tag("late@v1.0.0", third, time=odd.clock + HOUR)
    odd.lightweight("churn@v9.0.0", third)
    repository = odd.build()
    header = b"object %b\ntype commit\ntag nobody@v1.0.0\n\nWithout a tagger\n"
    add_object(
        repository, "nobody@v1.0.0", header % (repository / "refs/heads/main").read_bytes().strip()
    )
    return repository
