"""Types of the command line's parameters."""

from __future__ import annotations

import click


class _NotEmpty(click.ParamType[str]):
    """Text that is not empty: a script whose variable is not set would ask for something else."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the value; end the command with code 2 if it is empty."""
        return value or self.fail("it is empty", param, ctx)


NOT_EMPTY = _NotEmpty()
