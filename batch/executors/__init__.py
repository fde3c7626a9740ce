"""Executors: units in, parts staged, run statistics out; where the work is done is each executor's own affair."""
