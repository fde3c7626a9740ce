"""Statistics of a change and their uncertainty: arrays and records in, records out. No files, no clock."""
