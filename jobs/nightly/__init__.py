"""A whole night: score, load, monitor, pick rows to label."""
