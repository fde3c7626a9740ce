"""Sheets for the people who label: CSV, Excel and Label Studio, out and back."""
