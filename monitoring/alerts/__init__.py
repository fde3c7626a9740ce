"""From findings to alerts: which changes and runs matter, and how alerts reach sinks."""
