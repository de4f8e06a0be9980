"""The artifact itself: what Git holds of it, and what DVC does."""
