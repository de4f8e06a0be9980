"""Create and delete annotated tags in a repository: all of them, or none."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from gto_action.errors import InputError, UnreadableRepositoryError
from gto_action.git.configuration import LIST_CONFIGURATION, parse_configuration
from gto_action.git.objects import borrowing
from gto_action.git.runner import GitRunner, check_not_killed, without_userinfo
from gto_action.git.worktree import work_tree
from gto_action.util.environment import Setting, current_directory, with_settings
from gto_action.util.scratch import scratch_directory


@dataclass(frozen=True, slots=True)
class Tagger:
    """The author of tags: ``identity`` as Git writes it, the time in seconds since 1970, the zone.

    ``is_explicit`` is whether GIT_COMMITTER_DATE has set the time.
    """

    identity: str
    time: int
    zone: str
    is_explicit: bool


@dataclass(frozen=True, slots=True)
class NewTag:
    """An annotated tag to be created: its name, the SHA of its commit, its message, its time."""

    name: str
    commit: str
    message: str
    time: int


@dataclass(frozen=True, slots=True)
class Signing:
    """That tags are signed as Git's configuration says; with ``key``, if one is named.

    ``directory`` is where git signs, to which a path of a key or a program is relative, and
    ``settings`` are those of a repository's own configuration.
    """

    directory: str
    key: str = ""
    settings: tuple[Setting, ...] = ()


def read_signing(
    repository: GitRunner, key: str, *, sign: bool, key_format: str = ""
) -> Signing | None:
    """Return whether and how tags are signed: on request, or always if tag.gpgSign is set.

    ``key_format`` replaces gpg.format. Git signs at the root of the work tree, as git-tag(1) does;
    without one it is the current directory. Raises InputError for a setting that is neither.
    Source: git-tag(1), --sign, --local-user.
    """
    process = repository.git("config", "--type=bool", "--get", "tag.gpgSign")
    always, stderr = process.communicate()
    if process.returncode not in {0, 1}:
        raise InputError(f"tag.gpgSign is neither true nor false: {_reason(stderr)}")
    if not (sign or key or always.strip() == b"true"):
        return None
    configuration = parse_configuration(repository.output(*LIST_CONFIGURATION))
    settings = [
        (name, value)
        for scope, name, value in configuration.variables
        if name.startswith(("user.", "gpg.")) and scope in {"local", "worktree"}
    ]
    if key_format:
        settings.append(("gpg.format", key_format))
    directory = work_tree(repository) or current_directory() or repository.directory
    return Signing(directory, key, tuple(settings))


def read_tagger(repository: GitRunner, fallback: str = "") -> Tagger:
    """Return the configured identity, never one that Git guesses from the host, and the time.

    ``fallback``, as ``NAME <ADDRESS>``, is the identity if none is configured. Raises InputError.
    Source: git-var(1), GIT_COMMITTER_IDENT; git-config(1), user.useConfigOnly.
    """
    output, stderr, code = _committer(repository, {})
    if code != 0 and fallback and b"invalid date" not in stderr:
        name, _, email = fallback.removesuffix(">").rpartition(" <")
        named = {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": email}
        output, stderr, code = _committer(repository, named)
    match = _IDENTITY.fullmatch(output.decode(errors="surrogateescape").strip())
    if code != 0 or match is None:
        reason = _reason(stderr)
        if "invalid date" in reason:
            raise InputError(f"GIT_COMMITTER_DATE is not a date that Git knows: {reason}")
        raise InputError(
            "the tagger is not known: set user.name and user.email (git config --global user.name "
            "NAME, git config --global user.email ADDRESS), or GIT_COMMITTER_NAME and "
            "GIT_COMMITTER_EMAIL"
        )
    identity, time, zone = match.groups()
    is_explicit = bool(repository.environment.get("GIT_COMMITTER_DATE"))
    return Tagger(identity, int(time), zone, is_explicit)


def _committer(repository: GitRunner, named: Mapping[str, str]) -> tuple[bytes, bytes, int]:
    variables = {**repository.environment, **named}
    environment = with_settings(variables, [("user.useConfigOnly", "true")])
    process = GitRunner(repository.directory, environment).git("var", "GIT_COMMITTER_IDENT")
    output, stderr = process.communicate()
    check_not_killed(process)
    return output, stderr, process.returncode


def store_tag(
    repository: GitRunner, tagger: Tagger, tag: NewTag, signing: Signing | None = None
) -> str:
    """Write the object of an annotated tag, which no ref names yet; return its SHA.

    Raises UnreadableRepositoryError; InputError if it can't be signed. Source: git-mktag(1).
    """
    content = _sign(repository, tagger, tag, signing) if signing else content_of(tagger, tag)
    return store_content(repository, tag.name, content)


def store_content(repository: GitRunner, name: str, content: bytes) -> str:
    """Write the object of a tag as it is; return its SHA. Raises UnreadableRepositoryError."""
    process = repository.git("hash-object", "-t", "tag", "-w", "--stdin")
    output, stderr = process.communicate(content)
    check_not_killed(process)
    if process.returncode != 0:
        raise UnreadableRepositoryError(f"git can't write the tag {name}: {_reason(stderr)}")
    return output.decode().strip()


def create_refs(repository: GitRunner, shas: Mapping[str, str]) -> bool:
    """Create tags by their names in one transaction; return whether no name was taken meanwhile.

    Raises UnreadableRepositoryError if the repository cannot be written.
    """
    stderr = _update_refs(repository, (f"create refs/tags/{name} {shas[name]}" for name in shas))
    if stderr and "reference already exists" not in stderr:
        raise UnreadableRepositoryError(f"git can't create the tags: {stderr}")
    return not stderr


def delete_refs(repository: GitRunner, shas: Mapping[str, str]) -> bool:
    """Delete tags in one transaction; return whether they were still at these SHAs.

    Raises UnreadableRepositoryError if the repository cannot be written.
    """
    stderr = _update_refs(repository, (f"delete refs/tags/{name} {shas[name]}" for name in shas))
    if stderr and not _CHANGED.search(stderr):
        raise UnreadableRepositoryError(f"git can't delete the tags: {stderr}")
    return not stderr


def find_directory_conflict(
    names: Sequence[str], listed: Callable[[Sequence[str]], set[str]]
) -> tuple[str, str] | None:
    """Return a tag to be created, and one that forbids it: of its directory, or below its name.

    ``listed`` returns the tags of given names, or below them. Source: git-check-ref-format(1).
    """
    parents = {
        name: ["/".join(parts[:number]) for number in range(1, len(parts))]
        for name in names
        for parts in [name.split("/")]
    }
    patterns = dict.fromkeys([*names, *(parent for each in parents.values() for parent in each)])
    present = listed(list(patterns))
    for name in names:
        for existing in present:
            if existing in parents[name] or existing.startswith(f"{name}/"):
                return name, existing
    return None


def list_refs(repository: GitRunner, names: Sequence[str]) -> set[str]:
    """Return the tags of given names, and those below them."""
    form = "--format=%(refname:lstrip=2)"
    output = repository.output("for-each-ref", form, *(f"refs/tags/{name}" for name in names))
    return set(output.decode(errors="replace").splitlines())


def content_of(tagger: Tagger, tag: NewTag) -> bytes:
    """Return the object of an annotated tag that is not signed."""
    return (
        f"object {tag.commit}\ntype commit\ntag {tag.name}\n"
        f"tagger {tagger.identity} {tag.time} {tagger.zone}\n\n{tag.message}\n"
    ).encode(errors="surrogateescape")


def _sign(repository: GitRunner, tagger: Tagger, tag: NewTag, signing: Signing) -> bytes:
    """Return a tag that git-tag(1) signed, in a repository of its own: it leaves no ref here."""
    output = repository.output("rev-parse", "--git-path", "objects")
    relative = os.fsdecode(output).removesuffix("\n")
    objects = os.path.abspath(os.path.join(repository.directory, relative))
    name, _, email = tagger.identity.rpartition(" <")
    options = [f"--local-user={signing.key}"] if signing.key else ["--sign"]
    with scratch_directory("gto-action-tag-") as directory:
        environment = {
            **with_settings(repository.environment, signing.settings),
            "GIT_DIR": directory,
            "GIT_COMMITTER_NAME": name,
            "GIT_COMMITTER_EMAIL": email.removesuffix(">"),
            "GIT_COMMITTER_DATE": f"@{tag.time} {tagger.zone}",
        }
        signer = borrowing(GitRunner(signing.directory, environment), objects)
        signer.output("init", "--quiet", "--bare", "--template=")
        words = ("tag", *options, "--cleanup=verbatim", "--file=-", "--", tag.name, tag.commit)
        plain = content_of(tagger, tag).removesuffix(b"\n")
        process = signer.git(*words)
        stderr = process.communicate(f"{tag.message}\n".encode(errors=_ESCAPE))[1]
        check_not_killed(process)
        content = signer.output("cat-file", "tag", f"refs/tags/{tag.name}")
        # without the key of SSH, Git 2.39 makes a tag without a signature, and ends with 0
        if process.returncode != 0 or b"\n-----BEGIN " not in content.removeprefix(plain):
            raise InputError(
                f"git can't sign the tag {tag.name}: {_reason(stderr) or 'it did not'}; gpg.format "
                "and user.signingKey of git config name the key"
            )
        return content


def _update_refs(repository: GitRunner, commands: Iterable[str]) -> str:
    """Change refs, all or none; return git's standard error. Source: git-update-ref(1).

    Ctrl-C does not reach git, which would have written some of them.
    """
    process = repository.git("update-ref", "--stdin", is_apart=True)
    _, stderr = process.communicate("".join(f"{line}\n" for line in commands).encode())
    check_not_killed(process)
    return (_reason(stderr) or f"it ended with {process.returncode}") if process.returncode else ""


def _reason(stderr: bytes) -> str:
    text = without_userinfo(stderr.decode(errors="replace"))
    # a file in a directory that is gone
    text = re.sub(r"The tag message has been left in \S+", "", text)
    return " ".join(text.split()).removeprefix("fatal: ")


_ESCAPE = "surrogateescape"
_CHANGED = re.compile("but expected|unable to resolve reference|is at .* but|reference is missing")
_IDENTITY = re.compile(r"(.* <[^<>]*>) ([0-9]+) ([+-][0-9]+)", re.DOTALL)
