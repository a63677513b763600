"""What the digest folder says: coopdigest.toml, the environment, the shipped example."""
