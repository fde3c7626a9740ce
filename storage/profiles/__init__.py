"""Statistics that are made while scoring and add up exactly: monitoring never reads the raw text again."""
