"""Monitoring a night: what goes in, what comes out."""
