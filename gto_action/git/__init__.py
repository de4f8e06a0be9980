"""The only place that talks to Git."""
