"""Losses of a batch of documents, by the name that a recipe gives."""
