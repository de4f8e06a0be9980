"""What the failure of a git command that talks to a remote is about, by its standard error.

The messages are git's, curl's and OpenSSH's, in English: git runs with LC_ALL=C.
"""

from __future__ import annotations

import re


def is_transient(stderr: str) -> bool:
    """Return whether git's standard error is about a transient error.

    A failure of the network or the server may be; a refusal (of credentials, of a certificate, of a
    repository that is not there) may not.
    """
    return _matches(_TRANSIENT, stderr) and not _matches(_REFUSAL, stderr)


def is_about_object_format(stderr: str) -> bool:
    """Return whether the remote names objects by another hash than the repository."""
    return _matches("mismatched algorithms|object format", stderr)


def is_refused_object(stderr: str) -> bool:
    """Return whether the server does not send an object by its SHA, or does not have it."""
    return _matches("unadvertised object|not our ref|no such remote ref", stderr)


def is_unadvertised_object(stderr: str) -> bool:
    """Return whether the server sends by SHA only what its refs point to."""
    return _matches("unadvertised object", stderr)


def advice_for(stderr: str, unused_authority: str | None) -> str:
    """Return what to do about a failure, to be put after its message; empty if that is not known.

    ``unused_authority`` is the certificate authority that only the checkout's configuration names.
    """
    if _matches("returned error: 30[1278]", stderr):
        return "; the server sends elsewhere, and credentials do not follow: name the new URL"
    if _matches("could not read (?:username|password)", stderr):
        return "; no credentials were accepted: check the token, and that it is for this server"
    if not _matches("certificate|CAfile", stderr):
        return ""
    if unused_authority:
        return (
            f"; the certificate authority {unused_authority}, which only the checkout's "
            "configuration names, is not used: name it with the input ca-file if you trust it"
        )
    return "; the input ca-file names a private certificate authority"


def _matches(pattern: str, text: str) -> bool:
    """Return whether a string contains a pattern, in any case; compiled when first needed."""
    return re.search(pattern, text, re.IGNORECASE) is not None


_TRANSIENT = (
    r"could ?n[o']t resolve|temporary failure in name|look ?up .*: |failed to connect"
    r"|unable to connect|couldn't connect|connection (?:was )?(?:refused|reset|closed|timed out)"
    r"|timed? ?out|operation too slow|no route to host|network is unreachable|empty reply"
    r"|hung up|early eof|unexpected disconnect|rpc failed|transfer closed|recv failure|send failure"
    r"|ssl_error|ssl connect error|(?:gnutls|tls|ssl).*(?:recv|read|terminated|unexpected eof)"
    r"|expected (?:flush|response end|'packfile')|ended early"
    r"|temporarily unavailable|try again"
    r"|index-pack|pack has |bad line length|unexpected flush|http/2 stream|broken pipe"
    r"|returned error: (?:408|429|5[0-9]{2})|internal server error"
)
_REFUSAL = (
    r"authentication failed|could not read (?:username|password)|permission denied"
    r"|host key verification|certificate|not found|does not appear to be a git"
    r"|returned error: (?:40[0-7]|41)|access denied|no space left|not supported"
    r"|transport '.*' not allowed|unadvertised object|object format|mismatched algorithms"
)
