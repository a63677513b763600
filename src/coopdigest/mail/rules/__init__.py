"""The rules of `check` that a message's bytes show, family by family."""
