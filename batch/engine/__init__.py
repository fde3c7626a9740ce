"""Windows in, logits out: batches that fit, in the fastest way that is proven on this machine."""
