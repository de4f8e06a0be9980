"""`gto-action run`: the step, by hand."""

from __future__ import annotations

import os
from collections.abc import Mapping

from gto_action import action


def run(repo: str, inputs: Mapping[str, str | bool | None]) -> int:
    """Do the step on a path or a URL with some inputs; give its exit code.

    What is not asked for, ``None``, is as the environment says.
    """
    given = {
        f"INPUT_{name.replace('_', '-').upper()}": value if isinstance(value, str) else str(value)
        for name, value in inputs.items()
        if value is not None
    }
    return action.main({**os.environ, **_place(repo), **given})


def _place(repo: str) -> dict[str, str]:
    """Say where the repository is; a URL is the server's and the repository's, as on a runner."""
    if os.path.exists(repo):
        directory = os.path.realpath(repo)
        return {"GITHUB_WORKSPACE": directory, "INPUT_PATH": directory}
    server, _, name = repo.rstrip("/").rpartition("/")
    place = {
        "GITHUB_WORKSPACE": repo,  # there is no such folder: there is no checkout
        "GITHUB_SERVER_URL": server,
        "GITHUB_REPOSITORY": name,
    }
    own_server = os.environ.get("GITHUB_SERVER_URL")
    if not (own_server and repo.startswith(f"{own_server.rstrip('/')}/")):
        place["INPUT_TOKEN"] = ""  # it is for the server that gave it
    return place
