"""Which rows a batch asks about."""
