"""The strategies by name. Imports none of them, so that help and checks of yeban.toml stay quick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from monitoring.plugins import PluginFolder

if TYPE_CHECKING:
    from monitoring.relabel.strategies.base.strategy import Strategy

STRATEGIES: Final[PluginFolder[Strategy]] = PluginFolder("monitoring.relabel.strategies")
"""All strategies, by the name that yeban.toml and the column `arm` have for them."""

S = TypeVar("S", bound="type[Strategy]")


def register(strategy: S) -> S:
    """Register a class of strategy under its name; for use as a decorator.

    Raises:
        ValueError: Another strategy has this name.
    """
    STRATEGIES.register(strategy.name, strategy())
    return strategy
