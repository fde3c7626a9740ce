"""What labels bought, as a learning curve."""
