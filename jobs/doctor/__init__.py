"""What this machine and this home lack for tonight, and what to do about it."""
