"""What a tidy did, as tests ask for it."""

from __future__ import annotations

from datetime import UTC, datetime

from jobs.config.home import Home
from jobs.runs.context import quiet_context
from jobs.tidy.tidy import TidyResult
from storage.records import Slot
from tests.support.clock import clock_from
from tests.support.retention_home import slot_of_age

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CONTEXT = quiet_context(clock_from(NOW))
OLD, YOUNG = slot_of_age(50), slot_of_age(5)


def gone(report: TidyResult) -> list[tuple[str, object]]:
    return [(choice.item.kind, choice.item.target) for choice in report.gone]


def why(report: TidyResult, slot: Slot) -> list[str]:
    return [choice.why for choice in report.stayed if choice.item.target == slot]


def staged(home: Home, slot: Slot) -> set[str]:
    return home.part_store.staged_units(slot)


def states(home: Home) -> list[str]:
    """Of the task's tidies, the oldest first."""
    return [each.state for each in reversed(home.run_log.list("comment")) if each.job == "tidy"]
