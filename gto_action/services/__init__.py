"""The use cases, a module each; the step and the command line call them."""
