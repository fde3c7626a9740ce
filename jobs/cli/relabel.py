"""relabel pick; the group has more commands in `relabel_files`."""

from __future__ import annotations

from inspect import cleandoc
from textwrap import fill
from typing import TYPE_CHECKING, Annotated, Final

import typer

from jobs.cli import relabel_files
from jobs.cli.options import HomeOption, JsonOption, TaskArgument, err, home_at, job_context, now, say, say_json
from jobs.cli.relabel_effect import effect_command
from monitoring.relabel.strategies.base.registry import STRATEGIES
from storage.errors import ConfigError

if TYPE_CHECKING:
    from jobs.relabel.pick import PickResult

_WIDTH: Final = 112
"""Characters of a line of help."""


def add_to(app: typer.Typer) -> None:
    """Register the group of commands."""
    group = typer.Typer(help="What people should label next.", no_args_is_help=True, rich_markup_mode=None)
    group.command("pick", help=_pick_help())(pick_command)
    relabel_files.add_to_group(group)
    group.command("effect")(effect_command)
    app.add_typer(group, name="relabel")


def pick_command(
    task: TaskArgument,
    budget: Annotated[
        int | None, typer.Option("--budget", min=1, help="Rows to label; default: `budget` of yeban.toml.")
    ] = None,
    first: Annotated[str | None, typer.Option("--from", help="First date of the rows.", show_default=False)] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Last date; default: the newest that is loaded.", show_default=False)
    ] = None,
    strategy: Annotated[
        list[str] | None,
        typer.Option(
            "--strategy",
            help="A strategy, or NAME=SHARE; may be repeated. Default: `mix` of yeban.toml.",
            show_default=False,
        ),
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", help="The challenger, for disagreement.", show_default=False)
    ] = None,
    golden: Annotated[
        str | None, typer.Option("--golden", help="File of texts and labels to hide among the rows.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another one draws other rows.")] = 0,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Pick the rows that are worth labelling, and put them into the queue.

    {strategies}

    Example: yeban relabel pick comment --budget 200 --strategy margin=0.7 --strategy random=0.3
    """
    from jobs.config.file import parse_date
    from jobs.relabel.pick import PickRequest, pick

    where = home_at(home)
    start, end = (None if day is None else parse_date(day, where.config.time_zone, now()) for day in (first, last))
    request = PickRequest(
        task, budget, start, end, _mix(strategy) if strategy else None, seed, against=against, golden=golden
    )
    with job_context() as context:
        outcome = pick(where, request, context)
    if as_json:
        say_json(outcome.as_dict())
        return
    _show(outcome)


def _pick_help() -> str:
    """The text of `pick_command` with the names of the strategies; imports none of them."""
    names = fill(f"Strategies: {', '.join(STRATEGIES.names())}.", _WIDTH)
    return cleandoc(pick_command.__doc__ or "").replace("{strategies}", names)


def _mix(given: list[str]) -> dict[str, float]:
    """`NAME` or `NAME=SHARE`, any number of them; a name alone counts 1."""
    from jobs.config.sections.relabel import known_strategy

    mix: dict[str, float] = {}
    for each in given:
        name, _, share = each.partition("=")
        try:
            mix[known_strategy(name)] = mix.get(name, 0.0) + float(share or 1)
        except ValueError as error:
            raise _no_strategy(each, str(error)) from error
        if not 0 < mix[name] < float("inf"):
            raise _no_strategy(each, f"{share} is no share")
    return mix


def _no_strategy(given: str, why: str) -> ConfigError:
    return ConfigError(
        f"--strategy {given}: {why}",
        expected="a strategy, or one with a share above 0",
        action="for example --strategy margin=0.7 --strategy random=0.3",
    )


def _show(outcome: PickResult) -> None:
    head = outcome.head
    items = sum(outcome.arms.values())
    say(f"{head.task}: {items} rows to label, {outcome.twice} of them by two people: batch {head.batch}")
    for arm, rows in outcome.arms.items():
        say(f"  {arm:<18}{rows:>6}")
    for note in head.notes:
        say(f"  note: {note}", err)
    say(f"{outcome.folder}")
