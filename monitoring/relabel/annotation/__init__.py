"""Batches out to annotators, their annotations back, and what they agree on."""
