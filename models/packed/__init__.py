"""Padding-free forward: a whole batch as one row of tokens. Needs torch, transformers and numpy, nothing else."""
