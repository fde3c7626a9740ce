"""compact: the DuckDB file without its free space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from jobs.cli.options import HomeOption, JsonOption, home_at, say, say_json

if TYPE_CHECKING:
    pass


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("compact")(compact_command)


def compact_command(as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Rewrite the DuckDB file without its free space; nobody can write to it meanwhile, and it is never at risk.

    Example: yeban compact
    """
    from jobs.runs.disk_space import mb
    from jobs.warehouse.compact import compact_warehouse

    done = compact_warehouse(home_at(home))
    if as_json:
        say_json({"before_bytes": done.before, "after_bytes": done.after, "rows": done.rows, "seconds": done.seconds})
        return
    rows = f"{done.rows.get('predictions', 0):,} predictions"
    say(f"{mb(done.before)} before, {mb(done.after)} now; {rows} and all the rest are the same; {done.seconds:.1f} s")
