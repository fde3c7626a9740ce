"""Staged parts into the warehouse, and out of it again."""
