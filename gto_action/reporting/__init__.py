"""How the registry is shown. Values in, values out."""
