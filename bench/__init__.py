"""Measures coopdigest beside what others would use."""
