"""How verbs print what they answer, on standard output."""

from __future__ import annotations

import json
from collections.abc import Iterable

import click

from gto_action.report.rows import Rows
from gto_action.report.table import columns, outline


def print_json(value: object) -> None:
    """Print JSON as gto does."""
    click.echo(json.dumps(value, indent=4))


def print_lines(lines: Iterable[str]) -> None:
    """Print a line a text, and nothing for none."""
    print_raw("".join(f"{line}\n" for line in lines))


def print_raw(text: str) -> None:
    """Print a text as it is."""
    click.echo(text, nl=False)


def print_table(rows: Rows, *, plain: bool) -> None:
    """Print a table, with lines around it or plain."""
    draw = columns if plain else outline
    click.echo("\n".join(draw(rows)) if rows.rows else _NOTHING)


_NOTHING = "Nothing found in the current workspace"  # as gto's users know it
