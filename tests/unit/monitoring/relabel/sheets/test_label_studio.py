from __future__ import annotations

import json

from monitoring.relabel.sheets.annotations import Fault, SentSheet
from monitoring.relabel.sheets.label_studio import labelling_config, read_tasks, write_tasks
from monitoring.relabel.sheets.read import read_sheet
from tests.support.sheets import LABELS, filled, make_sheet, said

SHEET = make_sheet()
GIVEN = {item.item: LABELS[place % 3] for place, item in enumerate(SHEET.items)}
HEADER, *ROWS = filled(SHEET, GIVEN).rows


def test_label_studio_there_and_back() -> None:
    tasks = json.loads(write_tasks(SHEET))
    assert tasks[0]["predictions"][0]["result"][0]["value"] == {"choices": ["negative"]}
    assert 'value="正面"' in labelling_config(SHEET)
    for place, task in enumerate(tasks):
        choice = {"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": [LABELS[place % 3]]}}
        task["annotations"] = [
            {"completed_by": 1, "was_cancelled": True, "result": [choice]},
            {"completed_by": {"email": "li@x.cn"}, "result": [choice], "updated_at": "2026-01-05T10:00:00Z"},
        ]
    read = read_sheet(json.dumps(tasks).encode(), SentSheet(SHEET))
    assert (said(read), read.errors) == (GIVEN, ())
    assert {answer.annotator for answer in read.annotations} == {"li@x.cn"}
    assert {answer.labelled_at.isoformat() for answer in read.annotations if answer.labelled_at} == {
        "2026-01-05T10:00:00+00:00"
    }
    tasks[0]["annotations"][1]["result"][0]["value"]["choices"] = ["negative", "neutral"]
    assert [error.kind for error in read_sheet(json.dumps(tasks).encode(), SentSheet(SHEET)).errors] == [
        Fault.UNKNOWN_LABEL
    ]


def test_json_min_and_rows_without_an_annotation() -> None:
    flat = {"row_id": "r1", "text": "文本", "label": "neutral", "annotator": 3, "updated_at": "2026-01-05T08:00:00"}
    row, several, empty, strange = read_tasks(
        [flat, {**flat, "label": {"choices": ["a", "b"]}}, {"data": {"row_id": "r2"}, "annotations": []}, 7]
    )
    assert (row.row, row.cells["label"], row.cells["annotator"]) == (1, "neutral", "label-studio:3")
    assert row.labelled_at is not None
    assert row.labelled_at.isoformat() == "2026-01-05T08:00:00+00:00"
    assert several.cells["label"] == "a + b"
    assert (empty.cells["row_id"], empty.cells["label"]) == ("r2", "")
    assert strange.cells == {"row_id": "7", "label": "?"}


def test_cancelled_annotations_are_passed_over() -> None:
    result = [{"type": "choices", "value": {"choices": ["正面"]}}]
    task = {"data": {}, "annotations": [{"was_cancelled": True, "result": result}, {"result": result}]}
    assert [row.cells["label"] for row in read_tasks(task)] == ["正面"]
