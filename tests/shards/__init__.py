"""A router and its servers: PostgreSQL 15 and 18, mixed."""
