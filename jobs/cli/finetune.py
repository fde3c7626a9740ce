"""finetune: a challenger is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.options import (
    HomeOption,
    JsonOption,
    LabelColumn,
    SettingsOption,
    TaskArgument,
    TextColumn,
    home_at,
    job_context,
    labelled_source,
    say,
    say_json,
)
from storage.errors import ConfigError

if TYPE_CHECKING:
    from jobs.training.finetune import FinetuneResult


NewOption = Annotated[
    str | None,
    typer.Option("--new", help="New labelled rows, in place of the queue's: Parquet or CSV.", show_default=False),
]
BatchesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--batch",
        help="Batch of the queue; may be repeated. Default: all that the bundle has not learned.",
        show_default=False,
    ),
]
RehearsalOption = Annotated[
    str | None,
    typer.Option(
        "--rehearsal",
        help="Rows labelled before; some are drawn for each new one. Default: `training` of the task, or the file that "
        "the bundle was trained on.",
        show_default=False,
    ),
]
KeepOutOption = Annotated[
    list[str] | None,
    typer.Option(
        "--keep-out",
        help="Test set whose texts are not trained on, beside golden and held-out ones; may be repeated.",
        show_default=False,
    ),
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("finetune")(finetune_command)


def finetune_command(
    task: TaskArgument,
    new: NewOption = None,
    batches: BatchesOption = None,
    rehearsal: RehearsalOption = None,
    dev: Annotated[
        str | None, typer.Option("--dev", help="Default: a share of the other rows.", show_default=False)
    ] = None,
    unlabelled: Annotated[
        str | None, typer.Option("--unlabelled", help="Recent texts to adapt to first.", show_default=False)
    ] = None,
    keep_out: KeepOutOption = None,
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
    settings: SettingsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Make a challenger from the bundle in use, new labels and a rehearsal of old ones.

    The new labels are those of the queue that the bundle has not learned; a share of the random ones is kept for the
    gate.

    Example: yeban finetune comment --set schedule.epochs=3
    """
    from jobs.training.finetune import FinetuneRequest, finetune_task
    from models.training.data import LabelledSource

    if new and batches:
        raise ConfigError("--new and --batch", expected="one of the two", action="leave one of them out")

    def source(option: str, file: str | None, where: str | None = None) -> LabelledSource | None:
        return labelled_source(file, where, option, text_column, label_column)

    request = FinetuneRequest(
        task=task,
        new=source("new", new, new_where),
        batches=tuple(batches or ()),
        rehearsal=source("rehearsal", rehearsal, rehearsal_where),
        dev=source("dev", dev, dev_where),
        unlabelled=source("unlabelled", unlabelled),
        keep_out=tuple(LabelledSource(each, None, text_column, label_column) for each in keep_out or ()),
        parent=parent,
        settings=tuple(settings or ()),
        text_column=text_column,
        label_column=label_column,
    )
    with job_context(bars=False) as context:
        made = finetune_task(home_at(home), request, context)
    _print_made(task, made, from_queue=new is None, as_json=as_json)


def _print_made(task: str, made: FinetuneResult, *, from_queue: bool, as_json: bool) -> None:
    bundle, lineage = made.challenger, made.challenger.manifest.lineage
    metrics = lineage.dev_metrics
    if as_json:
        made_of = {"bundle": bundle.version, "parent": made.parent.version, "path": str(bundle.path)}
        say_json({"task": task, **made_of, "dev_metrics": dict(metrics)})
        return
    say(f"{task}, challenger {bundle.version} of {made.parent.version}, in {bundle.path}")
    for record in lineage.data:
        say(f"  {record.role}: {record.rows:,} labels of {record.name}")
    say(f"  trained on {metrics['new_rows']:,} new and {metrics['rehearsed_rows']:,} rehearsed rows")
    say(
        f"  dev: {metrics['correct']} of {metrics['rows']} right, accuracy {metrics['accuracy']}, "
        f"macro-F1 {metrics['macro_f1']}, ECE {metrics['ece']}"
    )
    places = ", ".join(f"{mix['alpha']:g}: {mix['macro_f1']}" for mix in metrics["mixes"])
    say(f"  between champion (0) and tuned (1): alpha {metrics['alpha']:g}; macro-F1 on dev by alpha {places}")
    if not metrics["alpha"]:
        say("  the dev rows say that nothing was gained: its weights are the champion's")
    files = "" if from_queue else " --golden FILE --recent FILE"
    say(f"  not in use yet: yeban gate {task} {bundle.version}{files}")
