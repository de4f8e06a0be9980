"""Check the example of each CI system, and the GitLab components, with the systems' schemas.

A component is two YAML documents: the second is a GitLab configuration once its inputs are there.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "docs" / "ci"
SCHEMAS = {
    "gitlab-ci": ("gitlab-ci.yml", "gitlab-jobs.yml", "gitlab-apply.yml"),
    "bitbucket-pipelines": ("bitbucket-pipelines.yml",),
    "azure-pipelines": ("azure-pipelines.yml", "azure-steps.yml"),
    "circle-ci": ("circleci.yml",),
    "woodpecker-ci": ("woodpecker.yml",),
    "drone-ci": ("drone.yml",),
    "buildkite": ("buildkite.yml",),
    "github-workflows": ("gitea.yml",),
}
WITHOUT_SCHEMA = {"Jenkinsfile"}


def main() -> int:
    """Check all files; return the exit code of the first check that fails."""
    found = {path.name for path in EXAMPLES.iterdir()}
    listed = {name for names in SCHEMAS.values() for name in names} | WITHOUT_SCHEMA
    if found != listed:
        print(f"not listed, or not there: {', '.join(found ^ listed)}")  # noqa: T201 - for lint
        return 1
    with tempfile.TemporaryDirectory() as directory:
        components = [
            _configuration(path, Path(directory)) for path in (ROOT / "templates").iterdir()
        ]
        for schema, names in SCHEMAS.items():
            files = [EXAMPLES / name for name in names]
            code = _check(schema, [*files, *(components if schema == "gitlab-ci" else [])])
            if code:
                return code
    return 0


def _configuration(template: Path, directory: Path) -> Path:
    """Write the configuration of a component, with files for its inputs; return its path."""
    _, _, configuration = template.read_text().partition("\n---\n")
    path = directory / template.name
    path.write_text(re.sub(r"\$\[\[ inputs\.([\w-]+) ]]", r"\1.yml", configuration))
    return path


def _check(schema: str, files: list[Path]) -> int:
    # the expressions of Azure's schema are not those of the library's default
    options = ("--regex-variant", "python") if schema == "azure-pipelines" else ()
    words = ("check_jsonschema", "--builtin-schema", f"vendor.{schema}", *options, *files)
    return subprocess.run((sys.executable, "-m", *map(str, words)), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
