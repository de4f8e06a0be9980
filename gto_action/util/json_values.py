"""Values of YAML as JSON has them."""

from __future__ import annotations

import json
from collections.abc import Mapping


def plain(value: object) -> object:
    """Convert a value from YAML to one of JSON; types that JSON lacks become strings.

    A set is a sorted list: its own order is another one in each process.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if value - value == 0 else str(value)
        case Mapping():
            return {json_key(key): plain(member) for key, member in value.items()}
        case list() | tuple():
            return [plain(member) for member in value]
        case set():
            return sorted(map(plain, value), key=json_text)
        case _:
            return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def json_key(key: object) -> str:
    """Return the key that a mapping of JSON has for one of YAML, which may be any value."""
    return json_text(key) if key is None or isinstance(key, bool) else str(plain(key))


def json_text(value: object) -> str:
    """Write what ``plain`` gave as JSON on one line."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
