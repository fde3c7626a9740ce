"""load: staged parts into the warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from jobs.cli.options import (
    FAILED,
    AnyTaskArgument,
    HomeOption,
    JsonOption,
    err,
    home_at,
    job_context,
    say,
    say_json,
)
from storage.errors import RunLocked

if TYPE_CHECKING:
    from jobs.warehouse.load import SlotLoad


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("load")(load_command)


def load_command(
    task: AnyTaskArgument = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Bring staged parts into the warehouse, after it was locked or lost.

    Example: yeban load comment
    """
    from jobs.warehouse.load import LoadRequest, load_staged

    where = home_at(home)
    with job_context() as context:
        loads = load_staged(where, LoadRequest(task), context).slots
    if as_json:
        say_json([each.as_dict() for each in loads])
    else:
        _print_loads(loads)
    if any(each.failures and not each.busy for each in loads):
        raise typer.Exit(FAILED)
    if any(each.busy for each in loads):
        raise typer.Exit(RunLocked.exit_code)


def _print_loads(loads: Sequence[SlotLoad]) -> None:
    if not loads:
        say("nothing to load: the warehouse has all that was planned")
    for each in loads:
        slot = each.slot
        rows = each.report.rows if each.report else 0
        if not each.busy:
            say(f"{slot.task} {slot.logical_date} {slot.bundle}: {rows:,} rows loaded")
        for failure in each.failures:
            say(f"  {failure}", err)
