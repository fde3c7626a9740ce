"""init."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.options import say
from storage.errors import ConfigError


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("init")(init_command)


def init_command(
    folder: Annotated[Path, typer.Argument(help="Where; made if it is not there.")] = Path(),
) -> None:
    """Write a commented yeban.toml, its schema for editors, and the folder of dumps; asks nothing.

    Example: yeban init nights
    """
    from jobs.config.home import CONFIG_NAME
    from jobs.config.json_schema import SCHEMA_NAME, TEMPLATE, config_schema
    from storage.files.atomic import write_bytes, write_json

    file = folder / CONFIG_NAME
    if file.exists():
        raise ConfigError(
            f"{file} exists already",
            expected="a folder without one",
            action="edit it, or choose another folder",
        )
    (folder / "dumps").mkdir(parents=True, exist_ok=True)
    write_json(folder / SCHEMA_NAME, config_schema())
    write_bytes(file, TEMPLATE.read_bytes())
    say(f"wrote {file}")
    say("next: put Parquet files under dumps/comment/dt=YYYY-MM-DD/, then")
    say(f"  yeban score comment --date YYYY-MM-DD --home {folder}")
