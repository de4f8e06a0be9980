"""The domain: tag names, events, and what they add up to. Nothing here reads or writes."""
