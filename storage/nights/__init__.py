"""Findings of monitored nights."""
