"""tidy: what [retention] does not keep is removed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.cli.options import HomeOption, JsonOption, err, home_at, job_context, out, say, say_json
from storage.errors import RunLocked

if TYPE_CHECKING:
    from jobs.tidy.choosing import Verdict
    from jobs.tidy.tidy import TidyResult

FAILED = 1


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("tidy")(tidy_command)


def tidy_command(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go, and what stays and why.")] = False,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Remove what [retention] in yeban.toml does not keep; by default that is little more than old shadow runs.

    What is not loaded, what a frozen reference or an open batch needs, and what a run is at stays, whatever its age.
    The DuckDB file keeps its size until `yeban compact`.

    Example: yeban tidy --dry-run
    """
    from jobs.tidy.tidy import TidyRequest, tidy

    with job_context(bars=False) as context:
        report = tidy(home_at(home), TidyRequest(dry_run), context)
    if as_json:
        say_json(_flat(report, dry_run))
    else:
        _print(report, dry_run)
    for failure in report.failures:
        say(f"left as it is: {failure}", err)
    if report.failures:
        raise typer.Exit(FAILED)
    if report.busy:
        say(f"a run is at work, so nothing was touched of {', '.join(report.busy)}", err)
        raise typer.Exit(RunLocked.exit_code)


def _flat(report: TidyResult, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "bytes": sum(choice.item.size for choice in report.gone),
        "gone": [_row(choice) for choice in report.gone],
        "stayed": [_row(choice) for choice in report.stayed],
        "failures": [str(each) for each in report.failures],
        "busy": report.busy,
    }


def _row(choice: Verdict) -> dict[str, Any]:
    item = choice.item
    return {
        "kind": item.kind,
        "task": item.task,
        "date": item.day.isoformat(),
        "what": _name(choice),
        "bytes": item.size,
        "rows": item.rows,
        "why": choice.why,
    }


def _name(choice: Verdict) -> str:
    from storage.records import Slot

    target = choice.item.target
    return f"{target.task} {target.logical_date} {target.bundle}" if isinstance(target, Slot) else str(target)


def _print(report: TidyResult, dry_run: bool) -> None:
    from jobs.runs.disk_space import mb

    if not report.gone and not report.stayed:
        say("nothing to remove: [retention] in yeban.toml keeps all there is")
        return
    _table(report.gone, "would go" if dry_run else "removed")
    _table(report.stayed, "stays")
    size = mb(sum(choice.item.size for choice in report.gone))
    say(f"{len(report.gone)} items, {size} {'would go' if dry_run else 'removed'}")
    if any(choice.item.kind == "predictions" for choice in report.gone):
        say("rows that went leave free space in the DuckDB file: `yeban compact` gives it back")


def _table(choices: Sequence[Verdict], what: str) -> None:
    """A line per kind, task and reason."""
    from rich.table import Table

    from jobs.runs.disk_space import mb

    groups: dict[tuple[str, str, str], list[Verdict]] = defaultdict(list)
    for choice in choices:
        why = "too old" if choice.why.endswith(tuple("0123456789")) else choice.why
        groups[choice.item.kind, choice.item.task, why].append(choice)
    if not groups:
        return
    table = Table(box=None, pad_edge=False)
    for name in (what, "task", "items", "from", "to", "size", "why"):
        table.add_column(name, justify="right" if name in ("items", "size") else "left", no_wrap=True)
    for (kind, task, why), group in groups.items():
        days = [choice.item.day for choice in group]
        size = mb(sum(choice.item.size for choice in group))
        table.add_row(kind, task or "-", f"{len(group):,}", str(min(days)), str(max(days)), size, why)
    out.print(table)
