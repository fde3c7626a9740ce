"""The drift and quality metrics of one night."""
