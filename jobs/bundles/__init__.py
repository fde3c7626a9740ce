"""Which bundle a task uses, and how another takes its place."""
