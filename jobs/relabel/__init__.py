"""Picking rows to label, and measuring what their labels bought."""
