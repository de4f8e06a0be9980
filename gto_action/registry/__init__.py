"""The domain: tag names, events, and the state that they result in. No I/O."""
