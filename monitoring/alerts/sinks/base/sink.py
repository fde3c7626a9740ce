"""What a sink is, and what it says when it takes no alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from monitoring.alerts.notice import Notice
from storage.errors import SinkFailed


class Sink(Protocol):
    """Takes alerts."""

    @property
    def name(self) -> str:
        """Differs from that of other sinks and stays the same from run to run; holds no secret."""

    def send(self, alerts: Sequence[Notice]) -> None:
        """Take alerts: all of them or, with an error, none.

        Raises:
            SinkFailed: They were not taken.
        """


@dataclass(frozen=True, slots=True)
class ClosedSink:
    """Takes nothing, because something that it needs is missing; alerts wait until it is there.

    Attributes:
        name: The name that it has, too, when all is there.
        why: What is missing.
    """

    name: str
    why: str

    def send(self, _alerts: Sequence[Notice]) -> None:
        """Refuse.

        Raises:
            SinkFailed: Always.
        """
        raise not_taken(f"{self.name}: {self.why}", "set it where yeban is started")


def not_taken(got: str, action: str) -> SinkFailed:
    """The error of a sink that did not take alerts."""
    return SinkFailed(
        got,
        expected="a sink that takes the alerts; until then they wait in the outbox",
        action=f"{action}; the next delivery tries again",
    )
