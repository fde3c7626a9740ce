"""score: one dump into the warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.options import (
    FAILED,
    BundleOption,
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

if TYPE_CHECKING:
    from jobs.config.home import Home
    from jobs.scoring.score import ScoreRequest, ScoreResult

ForceOption = Annotated[
    bool, typer.Option("--force", help="Score again what is done already; after a stop it goes on.")
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("score")(score_command)


def score_command(
    task: TaskArgument,
    day: DateOption,
    patterns: InputOption = None,
    bundle: BundleOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Score a dump and load it into the warehouse; a rerun does only what is missing.

    Example: yeban score comment --date yesterday
    """
    from jobs.scoring.score import score

    where = home_at(home)
    request = _request(where, task, day, patterns, bundle, force)
    with job_context() as context:
        outcome = score(where, request, context)
    if as_json:
        say_json(outcome.as_dict())
    else:
        print_outcome(where, outcome)
    if outcome.state != "done":
        raise typer.Exit(FAILED)


def _request(
    home: Home, task: str, day: str, patterns: list[str] | None, bundle: str | None, force: bool
) -> ScoreRequest:
    from jobs.config.file import parse_date
    from jobs.scoring.score import ScoreRequest

    when = parse_date(day, home.config.time_zone, now())
    return ScoreRequest(task, when, tuple(from_here(each) for each in patterns or ()), bundle, force)


def print_outcome(home: Home, outcome: ScoreResult) -> None:
    """Print what a run did."""
    slot, figures = outcome.slot, outcome.metrics
    say(f"{slot.task} {slot.logical_date}, bundle {slot.bundle}")
    left = outcome.planned_rows - outcome.done_rows - outcome.scored_rows
    say(
        f"  {outcome.planned_rows:,} rows in the dump: {outcome.scored_rows:,} scored now, "
        f"{outcome.done_rows:,} done before" + (f", {left:,} left out" if left else "")
    )
    if outcome.scored_rows:
        say(
            f"  {figures['docs_per_s']:,.0f} docs/s, {figures['tokens_per_s']:,.0f} tokens/s, "
            f"{figures['padding_share']:.1%} padding, {figures['device']} {figures['precision']}, "
            f"{figures['seconds']:.1f} s"
            + (f", {figures['cache_hit_rate']:.1%} of texts from the cache" if "cache_hit_rate" in figures else "")
        )
    if outcome.loaded is not None:
        say(f"  {outcome.loaded.rows:,} rows loaded into {home.warehouse}")
    else:
        say(f"  staged, not loaded: {figures['not_loaded']}", err)
    if outcome.profile is not None:
        from monitoring.terminal.scored_night import render_night

        for line in render_night(outcome.profile).splitlines():
            say(f"  {line}")
        if outcome.profile.total.rows < outcome.planned_rows:
            say(f"  the figures are those of {outcome.profile.total.rows:,} of {outcome.planned_rows:,} rows")
    for failure in outcome.failures:
        say(f"  left out: {failure}", err)
