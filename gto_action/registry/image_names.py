"""Names for other systems: a DNS label, a container image.

Sources: RFC 1123 as Kubernetes applies it, "Object Names and IDs"; the OCI distribution
specification, "Pulling manifests"; the OCI image specification, "Annotations".
"""

from __future__ import annotations

import re
from collections.abc import Iterable


def slug(name: str) -> str:
    """Return an artifact's name as a DNS label, at most 63 characters that no other name has.

    A name that is one already stays as it is. Any other gets the beginning of its SHA-256, as does
    one that ends like that.
    """
    label = _NOT_IN_LABEL.sub("-", name.lower()).strip("-")
    if label == name and len(label) <= _MAX_LABEL and not _HASH_AT_END.search(label):
        return label
    return f"{label[: _MAX_LABEL - _HASH_LENGTH].rstrip('-')}-{_hash(name)}"


def image_name(name: str) -> str:
    """Return an artifact's name as a repository of an OCI registry: ``models/nlp/churn``.

    Names that differ in upper and lower case, or in separators, may have the same. At most 200 of
    the 255 characters that an image's whole name may have: the rest is for the registry's host.
    """
    components = name.lower().replace(":", "/").split("/")
    path = "/".join(filter(None, map(_component, components)))
    if len(path) <= _MAX_PATH:
        return path
    return f"{path[: _MAX_PATH - _HASH_LENGTH].rstrip('/._-')}-{_hash(name)}"


def image_tag(version: str) -> str:
    """Return a version as an OCI tag: ``_`` for ``+``, at most 128 characters."""
    tag = version.replace("+", "_")
    if len(tag) <= _MAX_TAG:
        return tag
    return f"{tag[: _MAX_TAG - _HASH_LENGTH]}-{_hash(version)}"


def image_labels(annotations: Iterable[tuple[str, str | None]]) -> str:
    """Return OCI annotations, given without ``org.opencontainers.image.``, a line each.

    Each line is one record, with one value, for the CSV reader of docker/build-push-action: what
    would end a line is a space, and a double quote is a single one. Empty annotations are left out.
    """
    lines = (
        (key, _NOT_IN_RECORD.sub(" ", value or "").replace('"', "'")) for key, value in annotations
    )
    return "\n".join(f"{_PREFIX}{key}={value.strip()}" for key, value in lines if value.strip())


def _component(text: str) -> str:
    """Return a component of a repository's path: letters and digits, single separators between."""
    stripped = text.strip("._-")
    return _SEPARATORS.sub(
        lambda match: match[0] if _ALLOWED.fullmatch(match[0]) else "-", stripped
    )


def _hash(text: str) -> str:
    from hashlib import sha256  # noqa: PLC0415 - it loads OpenSSL, and few names need it

    return sha256(text.encode()).hexdigest()[:8]


_MAX_LABEL, _MAX_TAG, _MAX_PATH, _HASH_LENGTH = 63, 128, 200, 9
_NOT_IN_LABEL = re.compile("[^a-z0-9-]")
_HASH_AT_END = re.compile("-[0-9a-f]{8}$")
_SEPARATORS = re.compile("[._-]+")
_ALLOWED = re.compile(r"\.|_|__|-+")
_PREFIX = "org.opencontainers.image."
# control characters, and what some reader takes for the end of a line
_NOT_IN_RECORD = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
