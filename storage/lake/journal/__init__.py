"""The slot journal: a slot's plan, marks, replace order and retirement, and every transition between them."""
