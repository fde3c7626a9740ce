"""`yeban.toml`: one file, typed, every mistake reported at once."""

from __future__ import annotations

import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from jobs.config.diagnostics import find_mistakes
from jobs.config.home import CONFIG_NAME, Home
from jobs.config.model import Config
from storage.errors import ConfigError


def find_home(given: Path | None, start: Path) -> Home:
    """Find and read the configuration.

    Args:
        given: `--home`, or None to look for `yeban.toml` in `start` and its parents.
        start: Where to look from.

    Raises:
        ConfigError: There is none, or it has mistakes; all of them are named.
    """
    places = [given] if given is not None else [start, *start.parents]
    for place in places:
        file = place / CONFIG_NAME
        if file.is_file():
            home = Home(place.resolve(), read_config(file))
            _check_warehouse(home.warehouse)
            return home
    raise ConfigError(
        f"no {CONFIG_NAME} in {places[0]}" + ("" if given else " or above"),
        expected=f"a folder with a {CONFIG_NAME}",
        action="run `yeban init`, or point --home to one",
    )


def _check_warehouse(path: Path) -> None:
    """Refuse a path that DuckDB reads as another one: `?` begins its options, and a backslash is a slash to it."""
    if "?" in str(path) or "\\" in str(path):
        raise ConfigError(
            f"the warehouse would be {path}, which DuckDB takes for another path",
            expected="a path without ? and \\",
            action="move the home, or give `warehouse.path` in yeban.toml a whole path elsewhere",
        )


def read_config(file: Path) -> Config:
    """Read and check `yeban.toml`.

    Raises:
        ConfigError: With every mistake in it.
    """
    try:
        text = file.read_text("utf-8-sig")
        return Config.model_validate(tomllib.loads(text))
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{file} is not UTF-8: {error}",
            expected="a TOML file in UTF-8",
            action="save it as UTF-8 in the editor; it may be GBK now",
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{file} is not TOML: {error}", expected="a TOML file", action="mend the line named"
        ) from error
    except ValidationError as error:
        mistakes = find_mistakes(error, text, Config.model_json_schema())
        lines = "\n    ".join(map(str, mistakes))
        raise ConfigError(
            f"{file} has {len(mistakes)} mistake(s):\n    {lines}",
            expected="the keys that `yeban init` writes",
            action="mend them; `yeban init OTHER_DIR` writes a commented file to compare with",
            file=str(file),
            mistakes=[each.as_dict() for each in mistakes],
        ) from None  # pydantic's text would show values, and some of them are secrets


def parse_date(text: str, time_zone: str, now: datetime) -> date:
    """Read a logical date.

    Args:
        text: `YYYY-MM-DD`, `today` or `yesterday`.
        time_zone: Whose calendar `today` is on.
        now: The present moment, with a zone.

    Raises:
        ConfigError: Anything else.
    """
    today = now.astimezone(ZoneInfo(time_zone)).date()
    if text in ("today", "yesterday"):
        return today - timedelta(days=text == "yesterday")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(
            f"{text!r} is no date", expected="YYYY-MM-DD, today or yesterday", action="for example 2026-01-05"
        ) from error
