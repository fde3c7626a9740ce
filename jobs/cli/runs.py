"""runs list, runs show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from jobs.cli.options import AnyTaskArgument, HomeOption, JsonOption, home_at, out, say, say_json

_BAR = 30
"""Characters of the longest stage."""

if TYPE_CHECKING:
    from storage.runs.log import RunRecord


def add_to(app: typer.Typer) -> None:
    """Register the group of commands."""
    group = typer.Typer(help="What ran, when, how fast, and how it ended.", no_args_is_help=True, rich_markup_mode=None)
    group.command("list")(list_command)
    group.command("show")(show_command)
    app.add_typer(group, name="runs")


def list_command(
    task: AnyTaskArgument = None,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """List runs, newest first.

    Example: yeban runs list comment --limit 5
    """
    from rich.table import Table

    where = home_at(home)
    records = where.run_log.list(task, limit)
    if as_json:
        say_json([each.as_dict() for each in records])
        return
    table = Table(box=None, pad_edge=False)
    for name in ("run", "job", "date", "state", "rows", "docs/s", "finished"):
        table.add_column(name, justify="right" if name in ("rows", "docs/s") else "left", no_wrap=True)
    for each in records:
        table.add_row(*_cells(each, ZoneInfo(where.config.time_zone)))
    out.print(table)


def show_command(
    run_id: Annotated[str, typer.Argument(help="A run's id, or its unique beginning.", show_default=False)],
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Show one run: how long it took, its stages, its throughput, its failures.

    Example: yeban runs show 20260105T0230
    """
    from monitoring.alerts.run_durations import expected_seconds

    where = home_at(home)
    runs = where.run_log
    record = runs.get(run_id)
    if as_json:
        say_json(record.as_dict())
        return
    zone = ZoneInfo(where.config.time_zone)
    usual_s = expected_seconds(record, runs.list(record.task), where.config.runs.rules())
    for name, value in (*_head(record, zone, usual_s), *_throughput(record)):
        say(f"{name:>14}  {value}")
    _show_stages(record)
    for failure in record.failures:
        say(f"{'failure':>14}  {failure}")


def _head(record: RunRecord, zone: ZoneInfo, usual_s: float | None) -> Iterator[tuple[str, str]]:
    from jobs.runs.stages import seconds_of

    yield "run", record.run_id
    yield "job", record.job
    yield "task", record.task
    yield "date", str(record.logical_date or "-")
    yield "bundle", record.bundle or "-"
    yield "state", record.state
    yield "started", f"{record.started_at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    if record.finished_at:
        yield "finished", f"{record.finished_at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    took_s = seconds_of(record)
    if took_s is not None:
        yield "took", f"{took_s:,.1f} s" + (f", usually {usual_s:,.1f} s for so many rows" if usual_s else "")
    yield "process", f"{record.pid} on {record.host}"


def _throughput(record: RunRecord) -> Iterator[tuple[str, str]]:
    from jobs.runs.stages import seconds_of, stages_of

    yield "rows", f"{record.rows:,} in {record.units:,} units"
    took_s = seconds_of(record)
    if record.rows and took_s:
        yield "rows/s", f"{record.rows / took_s:,.1f}, start and end included"
    stages = {f"{name}_s" for name in stages_of(record)}
    for name, value in record.metrics.items():
        if name not in stages and not isinstance(value, dict | list):
            yield name, f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _show_stages(record: RunRecord) -> None:
    from jobs.nightly.report import steps_of
    from jobs.runs.stages import stages_of

    stages, steps = stages_of(record), steps_of(record)
    if not stages:
        return
    most = max(max(stages.values()), 1e-9)
    say(
        f"{'stages':>14}  "
        + ("one after the other" if steps else "they overlap, and so add up to more than the run took")
    )
    for name, seconds in stages.items():
        state = f"{steps[name].state:<9}" if name in steps else ""
        say(f"{name:>14}  {seconds:>10,.1f} s  {state}{'█' * round(_BAR * seconds / most)}".rstrip())


def _cells(record: RunRecord, zone: ZoneInfo) -> tuple[str, ...]:
    speed = record.metrics.get("docs_per_s")
    return (
        record.run_id,
        record.job,
        str(record.logical_date or "-"),
        record.state,
        f"{record.rows:,}",
        f"{speed:,.0f}" if speed else "-",
        f"{record.finished_at.astimezone(zone):%Y-%m-%d %H:%M}" if record.finished_at else "-",
    )
