"""What a person reads before trusting a bundle."""

from __future__ import annotations

import json
from pathlib import Path

from models.manifest import DataRecord, Lineage
from models.training.card import write_card
from tests.support.networks import tiny_bundle
from tests.support.training import recipe


def test_says_what_matters(tmp_path: Path) -> None:
    lineage = Lineage(
        yeban="1.2.3",
        recipe=recipe().as_dict(),
        data=(DataRecord(role="train", name="评论.parquet", sha256="abcdef0123456789", rows=64),),
        dev_metrics={"rows": 40, "correct": 38, "accuracy": 0.95, "macro_f1": 0.9487, "ece": 0.031},
    )
    bundle = tiny_bundle(tmp_path, lineage=lineage, temperature=1.23456)
    card = write_card(bundle)
    for said in (
        "坏, 好, 一般",
        "1.2346",
        "yeban 1.2.3",
        "0.9487",
        "| train | 评论.parquet | 64 | `abcdef012345` |",
        bundle.version,
    ):
        assert said in card
    recorded = card.split("```json\n")[1].split("\n```")[0]
    assert json.loads(recorded) == recipe().as_dict()


def test_of_a_bundle_that_nobody_trained(tmp_path: Path) -> None:
    assert "| dev rows | ? |" in write_card(tiny_bundle(tmp_path))
