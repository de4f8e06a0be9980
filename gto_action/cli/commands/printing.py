"""How commands print results on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from itertools import islice

import click

from gto_action.cli.console import SHOWABLE
from gto_action.reporting.rows import Row
from gto_action.reporting.table import columns, outline
from gto_action.util.text import escape_control_characters


def print_json(value: object) -> None:
    """Print JSON as gto does."""
    click.echo(json.dumps(value, indent=4))


def print_json_list(values: Iterable[object]) -> None:
    """Print a JSON list as gto does, one member after the other."""
    before = "[\n    "
    for value in values:
        click.echo(before + json.dumps(value, indent=4).replace("\n", "\n    "), nl=False)
        before = ",\n    "
    click.echo("[]" if before.startswith("[") else "\n]")


def print_lines(lines: Iterable[str]) -> None:
    """Print lines, or nothing if there are none; at a terminal control characters are escaped."""
    shown = map(escape_control_characters, lines) if sys.stdout.isatty() else lines
    # without color=True, click removes escape sequences from what is data
    click.echo("".join(f"{line}\n" for line in shown), nl=False, color=True)


def print_text(text: str) -> None:
    """Print text for another program, in UTF-8; at a terminal control characters are escaped."""
    if sys.stdout.isatty():
        print_lines(text.removesuffix("\n").split("\n"))
    else:
        click.echo(text.encode(errors=SHOWABLE), nl=False, color=True)


def print_table(heading: Row, rows: Iterable[Row], *, plain: bool) -> None:
    """Print a table, with lines around it or plain; ``rows`` are iterated twice."""
    if next(iter(rows), None) is None:
        click.echo(_NOTHING)
        return
    lines = iter(columns(heading, rows) if plain else outline(heading, rows))
    while some := list(islice(lines, _AT_ONCE)):
        click.echo("\n".join(some))


_AT_ONCE = 1000
_NOTHING = "Nothing found in the current workspace"  # as gto's users know it
