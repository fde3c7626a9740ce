from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import date

import pytest

from models.pages.localized_text import LocalizedText
from monitoring.findings.json_form import (
    parse_json,
    rename_in_lists,
    rename_keys,
    stored_as,
    stored_in_two,
    to_json,
    to_plain,
)
from monitoring.findings.judgement import Alert
from monitoring.findings.record import Metric, Missing
from monitoring.statistics.estimate import Estimate
from tests.support.sample_findings import alert


@dataclass(frozen=True, slots=True)
class _Record:
    number: float = field(metadata=stored_as("old_number"))
    text: LocalizedText = field(metadata=stored_in_two("text_en", "text_zh"))
    day: date = date(2026, 1, 5)
    inner: tuple[LocalizedText, ...] = ()


RECORD = _Record(math.nan, LocalizedText("中", "e"), inner=(LocalizedText("甲", "a"),))


def test_stored_keys_stand_in_place_of_names() -> None:
    flat = json.loads(to_json(RECORD))
    assert flat == {
        "old_number": None,
        "text_en": "e",
        "text_zh": "中",
        "day": "2026-01-05",
        "inner": [{"zh": "甲", "en": "a"}],
    }
    assert list(flat) == sorted(flat)


def test_keys_are_named_again() -> None:
    named = rename_keys(_Record, parse_json(to_json(RECORD)))
    assert math.isnan(named.pop("number"))
    assert named == {
        "text": {"en": "e", "zh": "中"},
        "day": "2026-01-05",
        "inner": [{"zh": "甲", "en": "a"}],
    }
    assert rename_keys(_Record, {"text_en": "e"}) == {"text": {"en": "e", "zh": ""}}


@pytest.mark.parametrize("flat", [None, 3, [1], {"records": 3}, {}])
def test_what_is_no_record_is_left_to_the_validation(flat: object) -> None:
    assert rename_in_lists(flat, records=_Record) == flat


def test_the_keys_on_disk_are_those_of_all_versions() -> None:
    metric = to_plain(Metric("rows", "", "", Estimate(1.0)))
    assert set(metric) == {"name", "slice", "item", "measured", "level", "level_before"}
    gap = to_plain(Missing.in_english("rows", "no rows", "look"))
    assert gap == {"what": "rows", "why": "no rows", "why_zh": "", "action": "look", "action_zh": ""}
    assert {"alert", "message_en", "message_zh"} <= set(to_plain(alert()))
    assert "message" not in to_plain(alert())
    assert Alert.__dataclass_fields__["message"].metadata
