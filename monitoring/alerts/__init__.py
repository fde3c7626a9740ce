"""From findings to people: which changes matter, and who is told of them."""
