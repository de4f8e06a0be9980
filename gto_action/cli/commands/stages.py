"""`gto-action stages`: the stages that are allowed, or those that are used."""

from __future__ import annotations

from gto_action.cli.commands.printing import print_json, print_lines
from gto_action.cli.repository import open_repository
from gto_action.registry.queries import used_stages


def stages(repo: str, which: str | None, *, as_json: bool) -> None:
    """Print stages: ``which`` is allowed, used, or None for those allowed, if any are named.

    Raises GtoActionError.
    """
    with open_repository(repo) as session:
        allowed = None if which == "used" else session.config.stages
        listed = None if allowed is None else list(allowed)
        if listed is None and which != "allowed":
            listed = used_stages(session.registry)
    if as_json:
        print_json(listed)
    else:
        print_lines(listed or ())
