"""The artifact itself: the parts that Git stores, and those that DVC stores."""
