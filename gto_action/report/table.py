"""Rows as a table for a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterator

from gto_action.report.rows import Row, Rows


def table(rows: Rows) -> str:
    """Draw a table with lines; an empty cell shows a dash. What is cut is counted under it.

    It is what gto's users see, ``fancy_outline`` of tabulate: a library that takes 30 to 45 ms to
    import, a third of the whole step.
    """
    shown = outline(Rows(rows.heading, tuple(map(_short, rows.rows))))
    return "\n".join([*shown, *cut(rows)])


def outline(rows: Rows) -> list[str]:
    """Draw a table with lines around it, as tabulate's ``fancy_outline``."""
    widths = _widths(rows)
    return [
        _rule("╒═╤╕", widths),
        _line(rows.heading, widths),
        _rule("╞═╪╡", widths),
        *(_line(row, widths) for row in rows.rows),
        _rule("╘═╧╛", widths),
    ]


def columns(rows: Rows) -> list[str]:
    """Draw a table without lines, for grep and awk, as tabulate's ``plain``."""
    widths = _widths(rows)
    return ["  ".join(_padded(row, widths)).rstrip() for row in (rows.heading, *rows.rows)]


def cut(rows: Rows) -> list[str]:
    """Say how many rows and stages were left out, if any."""
    counted = ((rows.left_out, "older"), (rows.stages_left_out, "other stages"))
    return [f"… and {count:,} {what}" for count, what in counted if count]


LONGEST_CELL = 120
"""The most characters of a cell; all rows are as wide as the widest."""


def _short(row: Row) -> Row:
    return tuple(
        cell if len(cell) <= LONGEST_CELL else cell[: LONGEST_CELL - 1] + "…"
        for cell in (cell or "-" for cell in row)
    )


def _widths(rows: Rows) -> list[int]:
    """Give the widths of the columns; tabulate pads a heading by two."""
    columns_ = zip(rows.heading, *rows.rows, strict=True)
    return [max([len(heading) + 2, *map(len, column)]) for heading, *column in columns_]


def _padded(row: Row, widths: list[int]) -> Iterator[str]:
    return (cell.ljust(width) for cell, width in zip(row, widths, strict=True))


def _line(row: Row, widths: list[int]) -> str:
    return f"│ {' │ '.join(_padded(row, widths))} │"


def _rule(corners: str, widths: list[int]) -> str:
    left, line, cross, right = tuple(corners)
    return left + cross.join(line * (width + 2) for width in widths) + right
