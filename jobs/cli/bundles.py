"""bundles list, bundles show."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.options import HomeOption, JsonOption, TaskArgument, home_at, out, say

if TYPE_CHECKING:
    from models.registry import Registry


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

    from models.registry import EMBEDDED, Registry

    where = home_at(home)
    registry = Registry(where.bundles)
    configured = where.config.tasks[task].bundle if task in where.config.tasks else None
    in_use = configured or registry.champion(task)
    rows = [
        {"bundle": version, "in_use": version == in_use, **_figures(registry, task, version)}
        for version in registry.versions(task)
    ]
    if as_json:
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("bundle", "in use", "dev accuracy", "dev macro-F1", "dev ECE"):
        table.add_column(name)
    for row in rows:
        table.add_row(
            str(row["bundle"]),
            "*" if row["in_use"] else "",
            *(str(row[k]) for k in ("accuracy", "macro_f1", "ece")),
        )
    out.print(table)
    if in_use is None:
        embedded = (EMBEDDED / task).is_dir()
        say("in use: the embedded bundle" if embedded else f"in use: none; `yeban train {task}` makes one")
    elif configured:
        say(f"in use: {configured}, by yeban.toml")


def show_command(
    task: TaskArgument,
    bundle: Annotated[str | None, typer.Argument(help="Default: the one in use.", show_default=False)] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Show a bundle's card.

    Example: yeban bundles show comment
    """
    from jobs.score import find_bundle
    from models.bundle import CARD

    found = find_bundle(home_at(home), task, bundle)
    card = found.path / CARD
    if as_json or not card.is_file():
        manifest = {
            "version": found.version,
            "path": str(found.path),
            **found.manifest.model_dump(mode="json"),
        }
        sys.stdout.write(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(card.read_text("utf-8"))


def _figures(registry: Registry, task: str, version: str) -> dict[str, object]:
    from models.bundle import open_bundle

    metrics = open_bundle(registry.folder(task, version)).manifest.lineage.dev_metrics
    return {name: metrics.get(name, "-") for name in ("accuracy", "macro_f1", "ece")}
