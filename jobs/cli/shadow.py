"""shadow: a challenger scores beside the bundle in use."""

from __future__ import annotations

import json
import math
from typing import Annotated

import typer

from jobs.cli.options import (
    FAILED,
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

_EXAMPLES = 5


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("shadow")(shadow_command)


def shadow_command(
    task: TaskArgument,
    day: DateOption,
    bundle: Annotated[str, typer.Option("--bundle", help="The challenger to try.", show_default=False)],
    patterns: InputOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Score a date with the bundle in use and a challenger, and compare; nothing goes into the warehouse.

    Example: yeban shadow comment --date yesterday --bundle 3f2a91c04b7d
    """
    from jobs.config.file import parse_date
    from jobs.scoring.shadow import ShadowRequest, shadow

    where = home_at(home)
    when = parse_date(day, where.config.time_zone, now())
    request = ShadowRequest(task, when, bundle, tuple(from_here(each) for each in patterns or ()))
    with job_context() as context:
        shadowed = shadow(where, request, context)
    flat = json.loads(shadowed.json_file.read_text("utf-8"))
    if as_json:
        say_json(flat)
    else:
        _print_shadow(flat)
        say(f"all of it: {shadowed.json_file}")
    for failure in shadowed.failures:
        say(f"  left out: {failure}", err)
    if shadowed.failures:
        raise typer.Exit(FAILED)


def _print_shadow(flat: dict[str, object]) -> None:
    names = [name or "(no label)" for name in flat["labels"]]  # type: ignore[attr-defined]
    agreement: dict[str, float] = flat["agreement"]  # type: ignore[assignment]
    say(f"{flat['task']} {flat['logical_date']}: {flat['challenger']} beside {flat['champion']}")
    say(
        f"  {flat['rows']:,} rows, the same label for {agreement['value']:.1%} "
        f"({agreement['low']:.1%} to {agreement['high']:.1%})"
    )
    mean = [flat[f"{each}_confidence"] for each in ("champion", "challenger")]
    means = [each if isinstance(each, float) else math.nan for each in mean]
    say(f"  mean confidence {means[0]:.3f} -> {means[1]:.3f}")
    shares = zip(names, flat["champion_shares"], flat["challenger_shares"], strict=True)  # type: ignore[call-overload]
    for name, one, two in shares:
        if one or two:
            say(f"  {name}: {one:.1%} -> {two:.1%}")
    for each in flat["examples"][:_EXAMPLES]:  # type: ignore[index]
        one, two = each["champion"] or "(no label)", each["challenger"] or "(no label)"
        sure = [each[f"{side}_confidence"] or 0.0 for side in ("champion", "challenger")]
        say(f"  {each['doc_id']}: {one} {sure[0]:.2f} -> {two} {sure[1]:.2f}")
