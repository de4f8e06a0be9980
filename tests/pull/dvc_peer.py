"""The real DVC as a peer: one process that answers many `dvc get --show-url`."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from demo.registry import git_environment
from tests.pull.projects import Dvc

_PROGRAM = """\
import json, logging, sys
import dvc.api
logging.disable()
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"url": dvc.api.get_url(**request)}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
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
        request = {"path": path, "repo": str(repository), "remote": remote or None}
        self.requests.write(f"{json.dumps(request)}\n")
        self.requests.flush()
        answer = json.loads(self.answers.readline())
        return str(answer.get("url", ""))


@contextmanager
def dvc_peer(dvc: Dvc, home: Path) -> Iterator[DvcPeer]:
    """Start the DVC that the fixture ``dvc`` installed, with the plug-ins for S3 and SSH."""
    (python,) = dvc.folder.parent.glob("dvc-*/bin/python")
    peer = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}
    with subprocess.Popen(
        [str(python), "-c", _PROGRAM],
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
