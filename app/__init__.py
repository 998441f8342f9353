"""Molam Connect: merchant analytics. PostgreSQL does the core work; this package carries it to the wire."""
