"""The scheduler: which nights are due, and the processes that run them."""
