"""What is wrong with a `yeban.toml`: every mistake with its line, its key, and the key that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from pydantic import ValidationError

from jobs.config.schema_paths import Schema, keys_at
from jobs.config.toml_lines import KeyPath, key_lines

_SECRETS: Final = frozenset({"url", "token", "command"})
"""Keys whose values may be secrets: no message shows them."""
_SHOWN: Final = 60
"""Characters of a value in a message."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake.

    Attributes:
        line: Where the key stands, or the table that lacks it; from 1; None where the file does not mention it.
        key: The key, dotted.
        problem: What is wrong with it.
    """

    line: int | None
    key: str
    problem: str

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        return f"{place}{self.key}: {self.problem}"

    def as_dict(self) -> dict[str, Any]:
        """Flat, JSON-ready form."""
        return asdict(self)


def find_mistakes(error: ValidationError, text: str, schema: Schema) -> tuple[Mistake, ...]:
    """All mistakes, in the order of the file.

    Args:
        error: What pydantic found.
        text: The file.
        schema: JSON schema of what was expected.
    """
    lines = key_lines(text)
    found = [_mistake(problem, lines, schema) for problem in error.errors(include_url=False)]
    return tuple(sorted(found, key=lambda each: (each.line or 0, each.key)))


def _mistake(problem: Mapping[str, Any], lines: Mapping[KeyPath, int], schema: Schema) -> Mistake:
    place: Sequence[str | int] = [each for each in problem["loc"] if each != "[key]"]
    key = ".".join(map(str, place))
    return Mistake(_line(place, lines), key, _words(problem, place, schema))


def _line(place: Sequence[str | int], lines: Mapping[KeyPath, int]) -> int | None:
    """The line of the key, or of what holds it; the names of variants, which pydantic adds, are passed over."""
    path: KeyPath = ()
    for part in place:
        if (*path, part) in lines:
            path = (*path, part)
    return lines.get(path)


def _words(problem: Mapping[str, Any], place: Sequence[str | int], schema: Schema) -> str:
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(place[-1]), keys_at(schema, place[:-1]), n=1)
        return "unknown key" + (f"; did you mean {near[0]!r}?" if near else "")
    words = str(problem["msg"]).removeprefix("Value error, ")
    given = problem["input"]
    shown = isinstance(given, str | int | float) and problem["type"] != "value_error"
    if not shown or not _SECRETS.isdisjoint(place):
        return words
    return f"{words}, got {given!r:.{_SHOWN}}"
