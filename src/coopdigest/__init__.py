"""coopdigest: turns a newsroom into an e-mail digest."""
