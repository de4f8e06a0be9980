"""gto-action reads and writes an artifact registry that is kept in the tags of a Git repository.

The names in ``__all__`` are the public interface, imported when they are used (PEP 562);
docs/python.md describes it. ``gto_action.action.main`` is the step.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gto_action.api import OpenRegistry, open_registry
    from gto_action.errors import GtoActionError
    from gto_action.registry.tag_names import EventKind, TagName, parse_tag_name

__version__ = "2.0.0"

__all__ = [
    "EventKind",
    "GtoActionError",
    "OpenRegistry",
    "TagName",
    "__version__",
    "open_registry",
    "parse_tag_name",
]

_MODULES = {
    "OpenRegistry": "api",
    "open_registry": "api",
    "GtoActionError": "errors",
    "EventKind": "registry.tag_names",
    "TagName": "registry.tag_names",
    "parse_tag_name": "registry.tag_names",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module 'gto_action' has no attribute {name!r}")
    return getattr(import_module(f"gto_action.{_MODULES[name]}"), name)
