"""schedule start, schedule list, schedule check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from jobs.cli.options import HomeOption, JsonOption, home_at, now, out, say, say_json

ALERTED = 3

if TYPE_CHECKING:
    from jobs.schedule.status import JobStatus


def add_to(app: typer.Typer) -> None:
    """Register the group of commands."""
    group = typer.Typer(help="Nights at their hours, without cron.", no_args_is_help=True, rich_markup_mode=None)
    group.command("start")(start_command)
    group.command("list")(list_command)
    group.command("check")(check_command)
    app.add_typer(group, name="schedule")


def start_command(home: HomeOption = None) -> None:
    """Run the jobs of yeban.toml at their hours until SIGTERM or Ctrl-C; what was missed is run first.

    Example: yeban schedule start
    """
    from jobs.schedule.service import serve

    serve(home_at(home), now)


def list_command(as_json: JsonOption = False, home: HomeOption = None) -> None:
    """List the jobs: when they run next, how the last night ended, and nights that are missing or were given up.

    Example: yeban schedule list
    """
    from jobs.runs.locks import running_scheduler
    from jobs.schedule.status import schedule_status

    where = home_at(home)
    states, holder = schedule_status(where, now()), running_scheduler(where.locks)
    if as_json:
        say_json({"scheduler": holder, "jobs": [each.as_dict() for each in states]})
        return
    _print(states)
    for each in states:
        for line in _lines(each):
            say(f"{each.job.task}: {line}")
    say(f"scheduler: {holder or 'none is running for this home'}")


def check_command(as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Tell the sinks of nights that are missed, failed, late, slow or given up; for homes whose nights cron runs.

    `schedule start` does so by itself. Exit codes: 0 all is well, 3 something is wrong.

    Example: yeban schedule check
    """
    from jobs.schedule.service import check
    from monitoring.alerts.notice import plain

    alerts = check(home_at(home), now())
    if as_json:
        say_json(plain(alerts))
    else:
        for each in alerts:
            say(f"{each.task} {each.logical_date}: {each.message.en}")
        if not alerts:
            say("no night is missed, failed, late, slow or given up")
    if alerts:
        raise typer.Exit(ALERTED)


def _print(states: list[JobStatus]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("task", "cron", "time zone", "next", "missed", "last night", "state", "finished"):
        table.add_column(name, no_wrap=True)
    for each in states:
        last = each.last
        finished = last.finished_at if last else None
        table.add_row(
            each.job.task,
            each.job.cron.text,
            each.job.zone.key,
            f"{each.next_times[0]:%Y-%m-%d %H:%M}",
            str(len(each.missed)),
            str(last.logical_date) if last else "-",
            _ended(each),
            f"{finished.astimezone(each.job.zone):%Y-%m-%d %H:%M}" if finished else "-",
        )
    out.print(table)


def _ended(status: JobStatus) -> str:
    if status.last is None:
        return "-"
    return f"{status.last.state}, alert" if status.alerted else status.last.state


def _lines(status: JobStatus) -> Iterator[str]:
    """What the table has no room for: nights that are not done, each with what comes of it."""
    from monitoring.alerts.skipping import make_up_command

    for span in status.given_up:
        first, last, count = span.logical_dates[0], span.logical_dates[-1], len(span.logical_dates)
        dates = f"{first}" if count == 1 else f"{first} to {last} ({count} nights)"
        yield f"given up: {dates}, more than {span.kept} nights came after; to do: {make_up_command(span)}"
    if status.missed:
        yield f"missed: {', '.join(map(str, status.missed))}"
    for each in status.open_nights:
        if each.again_by is None:
            yield f"running: {each.night}"
        else:
            yield f"{each.state}: {each.night}, tried again by {each.again_by:%Y-%m-%d %H:%M}"
