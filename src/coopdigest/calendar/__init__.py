"""When an issue is due: occurrences of a schedule expression."""
