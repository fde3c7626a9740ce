"""config check, config schema."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.options import HomeOption, JsonOption, home_at, say, say_json
from storage.errors import ConfigError


def add_to(app: typer.Typer) -> None:
    """Register the group of commands."""
    group = typer.Typer(help="The configuration, yeban.toml.", no_args_is_help=True, rich_markup_mode=None)
    group.command("check")(check_command)
    group.command("schema")(schema_command)
    app.add_typer(group, name="config")


def check_command(as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Check yeban.toml: all mistakes at once, each with its line; exit code 2 where there is one.

    Example: yeban config check --home nights
    """
    from jobs.config.home import CONFIG_NAME
    from jobs.config.sections.secret import missing_variables

    try:
        where = home_at(home)
    except ConfigError as error:
        if not as_json or "mistakes" not in error.facts:
            raise
        say_json({"file": error.facts["file"], "ok": False, "mistakes": error.facts["mistakes"]})
        raise typer.Exit(error.exit_code) from error
    file, config = where.root / CONFIG_NAME, where.config
    of_alerts = missing_variables(config.monitor.secrets(), os.environ)
    of_schedule = missing_variables(config.schedule.secrets(), os.environ)
    if as_json:
        missing = tuple(dict.fromkeys(of_alerts + of_schedule))
        say_json({"file": str(file), "ok": True, "tasks": list(config.tasks), "variables_not_set": missing})
        return
    say(f"{file}: no mistakes")
    say(f"  tasks: {', '.join(config.tasks) or 'none'}")
    for name in of_alerts:
        say(f"  the environment variable {name} is not set here; alerts wait until it is")
    for name in of_schedule:
        say(f"  the environment variable {name} is not set here; `yeban schedule start` refuses until it is")


def schema_command(
    out: Annotated[Path | None, typer.Option("--out", help="File to write; default: print it.")] = None,
) -> None:
    """Print the JSON schema of yeban.toml, with which editors complete and check it.

    `yeban init` writes it beside yeban.toml, whose first line names it; write it anew after an update of yeban.

    Example: yeban config schema --out yeban.schema.json
    """
    from jobs.config.json_schema import config_schema
    from storage.files.atomic import write_json

    schema = config_schema()
    if out is None:
        say_json(schema)
        return
    write_json(out, schema)
    say(f"wrote {out}")
