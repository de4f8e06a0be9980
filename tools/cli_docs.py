"""`make docs`: write the help of every command into docs/cli.md, below a mark."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from gto_action.cli.app import cli

MARK = "<!-- from here on written by `make docs` -->\n"
WIDTH = 100


def main() -> None:
    """Rewrite the page that is named."""
    page = Path(sys.argv[1])
    page.write_text(rewritten(page.read_text()))


def rewritten(page: str) -> str:
    """Return a page with the program's help after the mark."""
    return page.partition(MARK)[0] + MARK + "".join(_sections())


def _sections() -> list[str]:
    top = cli.make_context("gto-action", [], resilient_parsing=True, terminal_width=WIDTH)
    sections = [_section("gto-action", cli.get_help(top))]
    commands = {name: cli.get_command(top, name) for name in cli.list_commands(top)}
    listed = [(name, command) for name, command in commands.items() if command]
    for name, command in sorted(listed, key=lambda item: (item[1].hidden, item[0])):
        context = click.Context(command, parent=top, info_name=name, terminal_width=WIDTH)
        sections.append(_section(f"gto-action {name}", command.get_help(context)))
    return sections


def _section(title: str, text: str) -> str:
    return f"\n## {title}\n\n```text\n{text}\n```\n"


if __name__ == "__main__":
    main()
