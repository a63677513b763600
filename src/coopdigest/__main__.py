"""The command `coopdigest`."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from coopdigest.cli.app import run

    run()


if __name__ == "__main__":
    main()
