"""What is known of DVC: its metadata and configuration, how it is installed, and how it is run."""
