"""The picture of the structure, made from the real imports: `make picture` writes `docs/images/architecture.svg`."""
