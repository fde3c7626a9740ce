"""Files on disk: atomic writing, checksums, folders of slots."""
