from __future__ import annotations

import math
from dataclasses import replace

import pytest

from monitoring.alerts.rules import Rules
from monitoring.findings.judgement import Judgement, Verdict, read_alert, read_judgement
from monitoring.findings.record import to_json
from tests.support.sample_findings import alert, judged_nights, metric


def test_a_judgement_survives_json() -> None:
    nights = [(metric(), metric("empty_share", effect=0.01)), (metric(), metric("length_psi", effect=0.15))]
    for judgement in judged_nights(Rules(), *nights):
        assert read_judgement(to_json(judgement)) == judgement


def test_an_alert_survives_json() -> None:
    assert read_alert(to_json(alert())) == alert()
    assert math.isnan(read_alert(to_json(replace(alert(), effect=math.nan))).effect)


@pytest.mark.parametrize("data", [b"", b"[]", b'{"verdicts": 1}'])
def test_what_is_no_judgement_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_judgement(data)


def test_watched_is_what_no_alert_tells_of() -> None:
    def verdict(name: str, rows: str = "", *, breached: bool = True) -> Verdict:
        return Verdict(name, rows, "", 0.001, 0.1, breached, 1, "warning")

    verdicts = (
        verdict("empty_share"),
        verdict("empty_share", "source=应用"),
        verdict("empty_share", "source=b"),
        verdict("class_psi"),
        verdict("class_psi", "source=b"),
        verdict("short_share", "source=b"),
        verdict("length_psi", breached=False),
    )
    watched = Judgement(verdicts, (alert(),)).watched
    assert [each.key for each in watched] == [("class_psi", "", ""), ("short_share", "source=b", "")]
