"""backfill."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.cli.options import (
    FAILED,
    BundleOption,
    HomeOption,
    InputOption,
    JsonOption,
    TaskArgument,
    err,
    from_here,
    home_at,
    job_context,
    now,
    out,
    say,
    say_json,
)
from jobs.cli.score import print_outcome
from storage.errors import YebanError

if TYPE_CHECKING:
    from jobs.config.home import Home
    from jobs.scoring.backfill import BackfillRequest
    from jobs.scoring.backfill_estimate import Estimate
    from jobs.scoring.score import ScoreResult


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("backfill")(backfill_command)


def backfill_command(
    task: TaskArgument,
    first: Annotated[str, typer.Option("--from", help="First date.", show_default=False)],
    last: Annotated[str, typer.Option("--to", help="Last date.", show_default=False)],
    patterns: InputOption = None,
    bundle: BundleOption = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="Other bundles' rows of these files leave as the new ones come. Default: they stay, and the view "
            "latest_predictions shows, for each row, the bundle that was loaded last: this one, once it is through.",
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Score again what this bundle has done already.")] = False,
    newest_first: Annotated[
        bool, typer.Option("--newest-first/--oldest-first", help="In which order to take the dates.")
    ] = False,
    rows_per_second: Annotated[
        float | None,
        typer.Option("--rows-per-second", min=0.001, help="Most rows of a second, to leave the machine to others."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what there is to do, how long it takes, and how much room.")
    ] = False,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Score a range of dates; a rerun does only what is missing, and a night that comes meanwhile goes first.

    To see what another bundle would say, without a change to what the views show, there is `yeban shadow`.

    Example: yeban backfill weibo --from 2026-01-01 --to 2026-01-31 --dry-run
    """
    from jobs.config.file import parse_date
    from jobs.scoring.backfill import BackfillRequest

    where = home_at(home)
    zone = where.config.time_zone
    request = BackfillRequest(
        task=task,
        first=parse_date(first, zone, now()),
        last=parse_date(last, zone, now()),
        patterns=tuple(from_here(each) for each in patterns or ()),
        bundle=bundle,
        force=force,
        replace=replace,
        newest_first=newest_first,
        rows_per_second=rows_per_second,
    )
    if dry_run:
        _tell(where, request, as_json)
    else:
        _run(where, request, as_json)


def _run(home: Home, request: BackfillRequest, as_json: bool) -> None:
    from jobs.scoring.backfill import backfill

    failed: list[date] = []
    with job_context() as context:
        for day, result in backfill(home, request, context):
            if isinstance(result, YebanError) or result.state != "done":
                failed.append(day)
            if as_json:
                say_json(_flat(day, result), indent=None)
            elif isinstance(result, YebanError):
                say(f"{day}: {result}", err)
            else:
                print_outcome(home, result)
    if failed:
        say(f"not complete: {', '.join(map(str, sorted(failed)))}", err)
        raise typer.Exit(FAILED)


def _flat(day: date, result: ScoreResult | YebanError) -> dict[str, Any]:
    if isinstance(result, YebanError):
        return {"date": day.isoformat(), "state": "failed", "failures": [str(result)]}
    return {
        "date": day.isoformat(),
        "state": result.state,
        "run_id": result.run_id,
        "bundle": result.slot.bundle,
        "planned_rows": result.planned_rows,
        "done_rows": result.done_rows,
        "scored_rows": result.scored_rows,
        "loaded_rows": result.loaded.rows if result.loaded else 0,
        "failures": [str(each) for each in result.failures],
    }


def _tell(home: Home, request: BackfillRequest, as_json: bool) -> None:
    from jobs.scoring.backfill_estimate import estimate

    found = estimate(home, request)
    if as_json:
        say_json(found.as_dict())
        return
    _print_dates(found)
    for line in found.lines():
        say(line)


def _print_dates(found: Estimate) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("date", "files", "rows", "to do", ""):
        table.add_column(name, justify="right" if name in ("files", "rows", "to do") else "left", no_wrap=True)
    for each in found.work:
        files = len(each.dump.sources) if each.dump else 0
        problem = each.problem.got.splitlines()[0] if each.problem else ""
        table.add_row(str(each.day), f"{files}", f"{each.planned_rows:,}", f"{each.pending_rows:,}", problem)
    out.print(table)
