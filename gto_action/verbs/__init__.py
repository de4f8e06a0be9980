"""What each verb of the command line does; ``gto_action.cli`` imports the one that is asked for."""
