"""gto-action interprets tags of a Git repository as events of an artifact registry.

The names in ``__all__`` are the public interface, imported when they are used (PEP 562);
``gto_action.action.main`` is the step.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gto_action.registry.tag_names import EventKind, TagName, parse_tag_name

__version__ = "2.0.0"

__all__ = ["EventKind", "TagName", "__version__", "parse_tag_name"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'gto_action' has no attribute {name!r}")
    from gto_action.registry import tag_names  # noqa: PLC0415 - start-up, and interruptions of it

    return getattr(tag_names, name)
