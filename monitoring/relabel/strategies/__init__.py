"""Strategies of active learning, one idea a file: pure functions of arrays."""
