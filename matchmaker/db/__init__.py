"""Tables, sessions and migrations. SQLAlchemy only; no rules, no queries with a meaning."""
