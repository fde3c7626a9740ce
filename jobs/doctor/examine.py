"""All checks of the doctor, in the order in which one would fix what they find."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from packaging.requirements import Requirement

from jobs.config.home import Home
from jobs.doctor import machine, schedule, storage, tasks
from jobs.doctor.check import Diagnosis, looked_at


def examine_machine() -> Iterator[Diagnosis]:
    """What needs no home."""
    yield from machine.check_python(machine.python_version())
    requirements, constraints = machine.own_requirements(), machine.read_constraints(machine.CONSTRAINTS)
    names = {Requirement(each).name for each in requirements} | set(constraints)
    yield from machine.check_packages(requirements, machine.installed_versions(names), constraints)
    yield from machine.check_extras(machine.installed_modules())


def examine_home(home: Home, now: datetime, environment: Mapping[str, str], *, torch: bool) -> Iterator[Diagnosis]:
    """What tonight needs of a home.

    Args:
        home: The home.
        now: The present moment, with a zone.
        environment: Where secrets are.
        torch: Ask torch as well, which takes seconds.
    """
    zone, engine = ZoneInfo(home.config.time_zone), home.config.engine
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    yield from looked_at("config", lambda: tasks.check_config(home))
    yield from looked_at("clock", lambda: machine.check_clock(now, zone, str(now.astimezone().tzinfo)))
    nvidia, flags = machine.has_nvidia(), machine.processor_flags()
    yield from machine.check_processor(engine.device, engine.precision, nvidia, flags)
    if torch:
        yield from looked_at("torch", lambda: tasks.check_torch(engine.device, engine.precision, engine.max_tokens))
    yield from looked_at("disk", lambda: storage.check_disk(home))
    yield from looked_at("warehouse", lambda: storage.check_warehouse(home))
    yield from looked_at("locks", lambda: storage.check_locks(home, now))
    scheduler = machine.installed_modules()["apscheduler"]
    yield from looked_at(schedule.ABOUT, lambda: schedule.check_schedule(home, now, environment, apscheduler=scheduler))
    yield from looked_at("runs", lambda: storage.check_runs(home))
    yield from looked_at("alerts", lambda: storage.check_alerts(home))
    yield from looked_at("sinks", lambda: tasks.check_sinks(home, environment))
    for name in home.config.tasks:
        yield from looked_at(f"bundle of {name}", lambda name=name: tasks.check_bundle(home, name))  # type: ignore[misc]
        yield from looked_at(f"dump of {name}", lambda name=name: tasks.check_dump(home, name, yesterday))  # type: ignore[misc]
