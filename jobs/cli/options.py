"""What several commands share.

Commands import what they run inside themselves: `yeban --help` must not wait for polars or torch.
"""

from __future__ import annotations

import json
import logging
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from jobs.config.task_names import EXPECTED, is_task_name
from jobs.runs.logs import logs_are_json, set_up_logs
from storage.errors import ConfigError

if TYPE_CHECKING:
    from jobs.config.home import Home
    from jobs.runs.context import JobContext
    from models.training.data import LabelledSource


def complete_task(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of tasks that begin so, for the shell: read without checking, and none where they can't be read."""
    home: Path | None = ctx.params.get("home")
    places = [home] if home is not None else [Path.cwd(), *Path.cwd().parents]
    file = next((file for place in places if (file := place / "yeban.toml").is_file()), None)
    if file is None:
        return []
    try:
        tasks = tomllib.loads(file.read_text("utf-8-sig")).get("tasks", {})
    except (OSError, ValueError):
        return []
    return [name for name in tasks if name.startswith(incomplete)] if isinstance(tasks, dict) else []


HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Folder with yeban.toml; default: looked for from here upward.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
BundleOption = Annotated[
    str | None,
    typer.Option("--bundle", help="Bundle version, folder or hub name; default: the one in use.", show_default=False),
]
InputOption = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        help="File, glob, directory or URI, {date} allowed; may be repeated. Default: `input` of the task.",
        show_default=False,
    ),
]


def labelled_source(
    file: str | None,
    where: str | None,
    option: str,
    text_column: str,
    label_column: str,
    group_column: str | None = None,
) -> LabelledSource | None:
    """The labelled rows that a pair of options names; None where they name none.

    Args:
        file: The value of `--option`.
        where: The value of `--option-where`.
        option: The name of the option.
        text_column: Its column of texts.
        label_column: Its column of labels.
        group_column: Its column of groups.

    Raises:
        ConfigError: There is a condition, and no file that it is on.
    """
    from models.training.data import LabelledSource

    if file is None and where is not None:
        raise ConfigError(
            f"--{option}-where without --{option}",
            expected="a condition beside the file that it is on",
            action=f"add --{option} FILE, or leave the condition out",
        )
    return None if file is None else LabelledSource(file, where, text_column, label_column, group_column)


def sound_task(name: str | None) -> str | None:
    """The name of a task, before it becomes a path.

    Raises:
        ConfigError: No task can be called so.
    """
    if name is not None and not is_task_name(name):
        raise ConfigError(
            f"no task {name!r} can be", expected=f"a name of {EXPECTED}", action="check the order of the arguments"
        )
    return name


TaskArgument = Annotated[
    str,
    typer.Argument(
        help="A task of yeban.toml, such as comment.",
        show_default=False,
        autocompletion=complete_task,
        callback=sound_task,
    ),
]
AnyTaskArgument = Annotated[
    str | None,
    typer.Argument(help="A task; default: all.", show_default=False, autocompletion=complete_task, callback=sound_task),
]

DateOption = Annotated[str, typer.Option("--date", help="YYYY-MM-DD, yesterday or today.", show_default=False)]
TextColumn = Annotated[str, typer.Option(help="Column with the text, in every file.")]
LabelColumn = Annotated[str, typer.Option(help="Column with class names or indices, in every labelled file.")]
SettingsOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="key=value on top of the recipe; may be repeated.", show_default=False),
]
FAILED = 1
"""Exit code of a command that ran to its end and found something wrong."""

_FILE_WIDTH = 200
"""Columns of a table that goes into a file or a pipe."""

out = Console(soft_wrap=True, width=None if sys.stdout.isatty() else _FILE_WIDTH)
err = Console(stderr=True, soft_wrap=True)
log = logging.getLogger("yeban")


def say(text: str, to: Console = out) -> None:
    """Print a line as it is: names, paths and texts of users are no markup.

    Where logs are JSON, programs read standard error, and the line is one of the log.
    """
    if to is err and logs_are_json():
        log.warning("%s", text)
        return
    to.print(text, markup=False, highlight=False, emoji=False)


def say_json(value: Any, *, indent: int | None = 2) -> None:
    """Print JSON for programs: with Chinese as it is where the encoding has all characters, else escaped."""
    has_all = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    sys.stdout.write(json.dumps(value, ensure_ascii=not has_all, indent=indent) + "\n")


def home_at(given: Path | None) -> Home:
    """The home that a command works in."""
    from jobs.config.file import find_home
    from jobs.runs.prometheus import write_metrics
    from jobs.runs.record import after_each_run

    home = find_home(given, Path.cwd())
    logs = home.config.logs
    set_up_logs(as_json=logs.json_lines or logs_are_json(), level=logs.level)
    after_each_run(lambda: write_metrics(home))
    return home


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


@contextmanager
def job_context(*, bars: bool = True) -> Iterator[JobContext]:
    """What a job is given: progress on standard error, and the clock.

    Args:
        bars: Show our own bars on a terminal; training shows the Trainer's.
    """
    from jobs.runs.context import JobContext
    from jobs.runs.progress import LogLines, shown_progress

    with shown_progress(err) if bars else nullcontext(LogLines()) as progress:
        yield JobContext(progress, now, interactive=err.is_terminal)


def from_here(pattern: str) -> str:
    """What is typed counts from where one stands; what is configured, from the home."""
    from storage.files.atomic import expand_user

    if "://" in pattern or expand_user(pattern).is_absolute():
        return pattern
    here = str(Path.cwd()).replace("{", "{{").replace("}", "}}")
    return f"{here}/{pattern}"
