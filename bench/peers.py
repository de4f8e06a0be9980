"""The programs of the comparison: the floor, which is git itself, and the tools used today."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

from bench.measure import Command
from testkit.repositories import git

FIELDS = "--format=" + "".join(
    f"%({field})%00"
    for field in (
        *("refname", "objecttype", "objectname", "object", "type"),
        *("taggername", "taggeremail:trim", "taggerdate:raw"),
        *("authorname", "authoremail:trim", "committerdate:raw"),
        *("contents:signature", "contents"),
    )
)
"""All that is read of a tag, as git-for-each-ref formats it: the floor."""

READ_AND_REPLAY = """\
import gc, os, sys
gc.disable()  # as entrypoint.py does
from gto_action.git.fetch import FetchObserver
from gto_action.git.source import open_location
from gto_action.registry.events import read_events
from gto_action.registry.replay import replay
with open_location(sys.argv[1], os.environ, observer=FetchObserver(print)) as source:
    replay(read_events(source.tags()))
os._exit(0)
"""

UNTIL_FIRST_PROCESS = """\
import os, runpy, sys
sys.addaudithook(lambda event, _: event == "subprocess.Popen" and os._exit(0))
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def gto(remote: Path, clone: Path, tag: str) -> dict[str, Command]:
    """Return gto's answers to the same questions; it reads no bare repository."""
    git("clone", "--quiet", str(remote), str(clone))
    program = str(Path(sys.executable).parent / "gto")
    there = ("-r", str(clone))
    return {
        "gto check-ref": Command((program, "check-ref", tag, *there)),
        "gto show": Command((program, "show", *there)),
        "gto history": Command((program, "history", *there)),
    }


def existing_action(workspace: Path, tag: str) -> Command:
    """Return the sequence of the action that people use today, on a fresh checkout each time."""
    program = str(Path(sys.executable).parent / "gto")
    read = f"{shlex.quote(sys.executable)} -c {shlex.quote(_READ_BY_DVC)}"
    name = shlex.quote(tag)
    gto_ = shlex.quote(program)
    script = "\n".join(
        [
            "set -e",
            f"git tag -d {name}",
            "git fetch --all --prune --tags",
            *(
                f"{gto_} check-ref {name} --{field}"
                for field in ("event", "name", "version", "stage")
            ),
            *[read] * 3,
            *[f"{gto_} show"] * 2,
            *[f"{gto_} history"] * 2,
        ]
    )
    fresh = workspace.with_name("fresh")
    shutil.copytree(workspace, fresh)

    def restore() -> None:
        shutil.rmtree(workspace)
        shutil.copytree(fresh, workspace)

    return Command(("sh", "-c", script), workspace, before=restore)


_QUERIES = ("event", "name", "version", "stage")
_READ_BY_DVC = "from dvc.repo import Repo; print(Repo('.', uninitialized=True).artifacts.read())"
