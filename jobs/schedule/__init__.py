"""The scheduler: which nights are due, and who runs them."""
