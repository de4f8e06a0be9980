"""What every other package may use: signals, programs and scratch directories."""
