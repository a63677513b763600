"""Messages and how they are carried: MIME, SMTP, outbox."""
