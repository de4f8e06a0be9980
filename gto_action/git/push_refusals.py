"""What a user can do about a push that a host refuses.

Git hosts give their reasons in words; these are those of GitHub, GitLab, Gitea and Bitbucket.
"""

from __future__ import annotations

import re


def advise(reasons: str) -> str:
    """Return what to do about a refused push, as the end of a sentence; empty if unknown."""
    for pattern, advice in _ADVICE.items():
        if re.search(pattern, reasons, re.IGNORECASE):
            return f"; {advice}"
    return ""


_ADVICE = {
    "without .?workflows?.? (?:permission|scope)": (
        "the .github/workflows of a tagged commit differ from those of every branch, and GitHub "
        "accepts that only from a token that may write workflows, which the job's own never may: "
        "use that of an app, or a fine-grained one with Workflows: write, as the input token"
    ),
    "GH013|rule violations|creations being restricted|protected": (
        "a rule of the host protects the tag: let this user or app bypass the rule, or use a token "
        "of somebody who may"
    ),
    "shallow update not allowed": (
        "the repository that is pushed to lacks the tagged commit: push the commit first"
    ),
    "returned error: 403|permission to .* denied|access .*not granted|not allowed to push": (
        "the token or user may not push: in a workflow set permissions: contents: write, and "
        "elsewhere use a token that may write the repository"
    ),
}
