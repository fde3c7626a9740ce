"""Where alerts go: each file is one kind of sink, with its settings, its delivery and its checks."""
