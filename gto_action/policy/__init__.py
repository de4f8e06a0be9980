"""What a repository allows: decisions about values, and the file that states them."""
