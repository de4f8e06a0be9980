"""`gto-action history`: what happened, and when."""

from __future__ import annotations

from gto_action.place import Scope, open_repository
from gto_action.report.gto_json import history_json
from gto_action.report.gto_rows import history_rows
from gto_action.verbs.printing import print_json, print_table


def history(
    name: str | None, repo: str, scope: Scope, form: str | None, *, ascending: bool
) -> None:
    """Print the events of one artifact, or of all. Raises GtoActionError."""
    with open_repository(repo, name) as place:
        found = place.found(scope) if scope is not Scope.TAGS else []
        events = history_json(place.registry, found, name)
    if not ascending:
        events.reverse()
    if form == "json":
        print_json(events)
    else:
        print_table(history_rows(events), plain=form == "plain")
