"""What people and clocks call: the command line, configuration, jobs and locks."""
