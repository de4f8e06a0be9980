"""The demo registry: models, versions, stages and annotations, made with real git."""

from __future__ import annotations

from pathlib import Path

from testkit.repositories import Builder


def build_demo(path: Path) -> Path:
    """Make the demo's bare repository: three models, one of them in a directory of a monorepo."""
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
    # artifacts without tags: one at HEAD, one on another branch, and one that is gone
    repository.commit({"pricing/dvc.yaml": PRICING_DVC_YAML})
    embedding = {
        "models/nlp/dvc.yaml": NLP_DVC_YAML + EMBEDDING,
        "models/nlp/embedding.bin": "an embedding\n",
    }
    repository.commit({"pricing/dvc.yaml": None, **embedding})
    repository.commit({"ranking/dvc.yaml": RANKING_DVC_YAML}, branch="ranking", after=third)
    return repository.build()


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
