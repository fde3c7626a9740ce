"""Input and verdict of the gate, as records."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Self

from models.evaluation.calibration_error import CalibrationError
from models.evaluation.comparison import Comparison
from models.evaluation.record import Interval, json_ready
from models.pages.localized_text import LocalizedText


@dataclass(frozen=True, slots=True)
class GateLimits:
    """What a challenger has to keep to. Shares are of 1, so .02 is two points.

    Attributes:
        golden_margin: So much macro-F1 the challenger may lose on the golden set, at the lower end of the interval.
        recent_better: Share of resamples of the recent set in which it must have the higher macro-F1.
        class_drop: So much F1 a class, and so much accuracy a slice, may lose.
        class_rows: Below so many rows a larger loss counts only where its whole interval is a loss.
        ece: Calibration error on the recent set; what chance alone may show (the noise floor) is never too much.
        negative_flips: Share of golden rows that may turn from right to wrong.
        leaked_rows: Golden or recent rows that the challenger may have seen in training.
        slowdown: Time that it may take, as a multiple of the champion's.
        min_rows: Rows that each of the two sets must have.
    """

    golden_margin: float = 0.005
    recent_better: float = 0.8
    class_drop: float = 0.02
    class_rows: int = 200
    ece: float = 0.05
    negative_flips: float = 0.05
    leaked_rows: int = 0
    slowdown: float = 1.1
    min_rows: int = 100


@dataclass(frozen=True, slots=True)
class Leakage:
    """Rows of the test sets that the challenger has seen.

    Attributes:
        texts: Distinct texts that it is known to have seen; None where it does not tell.
        golden: Golden rows among them.
        recent: Recent rows among them.
        silent: The bundle that it descends from and that does not tell what it saw; None where all tell. The
            champion as a rule descends from it as well, or is it: then this flatters both alike.
        inherited: Such golden and recent rows that the champion has seen as well: the set is bad for any challenger.
        golden_rows: Which golden rows, from 0 in the order of the usable rows; the first of them.
        recent_rows: Which recent rows.
    """

    texts: int | None
    golden: int
    recent: int
    silent: str | None = None
    inherited: int = 0
    golden_rows: tuple[int, ...] = ()
    recent_rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was measured.

    Attributes:
        champion: Version in use.
        challenger: Version that wants its place.
        golden: Both on the golden set.
        recent: Both on recent rows that were drawn at random.
        calibration: Calibration error of the challenger on the recent rows.
        calibration_before: That of the champion.
        leakage: What the challenger has seen of the two sets.
        slowdown: Time of the challenger over that of the champion, measured in turns, with its range.
    """

    champion: str
    challenger: str
    golden: Comparison
    recent: Comparison
    calibration: CalibrationError
    calibration_before: CalibrationError
    leakage: Leakage
    slowdown: Interval

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; NaN as None. The interval of a calibration error is stored as `figure`."""
        flat: dict[str, Any] = json_ready(asdict(self))
        for name in ("calibration", "calibration_before"):
            flat[name] = {"figure" if key == "interval" else key: value for key, value in flat[name].items()}
        return flat


@dataclass(frozen=True, slots=True)
class GateCheck:
    """One condition.

    Attributes:
        name: `rows`, `golden`, `recent`, `classes`, `slices`, `calibration`, `flips`, `leakage`, `speed`.
        passed: Whether it is met.
        got: What was measured, with its interval; NaN where there is nothing to measure.
        limit: What it is held against.
        why: What was measured and what it means.
        action: What to do now; empty where nothing is.
    """

    name: str
    passed: bool
    got: Interval
    limit: float
    why: LocalizedText
    action: LocalizedText


@dataclass(frozen=True, slots=True)
class GateReport:
    """What the gate says of a pair."""

    champion: str
    challenger: str
    checks: tuple[GateCheck, ...]

    @property
    def passed(self) -> bool:
        """Whether every check is met."""
        return all(check.passed for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; NaN as None."""
        flat: dict[str, Any] = json_ready(asdict(self))
        return {**flat, "passed": self.passed}

    @classmethod
    def from_dict(cls, flat: dict[str, Any]) -> Self:
        """Inverse of `as_dict`.

        Raises:
            KeyError, TypeError, ValueError: It is not the dictionary of a report.
        """
        return cls(flat["champion"], flat["challenger"], tuple(_read_check(each) for each in flat["checks"]))


def _read_check(flat: dict[str, Any]) -> GateCheck:
    got = {name: math.nan if value is None else value for name, value in flat["got"].items()}
    return GateCheck(
        name=flat["name"],
        passed=bool(flat["passed"]),
        got=Interval(**got),
        limit=flat["limit"],
        why=LocalizedText(**flat["why"]),
        action=LocalizedText(**flat["action"]),
    )
