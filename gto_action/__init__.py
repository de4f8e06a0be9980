"""gto-action: what a pushed tag did to an artifact registry in Git.

The package's public interface is what stands here; ``gto_action.action.main`` is the step.
"""

from gto_action.registry.tag_names import EventKind, TagName, parse_tag_name

__version__ = "2.0.0"

__all__ = ["EventKind", "TagName", "__version__", "parse_tag_name"]
