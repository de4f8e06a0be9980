"""Reports about the registry: pure functions that return values."""
