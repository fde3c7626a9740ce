"""finetune, gate, shadow: a challenger is made, held against the champion, and tried beside it."""

from __future__ import annotations

import json
import math
from typing import Annotated

import typer

from jobs.cli.options import HomeOption, InputOption, JsonOption, TaskArgument, err, home_at, now, say, say_json

TextColumn = Annotated[str, typer.Option(help="Column with the text, in every file.")]
LabelColumn = Annotated[str, typer.Option(help="Column with class names or indices, in every labelled file.")]
FAILED = 1
_EXAMPLES = 5


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("finetune")(finetune_command)
    app.command("gate")(gate_command)
    app.command("shadow")(shadow_command)


def finetune_command(
    task: TaskArgument,
    new: Annotated[str, typer.Option("--new", help="New labelled rows: Parquet or CSV.", show_default=False)],
    rehearsal: Annotated[
        str,
        typer.Option("--rehearsal", help="Rows labelled before; some are drawn for each new one.", show_default=False),
    ],
    dev: Annotated[
        str | None, typer.Option("--dev", help="Default: a share of the other rows.", show_default=False)
    ] = None,
    unlabelled: Annotated[
        str | None, typer.Option("--unlabelled", help="Recent texts to adapt to first.", show_default=False)
    ] = None,
    keep_out: Annotated[
        list[str] | None,
        typer.Option(
            "--keep-out", help="Test set whose texts are not trained on; may be repeated.", show_default=False
        ),
    ] = None,
    new_where: Annotated[str | None, typer.Option(help="SQL condition on the new rows.", show_default=False)] = None,
    rehearsal_where: Annotated[
        str | None, typer.Option(help="SQL condition on the old rows.", show_default=False)
    ] = None,
    dev_where: Annotated[str | None, typer.Option(help="SQL condition on the dev rows.", show_default=False)] = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    parent: Annotated[
        str | None, typer.Option("--parent", help="Bundle to start from; default: the one in use.", show_default=False)
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="key=value on top of the recipe; may be repeated.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Make a challenger from the bundle in use, new labels and a rehearsal of old ones.

    Example: yeban finetune comment --new labels.parquet --rehearsal train.parquet --keep-out golden.parquet
    """
    from jobs.finetuning import FinetuneRequest, finetune_task
    from models.training.data import LabelledSource

    def source(file: str, where: str | None = None) -> LabelledSource:
        return LabelledSource(file, where, text_column, label_column)

    request = FinetuneRequest(
        task=task,
        new=source(new, new_where),
        rehearsal=source(rehearsal, rehearsal_where),
        dev=source(dev, dev_where) if dev else None,
        unlabelled=source(unlabelled) if unlabelled else None,
        keep_out=tuple(source(each) for each in keep_out or ()),
        parent=parent,
        settings=tuple(settings or ()),
    )
    made = finetune_task(home_at(home), request, show_progress=err.is_terminal)
    bundle, metrics = made.challenger, made.challenger.manifest.lineage.dev_metrics
    if as_json:
        lineage = {"bundle": bundle.version, "parent": made.parent.version, "path": str(bundle.path)}
        say_json({"task": task, **lineage, "dev_metrics": dict(metrics)})
        return
    say(f"{task}, challenger {bundle.version} of {made.parent.version}, in {bundle.path}")
    say(f"  {metrics['new_rows']:,} new and {metrics['rehearsed_rows']:,} rehearsed rows")
    say(
        f"  dev: {metrics['correct']} of {metrics['rows']} right, accuracy {metrics['accuracy']}, "
        f"macro-F1 {metrics['macro_f1']}, ECE {metrics['ece']}"
    )
    places = ", ".join(f"{mix['alpha']:g}: {mix['macro_f1']}" for mix in metrics["mixes"])
    say(f"  between champion (0) and tuned (1): alpha {metrics['alpha']:g}; macro-F1 on dev by alpha {places}")
    if not metrics["alpha"]:
        say("  the dev rows say that nothing was gained: its weights are the champion's")
    say(f"  not in use yet: yeban gate {task} {bundle.version} --golden FILE --recent FILE")


def gate_command(
    task: TaskArgument,
    challenger: Annotated[str, typer.Argument(help="Version of a bundle, or its beginning.", show_default=False)],
    golden: Annotated[str, typer.Option("--golden", help="Labelled rows that no training saw.", show_default=False)],
    recent: Annotated[str, typer.Option("--recent", help="Recent labelled rows, drawn at random.", show_default=False)],
    golden_where: Annotated[str | None, typer.Option(help="SQL condition on them.", show_default=False)] = None,
    recent_where: Annotated[str | None, typer.Option(help="SQL condition on them.", show_default=False)] = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    group_column: Annotated[
        str | None, typer.Option(help="Column of both files whose slices must not get worse.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Hold a challenger against the bundle in use: JSON and an HTML page; exit code 1 where a check fails.

    Example: yeban gate comment 3f2a91c04b7d --golden golden.parquet --recent random.parquet
    """
    from jobs.gating import GateRequest, hold_gate
    from jobs.progress import shown_progress
    from models.training.data import LabelledSource

    request = GateRequest(
        task,
        challenger,
        LabelledSource(golden, golden_where, text_column, label_column, group_column),
        LabelledSource(recent, recent_where, text_column, label_column, group_column),
    )
    with shown_progress(err) as progress:
        gated = hold_gate(home_at(home), request, progress)
    report = gated.report
    if as_json:
        say_json(json.loads(gated.json_file.read_text("utf-8")))
    else:
        say(f"{task}: {report.challenger} against {report.champion}: {'passed' if report.passed else 'refused'}")
        for check in report.checks:
            say(f"  {'ok  ' if check.passed else 'FAIL'} {check.name}: {check.why.en}")
            if not check.passed:
                say(f"       to do: {check.action.en}")
        say(f"page: {gated.page}")
        if report.passed:
            say(f"next: yeban bundles promote {task} {report.challenger}")
    if not report.passed:
        raise typer.Exit(FAILED)


def shadow_command(
    task: TaskArgument,
    day: Annotated[str, typer.Option("--date", help="YYYY-MM-DD, yesterday or today.", show_default=False)],
    bundle: Annotated[str, typer.Option("--bundle", help="The challenger to try.", show_default=False)],
    patterns: InputOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Score a date with the bundle in use and a challenger, and compare; nothing goes into the warehouse.

    Example: yeban shadow comment --date yesterday --bundle 3f2a91c04b7d
    """
    from jobs.cli.scoring import from_here
    from jobs.config import parse_date
    from jobs.progress import shown_progress
    from jobs.shadow import ShadowRequest, shadow

    where = home_at(home)
    when = parse_date(day, where.config.time_zone, now())
    request = ShadowRequest(task, when, bundle, tuple(from_here(each) for each in patterns or ()))
    with shown_progress(err) as progress:
        shadowed = shadow(where, request, progress)
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
    told = [each if isinstance(each, float) else math.nan for each in mean]
    say(f"  mean confidence {told[0]:.3f} -> {told[1]:.3f}")
    shares = zip(names, flat["champion_shares"], flat["challenger_shares"], strict=True)  # type: ignore[call-overload]
    for name, one, two in shares:
        if one or two:
            say(f"  {name}: {one:.1%} -> {two:.1%}")
    for each in flat["examples"][:_EXAMPLES]:  # type: ignore[index]
        one, two = each["champion"] or "(no label)", each["challenger"] or "(no label)"
        sure = [each[f"{side}_confidence"] or 0.0 for side in ("champion", "challenger")]
        say(f"  {each['doc_id']}: {one} {sure[0]:.2f} -> {two} {sure[1]:.2f}")
