"""Run DVC to pull, and explain its errors."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO

from gto_action.artifacts.dvc.installation import Dvc, environment_for
from gto_action.errors import PullError
from gto_action.git.runner import without_userinfo
from gto_action.git.tree import stays_within
from gto_action.util.process import end_program, start_program
from gto_action.util.text import truncate_inline

Watch = Callable[[subprocess.Popen[bytes], str, int], None]
"""Waits for a pull into a directory, of a number of bytes (0: unknown), and may show progress."""

CACHE = "cache"
"""Where DVC keeps what it downloads, in its own directory."""


@dataclass(frozen=True, slots=True)
class DvcRunner:
    """Runs DVC in a project's directory; ``private_dir`` is the directory for its cache.

    ``has_directories`` states that outputs of the project may be directories.
    """

    dvc: Dvc
    project: str
    private_dir: str
    environment: Mapping[str, str]
    has_directories: bool

    def outputs(self) -> list[str]:
        """Return the paths of all outputs, from the project's directory. Raises PullError."""
        code, output = self._run("dag", "--outs", "--dot")
        if code:
            raise PullError(f"DVC can't read the project: {self._reason(output)}")
        return _NODE.findall(output)

    def pull(
        self, targets: Sequence[str], remote: str, size: int = 0, watch: Watch | None = None
    ) -> str:
        """Pull targets, from a ``remote`` if one is chosen; return the error, or an empty string.

        ``size`` is the number of bytes, 0 if it is unknown; ``watch`` waits for DVC. The list
        of a directory's files is checked before the checkout: it comes from the remote, which may
        name any path. Raises PullError.
        """
        options = ("--remote", remote) if remote else ()

        def wait(process: subprocess.Popen[bytes]) -> None:
            if watch:
                watch(process, self.private_dir, size)

        if not self.has_directories:
            code, output = self._run("pull", *options, *targets, wait=wait)
            return self._reason(output) if code else ""
        code, fetched = self._run("fetch", *options, *targets, wait=wait)
        if code:
            return self._reason(fetched)
        check_directories(os.path.join(self.private_dir, CACHE))
        code, output = self._run("checkout", *targets)
        return self._reason(fetched + output) if code else ""

    def _run(
        self, *command: str, wait: Callable[[subprocess.Popen[bytes]], None] = lambda _: None
    ) -> tuple[int, str]:
        """Run DVC; return its exit code and its output."""
        site = {"DVC_SITE_CACHE_DIR": os.path.join(self.private_dir, "site")}
        environment = {**environment_for(self.environment), **site}
        with tempfile.TemporaryFile() as output_file, ExitStack() as running:
            command = (*self.dvc.command, *command)
            process = running.enter_context(
                _started(command, self.project, environment, output_file)
            )
            running.callback(end_program, process)
            wait(process)
            code = process.wait()
            output_file.seek(0)
            return code, output_file.read().decode(errors="replace")

    def _reason(self, output: str) -> str:
        """Return what is known about a failure, and the last line that DVC printed.

        No cause is guessed: DVC often does not know it. DVC's advice is about its own commands.
        """
        missing = _MISSING.search(output)
        if missing:
            return (
                f"DVC does not find it there ({missing[1]}): it was not pushed, the credentials "
                "may not see it, or the server does not answer; dvc push it from where it was made"
            )
        if "does not exist as an output" in output:
            return "no .dvc file and no stage at that commit has it as an output"
        if "No module named" in output:
            return f"{self.dvc.name} is broken: remove {os.path.dirname(self.dvc.command[0])}"
        text = without_userinfo(_NOISE.sub("", output).replace(f"{self.project}/", ""))
        if "Checkout failed" in text:
            fetched = _FETCHED.search(text)
            known = f"DVC fetched {fetched[1] if fetched else 'nothing'}, and the checkout failed"
            if fetched:
                known += " (a file that does not match DVC's metadata is discarded)"
        else:
            error = _ERROR.search(text)
            known = " ".join(error[1].split()) if error else "DVC failed"
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        last = lines[-1].removeprefix("ERROR: ") if lines else "nothing"
        return truncate_inline(known if last in known else f"{known}; the last line of DVC: {last}")


def check_directories(cache: str) -> None:
    """Make sure that every file which a directory's list in a cache names is in the directory.

    Raises PullError. Source: DVC's documentation, "Structure of the cache directory".
    """
    for parent, _, names in os.walk(cache):
        for name in names:
            if name.endswith(".dir"):
                with open(os.path.join(parent, name), "rb") as file:
                    _check_list(file.read())


def _check_list(content: bytes) -> None:
    try:
        paths = [entry["relpath"] for entry in json.loads(content)]
        is_within = all(map(stays_within, paths))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PullError("the list of a directory's files at the remote is damaged") from error
    if not is_within:
        raise PullError("the list of a directory's files at the remote names a file outside it")


def _started(
    command: Sequence[str], directory: str, environment: Mapping[str, str], output_file: IO[bytes]
) -> subprocess.Popen[bytes]:
    try:
        return start_program(
            command,
            directory=directory,
            environment=environment,
            stdin=subprocess.DEVNULL,
            stdout=output_file,
            stderr=subprocess.STDOUT,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise PullError(f"{command[0]} can't be started: {reason}") from error


_MISSING = re.compile(r"Missing cache files:\s+(\S+: \S+)")
_FETCHED = re.compile(r"([0-9]+ files?) fetched")
_ERROR = re.compile(r"^ERROR: (.+(?:\n(?!\w+: ).+)*)", re.MULTILINE)
_NOISE = re.compile(r"failed to pull data from the cloud - |unexpected error(?: - )?|<https://\S+>")
_NODE = re.compile(r'^\t?"((?:(?!" -> ").)*)";$', re.MULTILINE)
