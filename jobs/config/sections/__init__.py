"""The sections of `yeban.toml`, one file each."""
