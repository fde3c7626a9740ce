"""What is kept, what goes, and how."""
