"""The CI systems that the action runs on: one module each, inputs in and outputs out."""
