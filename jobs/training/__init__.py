"""Training, fine-tuning, evaluating and gating bundles."""
