"""What a cleaning rule is, and the registry in which each of them enters itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from models.cleaning.columns import Transform
from models.named_registry import NamedRegistry


@dataclass(frozen=True, slots=True)
class CleaningRule:
    """A rule of a cleaning spec. The name under which it is registered is its key in the spec.

    Attributes:
        place: Rules run in ascending order of it. Characters (10 to 30) come before markup and script (40, 50), and
            these before what people wrote (60 to 90), so that `＜ｂ＞` and `&#64;` are seen for what they are; repeats
            (100) are squeezed while emoticons (110, 120) still stand apart; white space (150) is tidied for the news
            rules (160 to 190), which look at lines.
        version: The cleaning version in which the rule last changed what becomes of any text; a spec that was made
            for an older one cannot use it.
        make: Makes the rule's function on a column from the setting in the spec.
        off: The setting that switches the rule off.
        setting: Type of the setting; checked for rules that `CleaningSpec` has no field for.
    """

    place: int
    version: int
    make: Callable[[Any], Transform]
    off: Any = False
    setting: Any = bool


RULES: Final[NamedRegistry[CleaningRule]] = NamedRegistry("cleaning rule", "models.cleaning.rules")
"""A module in `models/cleaning/rules` that calls `RULES.add` is all that a further rule needs."""


def switch(rule: Transform, place: int, version: int) -> CleaningRule:
    """A rule without settings: on or off."""
    return CleaningRule(place, version, lambda _on: rule)


def modes(rule: Callable[[Any, Any], Any], kinds: Any, place: int, version: int) -> CleaningRule:
    """A rule that works in one of several modes; the mode `keep` switches it off.

    Args:
        rule: Takes a column and the mode.
        kinds: The `Literal` of its modes.
        place: See `CleaningRule`.
        version: See `CleaningRule`.
    """
    return CleaningRule(place, version, lambda mode: lambda texts: rule(texts, mode), "keep", kinds)
