"""Cron expressions, and the nights that they make due."""
