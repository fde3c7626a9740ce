"""relabel export, import, status."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from jobs.cli.options import FAILED, HomeOption, JsonOption, TaskArgument, err, home_at, now, say, say_json
from monitoring.relabel.sheets.formats import FORMATS

if TYPE_CHECKING:
    from jobs.config.home import Home
    from monitoring.relabel.annotation.import_files import ImportResult
    from monitoring.relabel.annotation.queue import Queue
    from monitoring.relabel.annotation.status import BatchStatus


_SHOWN = 10
BatchOption = Annotated[
    str | None, typer.Option("--batch", help="Batch of the queue; default: the newest.", show_default=False)
]


def _known_format(name: str) -> str:
    if name not in FORMATS:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(map(repr, FORMATS))}.")
    return name


FormatOption = Annotated[
    str,
    typer.Option("--format", help="Which files.", metavar=f"[{'|'.join(FORMATS)}]", callback=_known_format),
]
LangOption = Annotated[Literal["zh", "en"], typer.Option("--lang", help="Language of the headers; both are read.")]


def add_to_group(group: typer.Typer) -> None:
    """Register the commands in the group `relabel`."""
    group.command("export")(export_command)
    group.command("import")(import_command)
    group.command("status")(status_command)


def export_command(
    task: TaskArgument,
    out_dir: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path(),
    annotator: Annotated[
        list[str] | None,
        typer.Option("--annotator", help="A file for this person; may be repeated.", show_default=False),
    ] = None,
    kind: FormatOption = "csv",
    batch: BatchOption = None,
    suggestions: Annotated[
        bool, typer.Option("--suggestions/--hide-suggestions", help="Show what the model thinks; it sways people.")
    ] = True,
    guide: Annotated[
        Path | None, typer.Option("--guide", help="Text file with what people should know.", show_default=False)
    ] = None,
    adjudicate: Annotated[
        bool, typer.Option("--adjudicate", help="Only rows on which people tie; who gets them decides.")
    ] = False,
    lang: LangOption = "zh",
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Write a batch of the queue into files for the people who label.

    Example: yeban relabel export comment --annotator li --annotator wang --out sheets
    """
    from jobs.runs.locks import task_lock
    from monitoring.relabel.annotation.export import ExportRequest, export_batch

    where = home_at(home)
    where.task(task)
    words = guide.read_text("utf-8-sig", errors="replace") if guide else ""
    request = ExportRequest(
        task, batch, out_dir, tuple(annotator or ()), kind, lang, suggestions, words, adjudicate
    )  # fmt: skip
    with task_lock(where.locks, task, "relabel"):
        files = [str(file) for file in export_batch(_queue(where), request)]
    if as_json:
        say_json(files)
    else:
        say("\n".join(files))


def import_command(
    task: TaskArgument,
    files: Annotated[list[Path], typer.Argument(help="Files that came back: CSV, xlsx, Label Studio JSON.")],
    annotator: Annotated[
        str, typer.Option("--annotator", help="Whose files these are, where they don't say.", show_default=False)
    ] = "",
    batch: Annotated[
        str | None, typer.Option("--batch", help="Batch of the queue; default: found by ids.", show_default=False)
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Take the right rows of a file that has errors; else all or nothing.")
    ] = False,
    lang: LangOption = "zh",
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Take the labels of files that came back; the same file twice adds nothing.

    What is wrong with a file is written beside it, in a file to mend and import again. Exit code 1 says that there was
    such a file.

    Example: yeban relabel import comment sheets/comment-2026-01-05-li.csv
    """
    from jobs.runs.leftovers import sweep
    from jobs.runs.locks import task_lock
    from monitoring.relabel.annotation.import_files import import_file
    from monitoring.relabel.annotation.labels import copy_labels

    where = home_at(home)
    where.task(task)
    queue = _queue(where)
    with task_lock(where.locks, task, "relabel"):
        sweep(where)
        outcomes = [
            import_file(queue, task, file, now(), annotator=annotator, batch=batch, partial=partial, lang=lang)
            for file in files
        ]
        copy_labels(where.open_warehouse(), queue, task)
    if as_json:
        say_json([_flat(file, outcome) for file, outcome in zip(files, outcomes, strict=True)])
    else:
        for file, outcome in zip(files, outcomes, strict=True):
            _tell(file, outcome)
    if any(outcome.read.errors for outcome in outcomes):
        raise typer.Exit(FAILED)


def status_command(
    task: TaskArgument,
    batch: Annotated[
        str | None, typer.Option("--batch", help="Batch of the queue; default: all.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Show how far batches are, and how well people agree.

    Example: yeban relabel status comment
    """
    from monitoring.relabel.annotation.status import batch_status

    where = home_at(home)
    where.task(task)
    queue = _queue(where)
    found = [batch_status(queue, task, name) for name in ([batch] if batch else queue.batches(task))]
    if as_json:
        say_json([each.as_dict() for each in found])
        return
    for each in found:
        _show(each)
    if not found:
        say(f"no batch yet; `yeban relabel pick {task}` makes one")


def _queue(where: Home) -> Queue:
    from monitoring.relabel.annotation.queue import Queue

    return Queue(where.batch_store)


def _flat(file: Path, outcome: ImportResult) -> dict[str, object]:
    from monitoring.relabel.sheets.correction import problem_of

    return {
        "file": str(file),
        "batch": outcome.batch,
        "labels": len(outcome.read.annotations),
        "blank": len(outcome.read.blank),
        "added": outcome.added,
        "imported_before": outcome.before,
        "errors": [problem_of(error) for error in outcome.read.errors],
        "to_mend": str(outcome.to_mend) if outcome.to_mend else None,
    }


def _tell(file: Path, outcome: ImportResult) -> None:
    from monitoring.relabel.sheets.correction import problem_of

    read = outcome.read
    again = " (imported before)" if outcome.before else ""
    say(
        f"{file}: {len(read.annotations)} labels, {len(read.blank)} rows still empty, {outcome.added} labels new{again}"
    )
    for error in read.errors[:_SHOWN]:
        say(f"  {problem_of(error)}", err)
    if len(read.errors) > _SHOWN:
        say(f"  and {len(read.errors) - _SHOWN} more", err)
    if outcome.to_mend:
        taken = "the right rows were taken" if outcome.added else "nothing was taken"
        say(f"  {taken}; mend {outcome.to_mend} and import it again", err)


def _show(status: BatchStatus) -> None:
    say(f"{status.batch}: {status.resolved} of {status.rows} rows have a label, {len(status.ties)} for an adjudicator")
    for name, (done, given) in status.progress.items():
        known = status.golden.get(name)
        right = f", {known.value:.0%} of golden rows right ({known.low:.0%} to {known.high:.0%})" if known else ""
        quality = f", quality {status.quality[name].quality:.2f}" if name in status.quality else ""
        say(f"  {name}: {done} of {given}{right}{quality}")
    if not math.isnan(status.krippendorff):
        say(f"  agreement: Krippendorff's alpha {status.krippendorff:.2f}, Fleiss' kappa {status.fleiss:.2f}")
    for (first, second), kappa in status.cohen.items():
        if not math.isnan(kappa):
            say(f"  {first} and {second}: Cohen's kappa {kappa:.2f}")
