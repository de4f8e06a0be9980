"""The workflows in README.md and docs/*.md: fenced YAML blocks whose first line names a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))


@dataclass(frozen=True)
class DocumentedWorkflow:
    """A workflow, the page that has it, and the text between it and the next one or heading."""

    name: str
    page: str
    text: str
    explanation: str

    @property
    def content(self) -> dict[str, Any]:
        """The workflow as YAML 1.2 has it: the key ``on`` is a string."""
        loaded: dict[Any, Any] = yaml.safe_load(self.text)
        return {"on" if key is True else key: value for key, value in loaded.items()}

    @property
    def tag_filters(self) -> list[str]:
        patterns: list[str] = self.content["on"]["push"]["tags"]
        return patterns


def documented_workflows() -> dict[str, DocumentedWorkflow]:
    """Return every workflow of the documentation by the name of its file."""
    workflows = [
        DocumentedWorkflow(name, page.name, text, explanation)
        for page in PAGES
        for name, text, explanation in re.findall(
            r"^```yaml\n# \.github/workflows/(\S+)\n(.*?)^```$(.*?)(?=^```yaml|^#+ |\Z)",
            page.read_text(),
            re.DOTALL | re.MULTILINE,
        )
    ]
    by_name = {workflow.name: workflow for workflow in workflows}
    assert len(by_name) == len(workflows), "two workflows of the documentation have one name"
    return by_name


def tag_workflows() -> dict[str, DocumentedWorkflow]:
    """Return those of them that a push of a tag triggers."""
    return {
        name: workflow
        for name, workflow in documented_workflows().items()
        if "tags" in (workflow.content["on"].get("push") or {})
    }


def documented_workflow(name: str) -> str:
    """Return the text of a workflow of the documentation."""
    return documented_workflows()[name].text
