"""Shell completion: the names of artifacts, versions, stages, tags and commits.

Completion must be quick and quiet: it reads the names of refs with one git process and nothing
else, never fetches, and offers nothing if there is an error.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    add_completion_class,
    shell_complete,
    split_arg_string,
)

from gto_action.cli.console import discard_output, print_error
from gto_action.errors import QueryError
from gto_action.git.runner import GitRunner
from gto_action.registry.tag_names import TagName, parse_tag_name
from gto_action.util.environment import program_environment
from gto_action.util.text import quote_inline

VARIABLE = "_GTO_ACTION_COMPLETE"
"""The environment variable by which a shell asks for completions, and for its script."""
MAX_REFS = 50_000
"""The most refs that are read: more would take longer than a person waits."""


def complete(cli: click.Group, instruction: str) -> int:
    """Print the completions that a shell requests with VARIABLE; return the exit code.

    No error of a completion is printed: it would appear in the middle of the line that is typed.
    Only a script that cannot be written is an error.
    """
    if instruction not in _INSTRUCTIONS:
        print_error(
            f"{VARIABLE} is {quote_inline(instruction)}: write one of {', '.join(_INSTRUCTIONS)}"
        )
        return QueryError.exit_code
    with suppress(Exception):
        try:
            add_completion_class(_Bash)
            code = shell_complete(cli, {}, "gto-action", VARIABLE, instruction)
            sys.stdout.flush()
        except OSError as error:
            if instruction.endswith("_source"):
                print_error(f"could not write to standard output: {error.strerror}")
            discard_output()
        else:
            return code
    return QueryError.exit_code


def complete_name(repo: str, incomplete: str) -> list[str]:
    """Return the names of artifacts that begin with ``incomplete``.

    Once one artifact is left or named, they include its versions, stages and tags.
    """
    artifact = _SEPARATOR.split(incomplete, maxsplit=1)[0]
    tags = _registry_tags(repo, artifact)
    in_tag = "=" in incomplete  # DIR=NAME, as tags have it, or DIR:NAME
    names = {_spelled(parts.name, in_tag=in_tag) for _, parts in tags}
    matching = sorted(name for name in names if name.startswith(incomplete))
    if len(matching) > 1 and incomplete not in names:
        return matching
    candidates = {*matching}
    for tag, parts in tags:
        name = _spelled(parts.name, in_tag=in_tag)
        if name != artifact and len(matching) != 1:
            continue
        candidates.add(tag)
        if parts.version:
            candidates |= {f"{name}@latest", f"{name}@{parts.version}"}
        elif parts.stage:
            candidates.add(f"{name}#{parts.stage}")
    return sorted(candidate for candidate in candidates if candidate.startswith(incomplete))


def complete_tag(repo: str, incomplete: str) -> list[str]:
    """Return the registry tags that begin with ``incomplete``, with or without ``refs/tags/``."""
    prefix = "refs/tags/" if incomplete.startswith("refs/tags/") else ""
    tags = _registry_tags(repo, incomplete.removeprefix(prefix))
    names = (prefix + tag for tag, _ in tags)
    return sorted(name for name in names if name.startswith(incomplete))


def complete_commit(repo: str, incomplete: str) -> list[str]:
    """Return the names of commits that begin with ``incomplete``: HEAD, branches and tags."""
    names = _refs(repo, "refs/heads", "refs/remotes", "refs/tags")
    return sorted(name for name in ("HEAD", *names) if name.startswith(incomplete))


def _registry_tags(repo: str, incomplete: str) -> list[tuple[str, TagName]]:
    """Return the registry tags that begin like ``incomplete``, with their parts."""
    prefix = incomplete.replace(":", "=")
    named = ((tag, parse_tag_name(tag)) for tag in _refs(repo, "refs/tags"))
    return [(tag, parts) for tag, parts in named if parts and tag.startswith(prefix)]


def _refs(repo: str, *namespaces: str) -> Iterator[str]:
    """Yield the names of refs without their namespaces; none of what is not a directory."""
    if not os.path.isdir(repo):  # a URL too: nothing is fetched
        return
    repository = GitRunner(repo, program_environment(os.environ))
    options = (f"--count={MAX_REFS}", "--format=%(refname:lstrip=2)")
    process = repository.git("for-each-ref", *options, *namespaces)
    names = process.communicate()[0].decode(errors="replace").splitlines()
    # a shell would run what other names hold, as $(command)
    yield from filter(re.compile(r"[\w./@#=:+!-]+").fullmatch, names)


_SEPARATOR = re.compile("[@#]")
_INSTRUCTIONS = [
    f"{shell}_{action}" for action in ("source", "complete") for shell in ("bash", "zsh", "fish")
]


def _spelled(name: str, *, in_tag: bool) -> str:
    return name.replace(":", "=") if in_tag else name


class _Bash(BashComplete):
    """Completion for bash, which takes ``@``, ``:`` and ``=`` for the ends of words.

    So the script hands over the line as it is typed and, in COMP_WORD, the end of the last word,
    which is all that bash replaces. An alias is completed with the program that it stands for.
    """

    source_template = """\
%(complete_func)s() {
    local IFS=$'\\n' program=$1 type value completion
    [[ $(type -t -- "$1") == file ]] || program=%(prog_name)s
    for completion in $(COMP_WORDS="${COMP_LINE:0:COMP_POINT}" COMP_CWORD= COMP_WORD="$2" \\
            %(complete_var)s=bash_complete "$program" 2>/dev/null); do
        IFS=',' read -r type value <<< "$completion"
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""
    _kept = ""
    _is_quoted = False

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the part of a word at it."""
        if os.environ.get("COMP_CWORD"):  # as click's own script has it
            return super().get_completion_args()
        line = os.environ["COMP_WORDS"]
        words = split_arg_string(line)
        if len(words) < 2 or line[-1:].isspace():  # noqa: PLR2004 - the program and a word
            return words[1:], ""
        *before, incomplete = words[1:]
        word = "".join(split_arg_string(os.environ.get("COMP_WORD", "")))
        if incomplete.endswith(word):
            self._kept = incomplete.removesuffix(word)
        self._is_quoted = line.endswith((f"'{incomplete}", f'"{incomplete}'))
        return before, incomplete

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Return the string by which bash replaces the end of the word."""
        value = item.value.removeprefix(self._kept)
        if not self._is_quoted:
            value = value.replace("!", "\\!")  # `!#` and others stand for what was typed before
        return f"{item.type},{value}"
