"""Utilities for all packages: programs, their environment, interruptions, scratch directories."""
