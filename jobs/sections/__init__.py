"""The sections of `yeban.toml`, typed."""
