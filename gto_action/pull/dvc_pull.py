"""DVC, asked to pull: how it is run, and what is made of its complaints."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO

from gto_action.errors import PullError
from gto_action.git.repository import without_userinfo
from gto_action.pull.dvc_program import Dvc, environment_for
from gto_action.visible import in_a_sentence

Watch = Callable[[subprocess.Popen[bytes], str, int], None]
"""Waits for a pull, and may show how far it is: into which folder, how many bytes (0: unknown)."""


def run_dvc(  # noqa: PLR0913 - what a program is told
    dvc: Dvc,
    project: str,
    target: str,
    environment: Mapping[str, str],
    *,
    remote: str,
    recursive: bool,
    own: str,
    size: int,
    watch: Watch | None,
) -> str:
    """Pull a target in a project's folder, from a ``remote`` if one is chosen.

    ``own`` is a folder for what DVC keeps beside, ``size`` how many bytes there are to come, 0 if
    that is not known; ``watch`` waits for the program. Gives what is wrong in words, empty if
    nothing is. Raises PullError where it can't be started.
    """
    options = (*(("--recursive",) if recursive else ()), *(("--remote", remote) if remote else ()))
    for_dvc = {**environment_for(environment), "DVC_SITE_CACHE_DIR": os.path.join(own, "site")}
    with tempfile.TemporaryFile() as said, ExitStack() as running:
        with _uninterrupted():
            process = running.enter_context(
                _started((*dvc.command, "pull", *options, target), project, for_dvc, said)
            )
            running.callback(process.kill)
        if watch:
            watch(process, own, size)
        process.wait()
        said.seek(max(0, said.seek(0, os.SEEK_END) - _LONGEST))
        told = said.read().decode(errors="replace")
    return _reason(told) if process.returncode else ""


def _started(
    words: Sequence[str], folder: str, environment: Mapping[str, str], said: IO[bytes]
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            words,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    except OSError as error:
        raise PullError(f"{words[0]} can't be started: {error.strerror}") from error


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold signals back: what is started meanwhile must be known before it can be ended."""
    held: list[int] = []
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {one: signal.signal(one, lambda number, _: held.append(number)) for one in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in held:
        signal.raise_signal(number)


def _reason(told: str) -> str:
    """Make a part of a sentence of what DVC said; its advice is about its own commands."""
    missing = _MISSING.search(told)
    if missing:
        return (
            f"DVC does not find it there ({missing[1]}): it was not pushed, the credentials may "
            "not see it, or the server does not answer; dvc push it from where it was made"
        )
    if "Checkout failed" in told and _FETCHED.search(told):
        return (
            "what came is not what DVC's metadata say, so it is damaged there: remove it from the "
            "remote, and dvc push it again from where it was made"
        )
    if "Checkout failed" in told:
        return "nothing of it is there; its output may name another remote"
    if "does not exist as an output" in told:
        return "no .dvc file and no stage at that commit has it as an output"
    errors = [_NOISE.sub("", one) for one in _ERROR.findall(told)]
    reason = errors[0] if errors else told
    return in_a_sentence(without_userinfo(" ".join(reason.split())) or "DVC does not say why")


_LONGEST = 1 << 20
_MISSING = re.compile(r"Missing cache files:\s+(\S+: \S+)")
_FETCHED = re.compile(r"[0-9]+ files? fetched")
_ERROR = re.compile(r"^ERROR: (.+(?:\n(?!\w+: ).+)*)", re.MULTILINE)
_NOISE = re.compile(r"failed to pull data from the cloud - |unexpected error - |<https://\S+>")
