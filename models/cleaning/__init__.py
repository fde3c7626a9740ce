"""Cleaning of raw Chinese text: versioned rules over whole columns, one spec per preset."""
