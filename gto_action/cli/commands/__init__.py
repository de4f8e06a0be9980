"""The commands, a module each; ``gto_action.cli.app`` imports the one that runs."""
