"""The policy of a repository: its file .gto, and decisions whether a value is allowed."""
