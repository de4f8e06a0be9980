"""gto-action interprets tags of a Git repository as events of an artifact registry.

The names in this module are the public interface; ``gto_action.action.main`` is the step.
"""

from gto_action.registry.tag_names import EventKind, TagName, parse_tag_name

__version__ = "2.0.0"

__all__ = ["EventKind", "TagName", "__version__", "parse_tag_name"]
