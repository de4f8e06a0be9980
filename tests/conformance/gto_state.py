"""The real gto, made to read a repository once instead of once a call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from unittest.mock import patch

from gto.base import BaseRegistryState
from gto.config import read_registry_config
from gto.registry import GitRegistry


@contextmanager
def state_read_once() -> Iterator[None]:
    """Keep the state of the one repository that gto is called for inside of this context.

    gto replays all tags, and reads its configuration, for every call, which is most of the time
    that comparing with it takes. Nothing may change the repository meanwhile.
    """
    read, read_config = GitRegistry.get_state, cache(read_registry_config)

    @cache
    def state_of(path: str, *, all_branches: bool, all_commits: bool) -> BaseRegistryState:
        with GitRegistry.from_url(path) as registry:
            return read(registry, all_branches=all_branches, all_commits=all_commits)

    def get_state(
        registry: GitRegistry, *, all_branches: bool = False, all_commits: bool = False
    ) -> BaseRegistryState:
        path = registry.scm.root_dir
        return state_of(path, all_branches=all_branches, all_commits=all_commits)

    with (
        patch.object(GitRegistry, "get_state", get_state),
        patch("gto.registry.read_registry_config", read_config),
        patch("gto.index.read_registry_config", read_config),
    ):
        yield
