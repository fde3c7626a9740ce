"""What is kept: parts, profiles, ledger, warehouse, records and errors. No torch here."""
