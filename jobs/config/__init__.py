"""`yeban.toml`: reading, checking, explaining it."""
