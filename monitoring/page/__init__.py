"""The page that people read in the morning."""
