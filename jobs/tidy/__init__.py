"""Retention: what is too old or too much is removed."""
