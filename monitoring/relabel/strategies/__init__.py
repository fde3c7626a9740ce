"""Strategies of active learning: each file is one strategy, under whose name it is registered."""
