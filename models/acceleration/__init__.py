"""Faster arithmetic for networks on a CPU: prepacked bf16 and int8 products, and encoders without padding."""
