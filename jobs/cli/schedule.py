"""schedule start, schedule list, schedule check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from jobs.cli.options import HomeOption, JsonOption, home_at, now, out, say, say_json

ALERTED = 3

if TYPE_CHECKING:
    from jobs.scheduling.status import JobStatus


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
    from jobs.scheduling.service import serve

    serve(home_at(home), now)


def list_command(as_json: JsonOption = False, home: HomeOption = None) -> None:
    """List the jobs: when they run next, nights that were missed, and how the last one ended.

    Example: yeban schedule list
    """
    from jobs.locks import running_scheduler
    from jobs.scheduling.status import schedule_status

    where = home_at(home)
    states, holder = schedule_status(where, now()), running_scheduler(where.locks)
    if as_json:
        say_json({"scheduler": holder, "jobs": [each.as_dict() for each in states]})
        return
    _print(states)
    say(f"scheduler: {holder or 'none is running for this home'}")


def check_command(as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Tell the sinks of nights that are missed, failed, late or slow; for homes whose nights cron runs.

    `schedule start` does so by itself. Exit codes: 0 all is well, 3 something is wrong.

    Example: yeban schedule check
    """
    from dataclasses import asdict

    from jobs.scheduling.service import check

    alerts = check(home_at(home), now())
    if as_json:
        say_json([asdict(each) for each in alerts])
    else:
        for each in alerts:
            say(each.message_en)
        if not alerts:
            say("no night is missed, failed, late or slow")
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
            last.state if last else "-",
            f"{finished.astimezone(each.job.zone):%Y-%m-%d %H:%M}" if finished else "-",
        )
    out.print(table)
