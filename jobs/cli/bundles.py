"""bundles list, bundles show."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.options import HomeOption, JsonOption, TaskArgument, home_at, out, say, say_json


def add_to(app: typer.Typer) -> None:
    """Register the group of commands."""
    group = typer.Typer(help="Models at hand.", no_args_is_help=True, rich_markup_mode=None)
    group.command("list")(list_command)
    group.command("show")(show_command)
    app.add_typer(group, name="bundles")


def list_command(task: TaskArgument, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """List the bundles of a task.

    Example: yeban bundles list comment
    """
    from rich.table import Table

    from models.registry import Registry, is_embedded

    where = home_at(home)
    registry = Registry(where.bundles)
    at_hand = registry.at_hand(task)
    configured = where.config.tasks[task].bundle if task in where.config.tasks else None
    if configured:
        in_use = list(registry.beginning_with(task, configured))
    else:
        in_use = [registry.champion(task) or next((v for v, folder in at_hand.items() if is_embedded(folder)), "")]
    rows = [
        {
            "bundle": version,
            "in_use": in_use == [version],
            "embedded": is_embedded(folder),
            **_figures(folder),
        }
        for version, folder in at_hand.items()
    ]
    if as_json:
        say_json(rows)
        return
    table = Table(box=None, pad_edge=False)
    for name in ("bundle", "in use", "dev accuracy", "dev macro-F1", "dev ECE"):
        table.add_column(name)
    for row in rows:
        name = f"{row['bundle']}{' (embedded)' if row['embedded'] else ''}"
        figures = (row["accuracy"], row["macro_f1"], row["ece"])
        table.add_row(name, "*" if row["in_use"] else "", *("-" if x is None else str(x) for x in figures))
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
    from jobs.bundles import find_bundle
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


def _figures(folder: Path) -> dict[str, object]:
    from models.bundle import open_bundle

    metrics = open_bundle(folder).manifest.lineage.dev_metrics
    return {name: metrics.get(name) for name in ("accuracy", "macro_f1", "ece")}
