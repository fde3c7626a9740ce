"""A night as plain characters on a terminal."""
