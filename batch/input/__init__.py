"""A date's Parquet files as rows: which files they are, how they are cut into units, what their columns say."""
