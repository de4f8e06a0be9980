"""Standard output and standard error, which may be a terminal: what is written, and how."""

from __future__ import annotations

import codecs
import io
import os
import shlex
import sys
from contextlib import suppress

import click

from gto_action.diagnostics import Diagnostic
from gto_action.util.text import escape_control_characters


def prepare_streams() -> None:
    """Make the standard streams usable: replace closed ones, and characters they cannot show.

    Writing to a closed one fails, and no file that is opened later takes its descriptor. Where the
    locale has ASCII alone, UTF-8 is written, as click does.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            unwritable = os.open(os.devnull, os.O_RDONLY)
            setattr(sys, name, open(unwritable, "w", encoding="utf-8"))  # noqa: SIM115 - it stays
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            is_ascii = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(encoding="utf-8" if is_ascii else None, errors=SHOWABLE)


def _replace(error: UnicodeError) -> tuple[str | bytes, int]:
    """Return what is written for a character that an encoding lacks.

    A byte of a path that is not UTF-8 is written as it is. Source: PEP 383.
    """
    assert isinstance(error, UnicodeEncodeError)
    shown = (
        bytes([ord(char) - 0xDC00]) if "\udc80" <= char <= "\udcff" else b"?"
        for char in error.object[error.start : error.end]
    )
    return b"".join(shown), error.end


SHOWABLE = "gto-action-showable"
"""The handler of characters that an encoding lacks."""
codecs.register_error(SHOWABLE, _replace)


def print_result(text: str) -> None:
    """Print a result for a person, with a mark of success if emojis are enabled."""
    mark = "✅ " if _shows_emojis() else ""
    click.echo(f"{mark}{escape_control_characters(text)}")


def print_error(message: str) -> None:
    """Print one line to standard error: why a command failed."""
    mark = "❌ " if _shows_emojis(error=True) else ""
    _write_error(f"{mark}{_in_one_line(message)}", "red")


def print_note(message: str) -> None:
    """Print a note to standard error."""
    _write_error(_in_one_line(message))


def print_warning(diagnostic: Diagnostic) -> None:
    """Print a warning to standard error."""
    _write_error(f"warning: {_in_one_line(diagnostic.located)}", "yellow")


def flush_output() -> None:
    """Flush standard output; discard what cannot be written, which Python would try at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        discard_output()


def discard_output() -> None:
    """Discard what is written to standard output from now on, and what is still buffered."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write_error(line: str, colour: str | None = None) -> None:
    """Write a line to standard error; one that cannot be written is ignored."""
    with suppress(OSError):
        click.secho(line, err=True, fg=colour, color=_shows_colours())


def _in_one_line(message: str) -> str:
    """Join the lines of a message, as of one that quotes git; escape other control characters."""
    lines = (line.strip() for line in message.splitlines())
    return escape_control_characters(" ".join(filter(None, lines)))


def print_git_commands() -> None:
    """Print every git command to standard error before it runs."""
    from gto_action.git.runner import without_userinfo  # noqa: PLC0415 - only -v needs git

    def print_command(event: str, details: tuple[object, ...]) -> None:
        if event == "subprocess.Popen":
            _, arguments, directory, _ = details
            assert isinstance(arguments, tuple | list)
            command = without_userinfo(escape_control_characters(shlex.join(map(str, arguments))))
            _write_error(escape_control_characters(f"+ {command}  # in {directory}"))

    sys.addaudithook(print_command)


def _shows_colours() -> bool | None:
    """Return False if NO_COLOR is set, otherwise None: click then decides by the terminal.

    Source: https://no-color.org
    """
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def _shows_emojis(*, error: bool = False) -> bool:
    """Return whether the terminal shows emojis, and GTO_EMOJIS does not disable them."""
    stream = sys.stderr if error else sys.stdout
    if os.environ.get("GTO_EMOJIS", "").lower() in _FALSE or not stream.isatty():
        return False
    return os.environ.get("TERM") != "dumb" and "utf" in (stream.encoding or "").lower()


_FALSE = frozenset({"0", "off", "f", "false", "n", "no"})
