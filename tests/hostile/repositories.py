"""Repositories that a well-meaning program would not make."""

from __future__ import annotations

import subprocess
from pathlib import Path

from testkit.repositories import Builder, git, git_environment
from testkit.step import Workspace

TAGGER = "Ann Lee <ann@example.org> 1767225600 +0100"
TAG = "churn@v1.0.0"


def escaped(text: str) -> str:
    """Return any string as it is written within double quotes in YAML."""
    return "".join(f"\\U{ord(item):08x}" for item in text)


def repository(path: Path, files: dict[str, str] | None = None) -> Path:
    """Make a bare repository of one commit, with files."""
    builder = Builder(path / "remote.git")
    builder.commit(files or {"file": "content\n"})
    return builder.build()


def registered(path: Path, files: dict[str, str] | None = None, message: str = "") -> Workspace:
    """Make a repository where churn@v1.0.0 was registered, and a workspace without a checkout."""
    remote = repository(path, files)
    add_tag(remote, TAG, message=(message or "A version").encode(errors="surrogateescape"))
    return workspace(path, remote)


def workspace(path: Path, remote: Path, tag: str = TAG) -> Workspace:
    """Return a workspace whose run knows where the remote is, and has no checkout."""
    (path / "workspace").mkdir(exist_ok=True)
    git("-C", str(path / "workspace"), "init", "--quiet")
    git("-C", str(path / "workspace"), "remote", "add", "origin", str(remote))
    return Workspace(path, f"refs/tags/{tag}", "")


def add_tag(remote: Path, name: str, *, message: bytes = b"x", target: str = "main") -> None:
    """Tag an object with any message."""
    kind = git("-C", str(remote), "cat-file", "-t", target)
    oid = git("-C", str(remote), "rev-parse", target)
    header = f"object {oid}\ntype {kind}\ntag {name}\ntagger {TAGGER}\n\n"
    add_object(remote, name, header.encode() + message)


def add_object(remote: Path, name: str, content: bytes) -> None:
    """Make a tag object of any content, and a ref to it."""
    command = ("git", "-C", str(remote), "hash-object", "-t", "tag", "-w", "--stdin", "--literally")
    done = subprocess.run(
        command, input=content, env=git_environment(), capture_output=True, check=True
    )
    ref = remote / "refs" / "tags" / name  # git itself refuses a ref to what it can't read
    ref.parent.mkdir(parents=True, exist_ok=True)
    ref.write_bytes(done.stdout)


def add_tree(remote: Path, entries: list[tuple[str, str, bytes]]) -> None:
    """Put a commit on main whose tree has any entries: mode, name, content (of 160000 a SHA)."""
    lines = []
    for mode, name, content in entries:
        kind = {"160000": "commit", "040000": "tree"}.get(mode, "blob")
        oid = content.decode() if kind == "commit" else _write(remote, content)
        lines.append(f"{mode} {kind} {oid}\t{name}\0")
    tree = _run(remote, "mktree", "-z", stdin="".join(lines).encode())
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    commit = _run(remote, *who, "commit-tree", "-m", "x", tree)
    git("-C", str(remote), "update-ref", "refs/heads/main", commit)


def _write(remote: Path, content: bytes) -> str:
    return _run(remote, "hash-object", "-w", "--stdin", stdin=content)


def _run(remote: Path, *arguments: str, stdin: bytes = b"") -> str:
    done = subprocess.run(
        ("git", "-C", str(remote), *arguments),
        input=stdin,
        env=git_environment(),
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()
