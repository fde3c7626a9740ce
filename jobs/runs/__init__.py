"""What every run needs: locks, log lines, progress, a record, room on the disk."""
