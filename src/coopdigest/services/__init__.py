"""What coopdigest does, on ports alone."""
