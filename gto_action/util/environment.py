"""The environment of the programs that we start: git, ssh, DVC and its installer."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, MutableMapping

Setting = tuple[str, str]
"""A configuration variable of Git's: its full name and its value."""


def program_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for programs, given that of this process.

    It lacks the step's inputs and the variables that lead git to another repository. With it git
    reports in English, asks for no password, and writes no trace to standard error, where a trace
    could contain a token.
    """
    kept = {
        name: value
        for name, value in environment.items()
        if name not in _REPOSITORY_VARIABLES
        and not name.startswith("INPUT_")
        and not _traces_to_stderr(name, value)
    }
    return {**_NO_TRACES, **kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}


def with_settings(
    environment: Mapping[str, str],
    settings: Iterable[Setting] = (),
    *,
    below: Iterable[Setting] = (),
) -> dict[str, str]:
    """Add configuration variables to an environment for git.

    They reach git by the environment and never by its arguments, which every process on the
    machine can read. Variables that the caller had already set this way stay: ``settings`` come
    after them, and ``below`` before them. Source: git-config(1), GIT_CONFIG_COUNT.
    """
    count = environment.get("GIT_CONFIG_COUNT", "")
    given = [
        (environment[key], environment[value])
        for key, value in map(_variables_of, range(int(count) if count.isdecimal() else 0))
        if key in environment and value in environment
    ]
    added = dict(environment)
    all_settings = (*below, *given, *settings)
    for number, setting in enumerate(all_settings):
        added.update(zip(_variables_of(number), setting, strict=True))
    return {**added, "GIT_CONFIG_COUNT": str(len(all_settings))}


def _variables_of(number: int) -> tuple[str, str]:
    return f"GIT_CONFIG_KEY_{number}", f"GIT_CONFIG_VALUE_{number}"


def hook_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for git in a hook, given that of this process.

    The repository and the quarantine, in which the objects of a push are, stay as git has named
    them. Source: git-receive-pack(1), "Quarantine Environment".
    """
    kept = {name: environment[name] for name in _OF_A_HOOK if name in environment}
    # a pusher could replace the policy by refs/replace
    return {**program_environment(environment), **kept, "GIT_NO_REPLACE_OBJECTS": "1"}


_OF_A_HOOK = (
    "GIT_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
)


def forget_repositories(environment: MutableMapping[str, str]) -> None:
    """Remove the variables that lead git to another repository, for libraries that start it."""
    for name in _REPOSITORY_VARIABLES & environment.keys():
        del environment[name]


def cache_directory(environment: Mapping[str, str]) -> str:
    """Return the directory where DVC stays once it is installed. Source: XDG Base Directory."""
    named = (environment.get("XDG_CACHE_HOME", ""), environment.get("LOCALAPPDATA", ""))
    home = environment.get("HOME") or os.path.expanduser("~")
    caches = next(filter(os.path.isabs, named), os.path.join(home, ".cache"))
    return os.path.join(caches, "gto-action")


def current_directory() -> str:
    """Return the path of the current directory; empty if it was deleted."""
    try:
        return os.getcwd()
    except OSError:
        return ""


# what trace2.* of the configuration would turn on. Source: git-config(1)
_NO_TRACES = dict.fromkeys(("GIT_TRACE2", "GIT_TRACE2_PERF", "GIT_TRACE2_EVENT"), "0")


def _traces_to_stderr(name: str, value: str) -> bool:
    """Return whether a variable makes git trace to its standard error. Source: git(1)."""
    return name == "GIT_CURL_VERBOSE" or (
        name.startswith("GIT_TRACE") and not value.startswith("/")
    )


# git rev-parse --local-env-vars, without those that hold configuration, and pathspec settings
_REPOSITORY_VARIABLES = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_DIR",
        "GIT_GLOB_PATHSPECS",
        "GIT_GRAFT_FILE",
        "GIT_ICASE_PATHSPECS",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_LITERAL_PATHSPECS",
        "GIT_NAMESPACE",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
