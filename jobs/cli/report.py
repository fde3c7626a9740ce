"""report serve."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.cli.options import HomeOption, home_at, say


def add_to(app: typer.Typer) -> None:
    """Register the group of commands."""
    group = typer.Typer(help="What monitoring found out, night by night.", no_args_is_help=True, rich_markup_mode=None)
    group.callback()(_group)
    group.command("serve")(serve_command)
    app.add_typer(group, name="report")


def _group() -> None:
    """Keep `serve` a command of a group while it is the only one."""


def serve_command(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0 for any free port.")] = 8000,
    home: HomeOption = None,
) -> None:
    """Open the dashboards of all tasks in Evidently's UI, for this machine only, until Ctrl-C.

    Example: yeban report serve --port 8001
    """
    from monitoring.evidently.server import serve

    where = home_at(home)
    serve(where.evidently, where.config.tasks, port, lambda url: say(f"{url}  (Ctrl-C ends it)"))
