from __future__ import annotations

import pyarrow as pa

from jobs.relabel.items import golden_items, picked_rows
from monitoring.relabel.selection.batch import PickedItem

POOL = pa.table({"doc_id": ["a", "b", "c"], "text": ["一", "二", "三"]})


def test_picked_rows_have_what_is_known_of_their_picking() -> None:
    items = (
        PickedItem(2, "margin", "margin+clusters", 0.75, 1.0, copies=2),
        PickedItem(0, "random", "random", None, 0.01),
    )
    assert picked_rows(POOL, items).to_pylist() == [
        {
            "doc_id": "c",
            "text": "三",
            "arm": "margin",
            "strategy": "margin+clusters",
            "score": 0.75,
            "probability": 1.0,
            "copies": 2,
            "golden": False,
        },
        {
            "doc_id": "a",
            "text": "一",
            "arm": "random",
            "strategy": "random",
            "score": None,
            "probability": 0.01,
            "copies": 1,
            "golden": False,
        },
    ]


def test_golden_rows_are_marked() -> None:
    rows = golden_items(POOL.slice(0, 2)).to_pylist()
    assert [(row["arm"], row["strategy"], row["copies"], row["golden"]) for row in rows] == [
        ("golden", "golden", 1, True),
        ("golden", "golden", 1, True),
    ]
    assert golden_items(POOL.slice(0, 0)).num_rows == 0
