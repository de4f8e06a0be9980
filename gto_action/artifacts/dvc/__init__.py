"""DVC: its metadata and configuration, its installation, and how it is run."""
