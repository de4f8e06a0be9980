"""`gto-action doctor`: the problems of a registry, and how to fix them."""

from __future__ import annotations

from collections.abc import Iterator

from gto_action.cli.commands.printing import print_json, print_lines
from gto_action.cli.console import print_result
from gto_action.cli.repository import open_repository
from gto_action.diagnostics import Diagnostic, Severity
from gto_action.services.diagnose import diagnose
from gto_action.util.text import escape_control_characters


def doctor(repo: str, *, as_json: bool) -> int:
    """Print the problems; return 1 if there is an error, otherwise 0. Raises GtoActionError."""
    # what is wrong in files is among the diagnostics
    with open_repository(repo, warn_of_files=lambda _: None) as session:
        diagnostics = diagnose(session)
    errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
    if as_json:
        print_json(list(map(_document, diagnostics)))
    elif diagnostics:
        print_lines(line for diagnostic in diagnostics for line in _lines(diagnostic))
        print_lines([f"errors: {errors}, warnings: {len(diagnostics) - errors}"])
    else:
        print_result("No issues found")
    return 1 if errors else 0


def _document(diagnostic: Diagnostic) -> dict[str, object]:
    names = ("kind", "severity", "subject", "message", "remedy", "line")
    return {name: getattr(diagnostic, name) for name in names}


def _lines(diagnostic: Diagnostic) -> Iterator[str]:
    line = f", line {diagnostic.line}" if diagnostic.line else ""
    yield escape_control_characters(
        f"{diagnostic.severity}: {diagnostic.subject}{line}: {diagnostic.message}"
    )
    yield escape_control_characters(f"  {diagnostic.remedy}")
