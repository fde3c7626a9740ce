"""What was looked at, how it is, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from storage.errors import YebanError

Level = Literal["ok", "warning", "problem"]
"""`warning`: tonight can run, but an operator should know; `problem`: it can't run as it is."""
EXIT_CODES: Final[dict[Level, int]] = {"ok": 0, "warning": 0, "problem": 1}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One line of the doctor.

    Attributes:
        about: What was looked at.
        level: How it is.
        found: What was found.
        action: What to do; empty where nothing has to be done.
    """

    about: str
    level: Level
    found: str
    action: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Flat, JSON-ready form."""
        return asdict(self)


def ok(about: str, found: str) -> Diagnosis:
    """All is well."""
    return Diagnosis(about, "ok", found)


def warning(about: str, found: str, action: str) -> Diagnosis:
    """Tonight can run, but an operator should know."""
    return Diagnosis(about, "warning", found, action)


def problem(about: str, found: str, action: str) -> Diagnosis:
    """Something has to be done before tonight."""
    return Diagnosis(about, "problem", found, action)


def looked_at(about: str, look: Callable[[], Iterable[Diagnosis]]) -> Iterator[Diagnosis]:
    """The findings of one check; a check that fails is a problem of its own and stops no other."""
    try:
        yield from look()
    except YebanError as error:
        yield problem(about, error.got, error.action)
    except OSError as error:
        yield problem(about, f"it can't be looked at: {error}", "check the path and its rights")


def worst(checks: Sequence[Diagnosis]) -> Level:
    """The worst of several."""
    levels = {each.level for each in checks}
    return "problem" if "problem" in levels else "warning" if "warning" in levels else "ok"
