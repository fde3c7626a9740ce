"""What sinks share: the protocol, the settings that all have, and their registry."""
