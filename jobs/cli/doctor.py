"""doctor."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.options import HomeOption, JsonOption, home_at, now, say, say_json
from storage.errors import ConfigError

if TYPE_CHECKING:
    from jobs.doctor.check import Diagnosis


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("doctor")(doctor_command)


def doctor_command(
    torch: Annotated[bool, typer.Option("--torch", help="Ask torch, too, what it can do; takes seconds.")] = False,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Look at all that tonight needs, and say what to do.

    Environment, configuration, bundles, dumps of yesterday, disk, warehouse, locks, schedule, clock, processor.
    Nothing is changed. Exit code 1 says that there is a problem, 2 that yeban.toml has mistakes; a warning alone is 0.

    Example: yeban doctor --home nights
    """
    from jobs.doctor.check import EXIT_CODES, problem, worst
    from jobs.doctor.examine import examine_home, examine_machine

    checks, code = list(examine_machine()), 0
    try:
        where = home_at(home)
    except ConfigError as error:
        checks.append(problem("config", error.got, error.action))
        code = error.exit_code
    else:
        checks += examine_home(where, now(), os.environ, torch=torch)
    if as_json:
        say_json({"level": worst(checks), "checks": [each.as_dict() for each in checks]})
    else:
        for each in checks:
            _print(each)
    code = code or EXIT_CODES[worst(checks)]
    if code:
        raise typer.Exit(code)


def _print(check: Diagnosis) -> None:
    say(f"{check.level:<8} {check.about}: {check.found}")
    if check.action:
        say(f"{'':<8} to do: {check.action}")
