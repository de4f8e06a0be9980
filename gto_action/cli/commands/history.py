"""`gto-action history`: the history of events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gto_action.cli.commands.printing import print_json_list, print_table
from gto_action.cli.console import print_note
from gto_action.cli.repository import open_repository
from gto_action.registry.near_misses import did_you_mean
from gto_action.registry.queries import list_history
from gto_action.registry.selectors import Selector, parse_selector
from gto_action.reporting.gto_json import history_json
from gto_action.reporting.gto_rows import HISTORY, history_row
from gto_action.reporting.rows import Row
from gto_action.services.session import RegistrySession, Scope


def history(
    name: str | None, repo: str, scope: Scope, form: str | None, *, ascending: bool
) -> None:
    """Print the events of one artifact, or of all. Raises GtoActionError."""
    selector = parse_selector(name) if name else None  # an empty one is none, as for gto
    with open_repository(repo, selector.name if selector else None) as session:
        found = session.found(scope) if scope is not Scope.TAGS else []
        registry = session.registry
        artifact = _artifact_of(session, selector, name) if selector and name else None
    history_entries = list_history(registry, found, artifact, newest_first=not ascending)
    if form == "json":
        print_json_list(history_json(registry, entry) for entry in history_entries)
    else:
        rows = _Again(lambda: (history_row(registry, entry) for entry in history_entries))
        print_table(HISTORY, rows, plain=form == "plain")


def _artifact_of(session: RegistrySession, selector: Selector, text: str) -> str:
    """Return the name of the artifact whose history ``text`` requests.

    A version or a stage that the artifact never had does not name an artifact: as with gto, nothing
    is found then; a note on standard error gives the reason. Raises QueryError, or TagNotFoundError
    for a tag that is not an event.
    """
    if selector.tag:
        session.find_event(selector.tag, selector.name)
    session.check_tag(selector)
    artifact = session.registry.artifacts.get(selector.name)
    events = artifact.history if artifact else ()
    if selector.version and all(replayed.version != selector.version for replayed in events):
        print_note(f"there is no version '{text}' in {session.source}")
        return text
    if selector.stage and all(replayed.event.parts.stage != selector.stage for replayed in events):
        print_note(f"there is no stage '{text}' in {session.source}")
        return text
    if not events and did_you_mean(text):
        print_note(f"there is no artifact '{text}' in {session.source}{did_you_mean(text)}")
    return selector.name


@dataclass(frozen=True)
class _Again:
    """Rows that are computed at each iteration: a million need not be kept."""

    make: Callable[[], Iterator[Row]]

    def __iter__(self) -> Iterator[Row]:
        return self.make()
