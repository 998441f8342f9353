"""HTTP in, one call of the database, bytes out."""
