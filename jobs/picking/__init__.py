"""The steps of picking rows to label."""
