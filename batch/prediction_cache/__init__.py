"""Predictions of texts that were scored before: looked up instead of computed again."""
