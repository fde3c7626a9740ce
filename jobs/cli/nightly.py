"""nightly."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.options import (
    DateOption,
    HomeOption,
    InputOption,
    JsonOption,
    TaskArgument,
    err,
    from_here,
    home_at,
    job_context,
    now,
    say,
    say_json,
)
from storage.errors import ConfigError

if TYPE_CHECKING:
    from jobs.nightly.night import NightResult


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("nightly")(nightly_command)


def nightly_command(
    task: TaskArgument,
    day: DateOption,
    patterns: InputOption = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", help="A step to leave out; may be repeated.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Do what is missing of a night: score, load, monitor, relabel pick. What cron and the scheduler call.

    Exit codes: 0 done, 1 a step failed, 2 configuration, 3 done and there is an alert, 75 another run is at it.

    Example: yeban nightly comment --date yesterday
    """
    from jobs.config.file import parse_date
    from jobs.nightly.night import NightRequest, nightly

    where = home_at(home)
    _check_steps(without or [])
    request = NightRequest(
        task,
        parse_date(day, where.config.time_zone, now()),
        tuple(from_here(each) for each in patterns or ()),
        tuple(without or ()),
    )
    with job_context() as context:
        outcome = nightly(where, request, context)
    _print(outcome, as_json=as_json)
    if outcome.exit_code:
        raise typer.Exit(outcome.exit_code)


def _check_steps(without: list[str]) -> None:
    from jobs.config.sections.schedule import STEPS

    for each in without:
        if each not in STEPS:
            raise ConfigError(
                f"--without {each}: there is no such step",
                expected=f"one of {', '.join(STEPS)}",
                action='for example --without "relabel pick"',
            )


def _print(outcome: NightResult, *, as_json: bool) -> None:
    slot = outcome.slot
    if as_json:
        head = {"task": slot.task, "logical_date": slot.logical_date.isoformat(), "bundle": slot.bundle}
        steps = {name: asdict(report) for name, report in outcome.steps.items()}
        say_json({**head, "run_id": outcome.run_id, "state": outcome.state, "steps": steps})
        return
    say(f"{slot.task} {slot.logical_date}, bundle {slot.bundle}: {outcome.state}")
    for name, report in outcome.steps.items():
        note = report.note or report.why
        say(f"  {name:<13}{report.state:<9}{note}".rstrip())
        for failure in report.failures:
            say(f"    {failure}", err)
