"""What a test run prints at its end: how many tests there were, and which ten took longest."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

_SHOWN = 10


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Sum up setup, call and teardown of each test; with xdist, this is the process that has all reports."""
    seconds: defaultdict[str, float] = defaultdict(float)
    outcomes: Counter[str] = Counter()
    for outcome in ("passed", "failed", "error", "skipped", "xfailed", "xpassed", ""):
        for report in terminalreporter.stats.get(outcome, []):
            if not isinstance(report, pytest.TestReport):
                continue  # a module that could not be collected
            seconds[report.nodeid] += report.duration
            if outcome:
                outcomes[outcome] += 1
    if not seconds:
        return
    counts = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.items())
    terminalreporter.section(f"{len(seconds)} tests ran ({counts}); the {min(_SHOWN, len(seconds))} longest")
    for name in sorted(seconds, key=lambda name: -seconds[name])[:_SHOWN]:
        terminalreporter.write_line(f"{seconds[name]:8.1f} s  {name}")
