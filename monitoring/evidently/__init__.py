"""Evidently as the reporter: it renders what monitoring has computed, and plots it night by night (ADR 0014)."""
