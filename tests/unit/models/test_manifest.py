"""The one file that says what a bundle is."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from models.cleaning.presets import cleaning_preset
from models.manifest import DataRecord, HeadSpec, Lineage, Manifest
from models.windows import WindowSpec

FIELDS: dict[str, Any] = {
    "task": "comment",
    "labels": ("差", "好"),
    "head": HeadSpec(),
    "cleaning": cleaning_preset("comment"),
    "windows": WindowSpec(),
    "files": {"model.safetensors": "a" * 64},
}
CHANGES: dict[str, Any] = {
    "task": "weibo",
    "labels": ("好", "差"),
    "head": HeadSpec(pooling="mean"),
    "cleaning": cleaning_preset("weibo"),
    "windows": WindowSpec(max_length=127),
    "aggregation": "max",
    "temperature": 1.0000001,
    "min_chars": 3,
    "files": {"model.safetensors": "b" * 64},
    "lineage": Lineage(data=(DataRecord(role="train", name="a.parquet", sha256="", rows=3),)),
}


def test_the_version_changes_with_anything() -> None:
    versions = {Manifest(**{**FIELDS, name: value}).version for name, value in CHANGES.items()}
    assert len(versions | {Manifest(**FIELDS).version}) == len(CHANGES) + 1


def test_the_version_is_that_of_the_content() -> None:
    manifest = Manifest(**FIELDS)
    assert len(manifest.version) == 12
    again = Manifest.model_validate(json.loads(json.dumps(manifest.model_dump(mode="json"))))
    assert again == manifest
    assert again.version == manifest.version
    reordered = dict(reversed(manifest.model_dump(mode="json").items()))
    assert Manifest.model_validate(reordered).version == manifest.version


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": ("好",)},
        {"labels": ("好", "好")},
        {"head": None},
        {"temperature": 0},
        {"min_chars": 0},
        {"format": 2},
        {"aggregation": "median"},
        {"colour": "red"},
    ],
)
def test_refuses(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Manifest(**{**FIELDS, **changes})


def test_a_stock_model_has_no_head() -> None:
    assert Manifest(**{**FIELDS, "network": "transformers", "head": None}).head is None


def test_is_readable_without_torch() -> None:
    code = "import sys, models.manifest, models.bundle, models.registry; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
