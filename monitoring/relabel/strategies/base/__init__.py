"""What strategies share: what they are given, what they give back, and their registry."""
