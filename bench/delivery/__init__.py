"""Measures how fast issues are delivered, beside `smtp-source` and the mail libraries of Python and Node."""
