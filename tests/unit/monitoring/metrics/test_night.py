from __future__ import annotations

from monitoring.metrics.night import Measurement, Night
from monitoring.statistics.estimate import unknown
from tests.support.measured_nights import night


def test_what_metrics_share_is_computed_once_for_each_night() -> None:
    calls: list[Night] = []

    def shared(of: Night) -> int:
        calls.append(of)
        return len(calls)

    first, second = night(), night()
    assert [first.once(shared), first.once(shared), second.once(shared), first.once(shared)] == [1, 1, 2, 1]
    assert calls == [first, second]


def test_none_is_a_result_as_well() -> None:
    calls: list[int] = []
    measured = night()

    def nothing(_: Night) -> None:
        calls.append(1)

    measured.once(nothing)
    measured.once(nothing)
    assert calls == [1]


def test_a_measurement_is_of_the_whole_unless_it_says_otherwise() -> None:
    plain = Measurement(unknown("no rows"))
    assert (plain.item, plain.slice) == ("", "")
    assert plain.level != plain.level
