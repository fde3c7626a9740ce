"""A lake whose parts are staged, and processes of a fault test that report when they are ready."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.forked_processes import ForkedFunction
from tests.support.lake import Lake
from tests.support.predictions import plan_of, slot_of, stage, units_of

SLOT = slot_of()
UNITS = units_of(SLOT, 600, 20)
PLAN = plan_of(SLOT, UNITS)


@contextmanager
def child(module: str, function: str, *args: object) -> Iterator[ForkedFunction]:
    """Run a function of a test module in another process; the block starts when it has called `ready`."""
    with ForkedFunction(module, function, *args) as process:
        try:
            assert process.read_line() == "ready"
            yield process
        finally:
            process.kill()


def ready() -> None:
    """What a function of `child` calls once it has begun."""
    print("ready", flush=True)


def home_with_staged_parts(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    stage(lake.store, *UNITS)
    return lake
