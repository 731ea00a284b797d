"""Parley's tests. `make test` runs them on SQLite and again on PostgreSQL and Redis."""
