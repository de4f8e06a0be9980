"""One use case a module; each is called by the step, the command line and Python alike."""
