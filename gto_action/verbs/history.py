"""`gto-action history`: what happened, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gto_action.place import Scope, open_repository
from gto_action.report.gto_json import moment_json
from gto_action.report.gto_rows import MOMENT, moment_row
from gto_action.report.listing import journal
from gto_action.report.rows import Row
from gto_action.verbs.printing import print_json_list, print_table


def history(
    name: str | None, repo: str, scope: Scope, form: str | None, *, ascending: bool
) -> None:
    """Print the events of one artifact, or of all. Raises GtoActionError."""
    name = name or None  # an empty one is none, as for gto
    with open_repository(repo, name) as place:
        found = place.found(scope) if scope is not Scope.TAGS else []
        registry = place.registry
    moments = journal(registry, found, name, newest_first=not ascending)
    if form == "json":
        print_json_list(moment_json(registry, one) for one in moments)
    else:
        rows = _Again(lambda: (moment_row(registry, one) for one in moments))
        print_table(MOMENT, rows, plain=form == "plain")


@dataclass(frozen=True)
class _Again:
    """Rows that are made anew whenever they are gone through: a million need not be kept."""

    make: Callable[[], Iterator[Row]]

    def __iter__(self) -> Iterator[Row]:
        return self.make()
