"""Answers that are kept, so that a text that comes again is not computed again."""
