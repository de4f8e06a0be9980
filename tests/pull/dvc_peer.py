"""The real DVC in one process, which saves its start-up of half a second for each command."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from testkit.repositories import git_environment
from tests.pull.dvc_server import WITH_DVC_IMPORTED

_PROGRAM = """\
import json, logging, os, sys, tempfile
import dvc.api

def url(**arguments):
    logging.disable()
    try:
        return {"url": dvc.api.get_url(**arguments)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}

def run(words, directory, environment):
    with tempfile.TemporaryFile() as output:
        child = os.fork()
        if not child:
            for stream in (1, 2):
                os.dup2(output.fileno(), stream)
            os.chdir(directory)
            os.environ.clear()
            os.environ.update(environment)
            code = dvc.cli.main(words)
            sys.stdout.flush()
            os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        output.seek(0)
        return {"code": code, "output": output.read().decode()}

for line in sys.stdin:
    name, arguments = json.loads(line)
    print(json.dumps({"url": url, "run": run}[name](**arguments)), flush=True)
"""


@dataclass(frozen=True)
class DvcPeer:
    """A DVC process, and the home directory that it runs with."""

    home: Path
    requests: IO[str] = field(repr=False)
    answers: IO[str] = field(repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """What it knows of its machine."""
        return {"HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / ".config")}

    def url(self, repository: Path, path: str, remote: str = "") -> str:
        """Return what `dvc get --show-url` prints; empty if it fails."""
        answer = self._request("url", path=path, repo=str(repository), remote=remote or None)
        return str(answer.get("url", ""))

    def run(
        self, words: Sequence[str], directory: Path, environment: Mapping[str, str]
    ) -> tuple[int, str]:
        """Run a command in a fork of the process; return its exit code and output."""
        answer = self._request(
            "run", words=words, directory=str(directory), environment=dict(environment)
        )
        return answer["code"], answer["output"]

    def _request(self, name: str, **arguments: object) -> dict[str, Any]:
        self.requests.write(f"{json.dumps([name, arguments])}\n")
        self.requests.flush()
        answer: dict[str, Any] = json.loads(self.answers.readline())
        return answer


@contextmanager
def dvc_peer(python: str, home: Path) -> Iterator[DvcPeer]:
    """Start the DVC that a Python has."""
    peer = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}
    with subprocess.Popen(
        [python, "-c", WITH_DVC_IMPORTED + _PROGRAM],
        env={**git_environment(), **peer, "DVC_NO_ANALYTICS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield DvcPeer(home, process.stdin, process.stdout)
        process.stdin.close()


def normalized(printed: str) -> str:
    """Return what DVC prints as a URL should be: its scheme in lower case, without a user.

    Neither user nor password may have a slash. A local path has single slashes.
    """
    if printed.startswith("/"):
        return re.sub("/+", "/", printed)
    url = re.sub(r"^\w+(?=://)", lambda match: match[0].lower(), printed)
    return re.sub(r"(?<=://)[^/]*@", "", url)
