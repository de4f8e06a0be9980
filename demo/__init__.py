"""A small registry in a real repository, and the step run on it."""
