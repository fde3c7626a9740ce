"""What monitoring found out about a night: records that everything else reads, and their names."""
