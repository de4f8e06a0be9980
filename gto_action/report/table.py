"""Rows as a table for a terminal or a log."""

from __future__ import annotations

from gto_action.report.rows import Rows


def table(rows: Rows) -> str:
    """Draw a table with lines; an empty cell shows a dash. Cut rows are counted under it."""
    from tabulate import tabulate  # noqa: PLC0415 - start-up: 28 ms, for runs that show a table

    cells = [[cell or "-" for cell in row] for row in rows.rows]
    drawn = tabulate(cells, rows.heading, tablefmt="fancy_outline", disable_numparse=True)
    return f"{drawn}\n{cut(rows)}" if rows.left_out else drawn


def cut(rows: Rows) -> str:
    """Say how many rows were left out, if any."""
    return f"… and {rows.left_out:,} older" if rows.left_out else ""
