"""bundles list, show, promote, rollback, history."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.options import HomeOption, JsonOption, TaskArgument, home_at, job_context, out, say, say_json

ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it stays in the history.", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Register the group of commands."""
    group = typer.Typer(help="Models at hand.", no_args_is_help=True, rich_markup_mode=None)
    group.command("list")(list_command)
    group.command("show")(show_command)
    group.command("promote")(promote_command)
    group.command("rollback")(rollback_command)
    group.command("history")(history_command)
    app.add_typer(group, name="bundles")


def list_command(task: TaskArgument, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """List the bundles of a task.

    Example: yeban bundles list comment
    """
    from rich.table import Table

    from jobs.bundles.promote import gate_verdict
    from models.registry import is_embedded

    where = home_at(home)
    registry = where.registry
    at_hand = registry.at_hand(task)
    configured = where.config.tasks[task].bundle if task in where.config.tasks else None
    in_use = list(registry.beginning_with(task, configured)) if configured else [registry.in_use(task) or ""]
    champion = in_use[0] if len(in_use) == 1 else ""
    rows = [
        {
            "bundle": version,
            "in_use": in_use == [version],
            "embedded": is_embedded(folder),
            **_lineage(folder, version, champion),
            "gate": gate_verdict(registry, task, version, champion),
        }
        for version, folder in at_hand.items()
    ]
    if as_json:
        say_json(rows)
        return
    table = Table(box=None, pad_edge=False)
    for name in ("bundle", "in use", "", "parent", "gate", "dev accuracy", "dev macro-F1", "dev ECE"):
        table.add_column(name)
    for row in rows:
        name = f"{row['bundle']}{' (embedded)' if row['embedded'] else ''}"
        gate = "-" if row["gate"] is None else "passed" if row["gate"] else "refused"
        metrics = ("-" if row[each] is None else str(row[each]) for each in ("accuracy", "macro_f1", "ece"))
        used = "*" if row["in_use"] else ""
        table.add_row(name, used, str(row["role"]), str(row["parent"] or "-"), gate, *metrics)
    if rows:
        out.print(table)
    if configured:
        say(f"in use: {configured}, by yeban.toml")
    elif not rows:
        say(f"no bundle yet; `yeban train {task} --train FILE` makes one")


def show_command(
    task: TaskArgument,
    bundle: Annotated[str | None, typer.Argument(help="Default: the one in use.", show_default=False)] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Show a bundle's card.

    Example: yeban bundles show comment
    """
    from jobs.bundles.find import find_bundle
    from models.bundle import CARD

    found = find_bundle(home_at(home), task, bundle)
    card = found.path / CARD
    if as_json or not card.is_file():
        manifest = {
            "version": found.version,
            "path": str(found.path),
            **found.manifest.model_dump(mode="json"),
        }
        say_json(manifest)
    else:
        sys.stdout.write(card.read_text("utf-8"))


def promote_command(
    task: TaskArgument,
    bundle: Annotated[str, typer.Argument(help="Version of a bundle, or its beginning.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Do without a passed gate; needs --reason.")] = False,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Put a challenger that has passed its gate in use.

    Example: yeban bundles promote comment 3f2a91c04b7d
    """
    from jobs.bundles.promote import PromoteRequest, promote

    with job_context() as context:
        move = promote(home_at(home), PromoteRequest(task, bundle, force, reason), context)
    if as_json:
        say_json(move.as_dict())
        return
    forced = " (forced)" if move.forced else ""
    say(f"{task}: {move.after} is in use from now on{forced}" + (f", {move.before} was" if move.before else ""))
    if move.before:
        say(f"  back: yeban bundles rollback {task}")
    say("  a frozen reference counts for the bundle that scored it: freeze one of the new bundle when it has nights")


def rollback_command(
    task: TaskArgument, reason: ReasonOption = "", as_json: JsonOption = False, home: HomeOption = None
) -> None:
    """Go back to the bundle that was in use before the last promotion; again, to the one before that.

    Example: yeban bundles rollback comment --reason "too many complaints"
    """
    from jobs.bundles.promote import RollbackRequest, rollback

    with job_context() as context:
        move = rollback(home_at(home), RollbackRequest(task, reason), context)
    if as_json:
        say_json(move.as_dict())
        return
    say(f"{task}: {move.after} is in use again, {move.before} was")


def history_command(task: TaskArgument, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Show which bundle was put in use when, by whom and why.

    Example: yeban bundles history comment
    """
    from jobs.bundles.promote import history

    moves = history(home_at(home), task)
    if as_json:
        say_json([{**each.move.as_dict(), "happened": each.happened} for each in moves])
        return
    for each in moves:
        move = each.move
        notes = [note for note in ("forced" if move.forced else "", move.reason) if note]
        if not each.happened:
            notes.insert(0, "was begun and did not happen")
        say(
            f"{move.at:%Y-%m-%d %H:%M:%S %Z} {move.action}: {move.before or '-'} -> {move.after} by {move.who}"
            + (f", gate {move.gate[:12]}" if move.gate else "")
            + (f" ({'; '.join(notes)})" if notes else "")
        )
    if not moves:
        say(f"no bundle of {task} was promoted yet")


def _lineage(folder: Path, version: str, champion: str) -> dict[str, object]:
    """A bundle's role, its parent and its metrics on dev."""
    from models.bundle import open_bundle

    lineage = open_bundle(folder).manifest.lineage
    role = "champion" if version == champion else "challenger" if lineage.parent == champion else ""
    metrics = {name: lineage.dev_metrics.get(name) for name in ("accuracy", "macro_f1", "ece")}
    return {"role": role, "parent": lineage.parent, **metrics}
