"""Batches to label and the annotations that came back."""
