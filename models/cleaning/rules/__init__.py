"""The cleaning rules, in modules by what they clean; each rule registers itself beside its function."""
