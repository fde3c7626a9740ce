"""The Parquet lake: staged parts, their plan, and what is known of each slot."""
