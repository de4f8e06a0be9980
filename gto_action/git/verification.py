"""Verify who has signed a tag, with keys that a policy names.

A tag counts as signed by a principal only if the key was valid at the tagger's date and still is,
and if the tag's own header has the name of the ref: a signed tag that is copied to another name is
not a signature of that. Sources: ssh-keygen(1), ALLOWED SIGNERS and -Y; gpg(1); git-tag(1).
"""

from __future__ import annotations

import os
import re
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gto_action.git.signatures import read_headers, read_signature
from gto_action.util.scratch import scratch_directory


@dataclass(frozen=True, slots=True)
class Keys:
    """The contents of the files that a policy names; ``None`` if it names none.

    ``signers`` is SSH's file of allowed signers, ``revoked`` its revocation list, and ``gpg`` the
    public keys of GPG.
    """

    signers: bytes | None = None
    revoked: bytes | None = None
    gpg: bytes | None = None


def find_principals(
    content: bytes, name: str, keys: Keys, now: int, environment: Mapping[str, str]
) -> tuple[str, ...] | str:
    """Return the principals whose key has signed a tag, or the reason why none has.

    ``content`` is the tag's object, ``name`` that of its ref, ``now`` in seconds since 1970, and
    ``environment`` the programs'.
    """
    headers, _ = read_headers(content)
    written = headers.get(b"tag", b"").decode(errors="replace")
    if written != name:
        return f"the tag was made as '{written}'"
    times = (read_signature(headers.get(b"tagger", b"")).time, now)
    if not all(0 < time < _LATEST for time in times):
        return "its time is not one that keys can be valid at"
    found = [*_BEGIN.finditer(content)]
    if not found:
        return "it has no signature"
    payload, signature = content[: found[-1].start()], content[found[-1].start() :]
    verify = _by_ssh if found[-1][1] == b"SSH SIGNATURE" else _by_gpg
    with scratch_directory("gto-action-keys-") as directory:
        for file, text in (("payload", payload), ("signature", signature)):
            _write(directory, file, text)
        try:
            return verify(directory, keys, times, environment)
        except FileNotFoundError as error:
            return f"the program {error.filename} that verifies it is missing"


def _by_ssh(
    directory: str, keys: Keys, times: Sequence[int], environment: Mapping[str, str]
) -> tuple[str, ...] | str:
    if keys.signers is None:
        return "it is signed by SSH, and the policy names no signers"
    revoked: tuple[str, ...] = ()
    if keys.revoked is not None:
        _write(directory, "revoked", keys.revoked)
        revoked = ("-r", "revoked")
    clock = {**environment, "TZ": "UTC"}
    found: list[str] = []
    # each line by itself: another one with the same key may have other options
    for line in _lines_with(_key_of(directory), keys.signers):
        _write(directory, "signers", line + b"\n")
        for name in _principals_of(line):
            verify = ("-n", "git", "-s", "signature", "-f", "signers", "-I", name, *revoked)
            dates = (f"{datetime.fromtimestamp(time, UTC):%Y%m%d%H%M%S}" for time in times)
            commands = (
                ("ssh-keygen", "-Y", "verify", *verify, f"-Overify-time={date}") for date in dates
            )
            if all(_run(each, directory, clock, payload=True)[1] == 0 for each in commands):
                found.append(name)
    return tuple(found) or (
        "its key is unknown, expired, revoked or not for tags, or the signature is broken"
    )


def _key_of(directory: str) -> bytes:
    """Return the public key in a signature of SSH, as files of keys have it; empty if broken.

    Source: PROTOCOL.sshsig of OpenSSH.
    """
    with open(os.path.join(directory, "signature"), "rb") as file:
        lines = file.read().split(b"\n")
    body = b"".join(line.strip() for line in lines if not line.startswith(b"-----"))
    try:
        blob = b64decode(body, validate=True)
    except ValueError:
        return b""
    start = len(b"SSHSIG") + 4
    size = int.from_bytes(blob[start : start + 4], "big")
    return b64encode(blob[start + 4 : start + 4 + size])


def _lines_with(key: bytes, signers: bytes) -> list[bytes]:
    """Return the lines of a file of signers that may be about a key, or about an authority."""
    lines = (line.strip() for line in signers.split(b"\n"))
    return [
        line
        for line in lines
        if line and not line.startswith(b"#") and (key in line or b"cert-authority" in line)
    ]


def _principals_of(line: bytes) -> list[str]:
    """Return the principals of a line, which may be patterns. Source: ssh-keygen(1), PATTERNS.

    Of a line that excludes some, only those without a wildcard: a pattern could be an excluded one.
    """
    quoted = re.match(rb'"([^"]*)"', line)
    written = quoted[1] if quoted else line.split()[0]
    names = [name for name in written.decode(errors="replace").split(",") if name]
    has_excluded = any(name.startswith("!") for name in names)
    return [
        name
        for name in names
        if not (name.startswith("!") or (has_excluded and re.search("[*?]", name)))
    ]


def _by_gpg(
    directory: str, keys: Keys, times: Sequence[int], environment: Mapping[str, str]
) -> tuple[str, ...] | str:
    if keys.gpg is None:
        return "it is signed by GPG, and the policy names no gpg-keys"
    _write(directory, "keys", keys.gpg)
    home = os.path.join(directory, "home")
    os.mkdir(home, 0o700)
    gpg = ("gpg", "--batch", "--no-tty", "--homedir", home, "--no-auto-key-retrieve")
    _run((*gpg, "--quiet", "--import", "keys"), directory, environment)
    principals: list[set[str]] = []
    for time in times:
        verify = ("--status-fd", "1", "--faked-system-time", f"{time}!", "--verify")
        printed, code = _run((*gpg, *verify, "signature", "payload"), directory, environment)
        status = printed.decode(errors="replace")
        is_good = code == 0 and "[GNUPG:] GOODSIG " in status and not _BAD.search(status)
        principals.append(_named_by_gpg(status) if is_good else set())
    both = sorted(set.intersection(*principals))
    return tuple(both) or "its key is unknown, expired or revoked, or the signature is broken"


def _named_by_gpg(status: str) -> set[str]:
    """Return the fingerprint of the primary key, and the addresses, that a status names."""
    valid = re.search(r"^\[GNUPG:\] VALIDSIG .* ([0-9A-F]{40})$", status, re.MULTILINE)
    who = re.search(r"^\[GNUPG:\] GOODSIG \S+ (.*)$", status, re.MULTILINE)
    addresses = re.findall(r"<([^<>]+)>", who[1]) if who else []
    return {*([valid[1]] if valid else []), *addresses}


def _run(
    words: Sequence[str], directory: str, environment: Mapping[str, str], *, payload: bool = False
) -> tuple[bytes, int]:
    """Run a program in a directory; return its standard output and its exit code."""
    with open(os.path.join(directory, "payload"), "rb") as file:
        done = subprocess.run(
            words,
            cwd=directory,
            env=environment,
            stdin=file if payload else subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    return done.stdout, done.returncode


def _write(directory: str, name: str, content: bytes) -> None:
    with open(os.path.join(directory, name), "wb") as file:
        file.write(content)


_BEGIN = re.compile(
    rb"^-----BEGIN (PGP SIGNATURE|PGP MESSAGE|SIGNED MESSAGE|SSH SIGNATURE)-----", re.MULTILINE
)
_BAD = re.compile(
    r"^\[GNUPG:\] (?:EXPSIG|EXPKEYSIG|REVKEYSIG|BADSIG|ERRSIG|KEYEXPIRED)", re.MULTILINE
)
_LATEST = 253_402_300_800  # the year 10000
