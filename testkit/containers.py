"""A container of an image: what it prints, and how it ends."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def run_in_image(
    image: str,
    words: Sequence[str],
    *,
    mounts: Sequence[Path] = (),
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program of an image on the host's network, with directories at their own paths.

    The first word is the program. The container is created and started, because `docker run --rm`
    ends with 0 where podman answers it.
    """
    options = [f"--volume={path}:{path}" for path in mounts]
    options += [f"--env={name}={value}" for name, value in (variables or {}).items()]
    program, *arguments = words
    entry = ("--network=host", *options, "--entrypoint", program, image, *arguments)
    container = _docker("create", *entry)
    try:
        return subprocess.run(
            ("docker", "start", "--attach", container), capture_output=True, text=True, check=False
        )
    finally:
        _docker("rm", "--force", container)


def _docker(*arguments: str) -> str:
    done = subprocess.run(("docker", *arguments), check=True, capture_output=True, text=True)
    return done.stdout.strip()
