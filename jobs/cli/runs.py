"""runs list, runs show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from jobs.cli.options import HomeOption, JsonOption, home_at, out, say, say_json

if TYPE_CHECKING:
    from storage.runs import RunRecord


def add_to(app: typer.Typer) -> None:
    """Register the group of commands."""
    group = typer.Typer(help="What ran, when, how fast, and how it ended.", no_args_is_help=True, rich_markup_mode=None)
    group.command("list")(list_command)
    group.command("show")(show_command)
    app.add_typer(group, name="runs")


def list_command(
    task: Annotated[str | None, typer.Argument(help="A task; default: all.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """List runs, newest first.

    Example: yeban runs list comment --limit 5
    """
    from rich.table import Table

    from storage.runs import RunLog

    where = home_at(home)
    records = RunLog(where.run_records).list(task, limit)
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
    """Show one run with its figures and failures.

    Example: yeban runs show 20260105T0230
    """
    from storage.runs import RunLog

    record = RunLog(home_at(home).run_records).get(run_id)
    if as_json:
        say_json(record.as_dict())
        return
    for name, value in record.as_dict().items():
        if name not in ("figures", "failures"):
            say(f"{name:>14}  {'-' if value is None else value}")
    for name, value in record.figures.items():
        say(f"{name:>14}  {value}")
    for failure in record.failures:
        say(f"{'failure':>14}  {failure}")


def _cells(record: RunRecord, zone: ZoneInfo) -> tuple[str, ...]:
    speed = record.figures.get("docs_per_s")
    return (
        record.run_id,
        record.job,
        str(record.logical_date or "-"),
        record.state,
        f"{record.rows:,}",
        f"{speed:,.0f}" if speed else "-",
        f"{record.finished_at.astimezone(zone):%Y-%m-%d %H:%M}" if record.finished_at else "-",
    )
