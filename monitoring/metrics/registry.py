"""The drift metrics: each file of `monitoring.metrics.drift` registers its own, and all others read them here."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

from monitoring.metrics.definition import MetricDefinition, PageSection, Panel

if TYPE_CHECKING:
    from monitoring.metrics.counts import CountMetric
    from monitoring.metrics.night import NightMetric

_PACKAGE: Final = "monitoring.metrics.drift"


@dataclass(frozen=True, slots=True)
class _Registered:
    """A metric with how it is computed: from the night, or from the counts of a set of rows."""

    definition: MetricDefinition
    of_night: NightMetric | None = None
    of_counts: CountMetric | None = None


class Catalogue(Mapping[str, MetricDefinition]):
    """The definitions by name, in the order in which people read them.

    The files of the metrics are imported when the catalogue is first read: commands that need no metric need not
    wait for what the metrics import.
    """

    def __init__(self) -> None:
        self._registered: dict[str, _Registered] = {}
        self._is_loaded = False

    def __getitem__(self, name: str) -> MetricDefinition:
        return self._loaded()[name].definition

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded())

    def __len__(self) -> int:
        return len(self._loaded())

    def of_night(self) -> Iterator[tuple[str, NightMetric]]:
        """Name and computation of the metrics that are computed once for each night, in order."""
        return ((name, each.of_night) for name, each in self._loaded().items() if each.of_night)

    def of_counts(self) -> Iterator[tuple[str, CountMetric]]:
        """Name and computation of the metrics that are computed for all rows and for each slice, in order."""
        return ((name, each.of_counts) for name, each in self._loaded().items() if each.of_counts)

    def in_section(self, section: PageSection) -> tuple[str, ...]:
        """Names of the metrics that a section of the page shows, in order."""
        return tuple(name for name, each in self.items() if section in each.sections)

    def in_panel(self, panel: Panel) -> tuple[str, ...]:
        """Names of the metrics that a panel of the dashboard plots, in the order that they ask for."""
        places = {name: each.panels for name, each in self.items()}
        return tuple(sorted((name for name in places if panel in places[name]), key=lambda name: places[name][panel]))

    def add(
        self, definition: MetricDefinition, of_night: NightMetric | None = None, of_counts: CountMetric | None = None
    ) -> None:
        """Register a metric, in its place.

        Args:
            definition: What it is.
            of_night: How it is computed, or None for the next.
            of_counts: How it is computed of a set of rows.

        Raises:
            ValueError: There is one of that name.
        """
        if definition.name in self._registered:
            raise ValueError(f"there are two metrics {definition.name!r}; expected one: rename the new one")
        self._registered[definition.name] = _Registered(definition, of_night, of_counts)
        self._registered = dict(sorted(self._registered.items(), key=lambda each: each[1].definition.order))

    def _loaded(self) -> dict[str, _Registered]:
        if not self._is_loaded:
            for module in pkgutil.iter_modules(import_module(_PACKAGE).__path__, f"{_PACKAGE}."):
                import_module(module.name)
            self._is_loaded = True
        return self._registered


CATALOGUE: Final = Catalogue()
"""Every metric."""


def night_metric(definition: MetricDefinition) -> Callable[[NightMetric], NightMetric]:
    """Register a metric that is computed once for each night."""

    def register(compute: NightMetric) -> NightMetric:
        CATALOGUE.add(definition, of_night=compute)
        return compute

    return register


def count_metric(definition: MetricDefinition) -> Callable[[CountMetric], CountMetric]:
    """Register a metric that is computed from the counts of a set of rows: of all rows, and of each slice."""

    def register(compute: CountMetric) -> CountMetric:
        CATALOGUE.add(definition, of_counts=compute)
        return compute

    return register
