"""What can be said about a change, and how surely: arrays and records in, records out. No files, no clock."""
