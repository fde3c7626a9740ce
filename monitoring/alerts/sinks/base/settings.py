"""What the section of every kind of sink has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from monitoring.alerts.sinks.base.sink import Sink


@dataclass(frozen=True, slots=True)
class SinkProblem:
    """Why a sink would not work on this machine.

    Attributes:
        got: What is wrong.
        action: What to do.
    """

    got: str
    action: str


class SinkSettings(BaseModel, ABC):
    """A section `[[monitor.sinks]]`.

    Attributes:
        kind: Which kind; each declares its own as a `Literal` with one value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    kind: str

    @abstractmethod
    def sink(self, home: Path, environment: Mapping[str, str]) -> Sink:
        """The sink; where a secret is missing, one that takes nothing, so that the alerts wait for it.

        Args:
            home: Where relative paths start and programs run.
            environment: Where secrets are.
        """

    def secrets(self) -> tuple[str, ...]:
        """Environment variables that it needs."""
        return ()

    def problems(self, _home: Path) -> Iterable[SinkProblem]:
        """What `yeban doctor` finds wrong, beside secrets that are missing; sends nothing."""
        return ()
