"""What is remembered: items, issues, roster, ledger, in SQLite or PostgreSQL."""
