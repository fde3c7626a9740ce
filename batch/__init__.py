"""The data plane: raw Parquet in, staged predictions out."""
