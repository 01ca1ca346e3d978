"""Messages on their way out: outbox → e-mail."""
