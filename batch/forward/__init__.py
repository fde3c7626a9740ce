"""The ways to run one batch: padded, packed without padding, flat on a CPU."""
