"""A runner: what a step gets from it, and what it makes of the files that the step writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from testkit.repositories import git, git_environment


def clone_as_a_runner(remote: str, tag: str, path: Path) -> str:
    """Check a tag out as actions/checkout v4 does; return the commit.

    Depth 1, the one tag that triggered the run and no other, and that one lightweight.
    """
    (sha, *_) = git("ls-remote", remote).split() or [""]
    object_format = "sha256" if len(sha) > _SHA1_LENGTH else "sha1"
    new = ("--initial-branch=main", f"--object-format={object_format}")
    git("init", "--quiet", *new, str(path))
    git("-C", str(path), "remote", "add", "origin", remote)
    git("-C", str(path), "fetch", "--quiet", "--depth=1", "origin", f"refs/tags/{tag}")
    commit = git("-C", str(path), "rev-parse", "FETCH_HEAD^{commit}")
    git("-C", str(path), "update-ref", "--no-deref", f"refs/tags/{tag}", commit)
    git("-C", str(path), "checkout", "--quiet", "--force", f"refs/tags/{tag}")
    return commit


def runner_environment(root: Path, ref: str, sha: str) -> dict[str, str]:
    """Return a step's environment for root/workspace; empty the files that the step writes to."""
    files = {"GITHUB_OUTPUT": root / "output", "GITHUB_STEP_SUMMARY": root / "summary.md"}
    for path in files.values():
        path.write_text("")
    return {
        **git_environment(),
        **{name: str(path) for name, path in files.items()},
        "GITHUB_ACTIONS": "true",
        "GITHUB_REF": ref,
        "GITHUB_SHA": sha,
        "GITHUB_WORKSPACE": str(root / "workspace"),
    }


def read_outputs(text: str) -> dict[str, str]:
    """Read step outputs back: ``NAME=VALUE`` and ``NAME<<DELIMITER`` with lines up to DELIMITER.

    Lines end in a line feed. Raises ValueError for what a runner refuses. Source: GitHub's
    documentation of workflow commands, "Multiline strings".
    """
    outputs: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        name, separator, rest = line.partition("=")
        if "<<" in name or not separator:
            name, separator, delimiter = line.partition("<<")
            if not (name and separator and delimiter):
                raise ValueError(f"not an output: {line!r}")
            rest = "\n".join(_until(delimiter, lines))
        outputs[name] = rest
    return outputs


_SHA1_LENGTH = 40


def _until(delimiter: str, lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if line == delimiter:
            return
        yield line
    raise ValueError(f"there is no line {delimiter}")
