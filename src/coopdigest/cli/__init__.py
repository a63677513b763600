"""Command lines become calls; results become text, JSON and exit codes."""
