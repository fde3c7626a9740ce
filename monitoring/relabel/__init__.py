"""What people should label next: scores, spread, and how they are mixed into a batch."""
