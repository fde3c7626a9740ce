"""Figures of the last runs as a textfile for Prometheus' node_exporter."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Final

from jobs.config.home import Home
from jobs.runs.stages import seconds_of, stages_of
from storage.errors import YebanError
from storage.files.atomic import sweep_temporaries, write_bytes
from storage.runs.log import RunRecord

log = logging.getLogger("yeban.metrics")

_HELP: Final = {
    "last_success_timestamp_seconds": "When a run was done last.",
    "last_success_date_timestamp_seconds": "Newest logical date that was done, at 0:00 UTC.",
    "last_run_timestamp_seconds": "When a run ended last, however it ended; of a killed one, when it began.",
    "last_run_success": "1 where the last run is done, 0 where it failed, was interrupted or is only staged.",
    "last_run_seconds": "How long it took; nobody knows that of a killed one.",
    "last_run_rows": "Rows that it dealt with.",
    "last_run_failures": "What it could not use.",
    "last_run_docs_per_second": "How fast it scored.",
    "last_run_alerts": "Alerts of the last monitored night.",
    "last_run_stage_seconds": "Where its time went; stages overlap.",
    "runs": "Runs on record, by state.",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one metric.

    Attributes:
        name: The metric, without its prefix.
        labels: Labels by name.
        value: The value.
    """

    name: str
    labels: Mapping[str, str]
    value: float


def render_metrics(records: Sequence[RunRecord]) -> str:
    """The textfile: for each task and job its last run, its last success, and how many runs there are.

    Args:
        records: Runs, in any order.
    """
    groups: dict[tuple[str, str], list[RunRecord]] = {}
    for record in sorted(records, key=lambda each: (each.started_at, each.run_id)):
        groups.setdefault((record.task, record.job), []).append(record)
    samples = [sample for key in sorted(groups) for sample in _samples(*key, groups[key])]
    return _as_text(samples)


def _as_text(samples: Sequence[Sample]) -> str:
    """Samples in Prometheus' text format: one family for each metric, in the order of `_HELP`."""
    from prometheus_client import CollectorRegistry, Metric, generate_latest  # it imports a web server
    from prometheus_client.registry import Collector

    class Families(Collector):
        def collect(self) -> Iterator[Metric]:
            for name, text in _HELP.items():
                family = Metric(f"yeban_{name}", text, "gauge")
                for sample in samples:
                    if sample.name == name:
                        family.add_sample(f"yeban_{name}", dict(sample.labels), sample.value)
                if family.samples:
                    yield family

    registry = CollectorRegistry()
    registry.register(Families())
    return generate_latest(registry).decode()


def write_metrics(home: Home) -> None:
    """Write the textfile where yeban.toml wants one; what fails is logged, and no run is the worse for it."""
    name = home.config.metrics.textfile
    if name is None:
        return
    file: Path = home.root / name
    try:
        text = render_metrics(home.run_log.list())
        write_bytes(file, text.encode(), suffix=".new")  # node_exporter reads hidden files, too, if they end in .prom
        sweep_temporaries(file.parent, recursive=False)
    except (YebanError, OSError) as error:
        log.warning("the metrics in %s are not written: %s", file, error)


def _samples(task: str, job: str, records: Sequence[RunRecord]) -> Iterator[Sample]:
    labels = {"task": task, "job": job}
    ended = [record for record in records if record.state != "running"]
    done = [record for record in ended if record.state == "done"]
    if done:
        yield Sample("last_success_timestamp_seconds", labels, _seconds(max(map(_end, done))))
        dates = [record.logical_date for record in done if record.logical_date is not None]
        if dates:
            night = datetime.combine(max(dates), time(), UTC)
            yield Sample("last_success_date_timestamp_seconds", labels, _seconds(night))
    if ended:
        yield from _last(labels, max(ended, key=_end))
    for state in sorted({record.state for record in records}):
        yield Sample("runs", {**labels, "state": state}, sum(record.state == state for record in records))


def _last(labels: Mapping[str, str], record: RunRecord) -> Iterator[Sample]:
    yield Sample("last_run_timestamp_seconds", labels, _seconds(_end(record)))
    yield Sample("last_run_success", labels, record.state == "done")
    took_s = seconds_of(record)
    if took_s is not None:
        yield Sample("last_run_seconds", labels, took_s)
    yield Sample("last_run_rows", labels, record.rows)
    yield Sample("last_run_failures", labels, len(record.failures))
    for name, figure in (("last_run_docs_per_second", "docs_per_s"), ("last_run_alerts", "alerts")):
        value = record.metrics.get(figure)
        if isinstance(value, int | float):
            yield Sample(name, labels, value)
    for stage, seconds in stages_of(record).items():
        yield Sample("last_run_stage_seconds", {**labels, "stage": stage}, seconds)


def _end(record: RunRecord) -> datetime:
    return record.finished_at or record.started_at


def _seconds(moment: datetime) -> float:
    return round(moment.timestamp(), 3)
