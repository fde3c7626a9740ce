"""monitor, monitor show."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from jobs.cli.options import (
    FAILED,
    BundleOption,
    HomeOption,
    JsonOption,
    TaskArgument,
    err,
    home_at,
    now,
    out,
    say,
    say_json,
)
from storage.errors import ConfigError

if TYPE_CHECKING:
    from jobs.config.home import Home
    from jobs.monitor.monitor import MonitorResult
    from monitoring.findings.morning import Morning

ALERTED = 3
LangOption = Annotated[Literal["zh", "en"], typer.Option("--lang", help="Language that pages and figures lead with.")]
DateOption = Annotated[str | None, typer.Option("--date", help="YYYY-MM-DD, yesterday or today.", show_default=False)]


class _NightFirst(TyperGroup):
    """`yeban monitor comment` means `yeban monitor night comment`: what is no command is a task."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in where it is left out."""
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["night", *args]
        return super().parse_args(ctx, args)


def add_to(app: typer.Typer) -> None:
    """Register the group of commands."""
    group = typer.Typer(
        cls=_NightFirst,
        help="Drift, calibration and confidences of a night: `yeban monitor TASK --date D`.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("night")(night_command)
    group.command("show")(show_command)
    app.add_typer(group, name="monitor")


def night_command(
    task: TaskArgument,
    day: DateOption = None,
    bundle: BundleOption = None,
    html: Annotated[bool, typer.Option("--html", help="Make Evidently's page of the night, too.")] = False,
    freeze: Annotated[
        bool, typer.Option("--freeze-reference", help="Take the dates --from to --to as what nights should be like.")
    ] = False,
    first: Annotated[str | None, typer.Option("--from", help="First date to freeze.", show_default=False)] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last date to freeze.", show_default=False)] = None,
    lang: LangOption = "zh",
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Find out what a scored night was like, tell whom yeban.toml names, and write the morning's page.

    `night` may be left out. Exit code 3 says that there is an alert. --freeze-reference --from D --to D takes dates as
    what nights should be like.

    Example: yeban monitor night comment --date yesterday
    """
    from jobs.config.file import parse_date
    from jobs.monitor.monitor import MonitorRequest, monitor
    from jobs.runs.progress import shown_progress
    from monitoring.wording.headline import headline

    where = home_at(home)
    if freeze and bundle is not None:
        raise ConfigError(
            "--freeze-reference with --bundle",
            expected="the bundle in use: a reference counts for the one that scored it",
            action=f"leave --bundle out, or set `bundle` of task {task!r} in yeban.toml",
        )
    if not freeze and (first is not None or last is not None):
        raise ConfigError(
            "--from or --to without --freeze-reference",
            expected="--date for a night to monitor",
            action="add --freeze-reference, or give --date",
        )
    if freeze:
        _freeze(where, task, first, last)
        if day is None:
            return
    if day is None:
        raise ConfigError("no --date", expected="the night to monitor", action="for example --date yesterday")
    request = MonitorRequest(task, parse_date(day, where.config.time_zone, now()), bundle, html, lang)
    with shown_progress(err) as progress:
        outcome = monitor(where, request, progress)
    _print(outcome, lang, as_json=as_json)
    if outcome.failures:
        raise typer.Exit(FAILED)
    if headline(outcome.morning).state == "alert":
        raise typer.Exit(ALERTED)


def show_command(
    task: TaskArgument,
    day: Annotated[str, typer.Option("--date", help="YYYY-MM-DD, yesterday or today.", show_default=False)],
    bundle: BundleOption = None,
    lang: LangOption = "zh",
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Show the figures of a monitored night: alerts, confidence histograms, drift table.

    Example: yeban monitor show comment --date yesterday
    """
    from jobs.config.file import parse_date
    from jobs.monitor.inputs import find_night
    from jobs.monitor.report import stored_morning
    from monitoring.terminal.findings import render_terminal

    where = home_at(home)
    _, slot, _ = find_night(where, task, parse_date(day, where.config.time_zone, now()), bundle)
    morning = stored_morning(where, slot)
    if as_json:
        say_json(_flat(morning))
        return
    say(render_terminal(morning, width=_width(), lang=lang))


def _freeze(where: Home, task: str, first: str | None, last: str | None) -> None:
    from jobs.config.file import parse_date
    from jobs.monitor.references import freeze_reference
    from jobs.runs.progress import shown_progress

    if first is None or last is None:
        raise ConfigError(
            "--freeze-reference without --from and --to",
            expected="the dates that nights are to be compared with",
            action="for example --from 2026-01-01 --to 2026-01-07",
        )
    start, end = (parse_date(each, where.config.time_zone, now()) for each in (first, last))
    with shown_progress(err) as progress:
        reference = freeze_reference(where, task, start, end, progress)
    say(f"{task}: {reference.origin.rows:,} rows of {start} to {end} are the reference from now on", err)


def _print(outcome: MonitorResult, lang: Literal["zh", "en"], *, as_json: bool) -> None:
    from monitoring.terminal.findings import render_terminal

    for failure in outcome.failures:
        say(str(failure), err)
    if as_json:
        pages = [str(page) for page in outcome.pages]
        say_json({"state": outcome.state, **_flat(outcome.morning), "pages": pages})
        return
    say(render_terminal(outcome.morning, width=_width(), lang=lang))
    for page in outcome.pages:
        say(f"{page}")


def _flat(morning: Morning) -> dict[str, Any]:
    from monitoring.findings.record import to_json

    return {name: json.loads(to_json(getattr(morning, name))) for name in ("findings", "judgement")}


def _width() -> int:
    return shutil.get_terminal_size((100, 40)).columns if out.is_terminal else 100
