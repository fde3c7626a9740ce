"""When nights run: the only part that knows of clocks and schedules."""
