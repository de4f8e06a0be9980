"""The command line: one module a command, and what they share at a terminal."""
