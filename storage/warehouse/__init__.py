"""The DuckDB file: connection, schema, loader, and every SQL statement."""
