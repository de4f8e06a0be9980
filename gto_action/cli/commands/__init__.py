"""What each command does; ``gto_action.cli.app`` imports the one that runs."""
