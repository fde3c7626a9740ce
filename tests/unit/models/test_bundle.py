"""A bundle on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.bundle import Bundle, open_bundle, seal_bundle
from storage.errors import BundleContradiction, BundleIncomplete
from storage.profiles.references import DevOrigin, Reference, write_reference
from tests.support.networks import LABELS, WORDS, tiny_bundle
from tests.support.predictions import part_profile, part_sample, part_table, slot_of, units_of


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return tiny_bundle(tmp_path / "bundle", temperature=1.5)


def test_opens_as_it_was_sealed(bundle: Bundle) -> None:
    again = open_bundle(bundle.path)
    assert again == bundle
    assert again.labels == LABELS
    assert again.manifest.temperature == 1.5
    assert again.tokenizer().largest_id == len(WORDS) - 1
    assert again.cleaner().spec == bundle.manifest.cleaning
    assert set(again.manifest.files) == {"model.safetensors", "encoder.json", "tokenizer.json"}


def test_a_card_beside_it_does_not_matter(bundle: Bundle) -> None:
    (bundle.path / "README.md").write_text("about", "utf-8")
    assert open_bundle(bundle.path).version == bundle.version


@pytest.mark.parametrize("name", ["model.safetensors", "encoder.json", "tokenizer.json"])
def test_a_missing_file(bundle: Bundle, name: str) -> None:
    (bundle.path / name).unlink()
    with pytest.raises(BundleIncomplete, match=f"lacks {name}") as caught:
        open_bundle(bundle.path)
    assert caught.value.facts == {"missing": [name]}


@pytest.mark.parametrize("name", ["model.safetensors", "encoder.json", "tokenizer.json"])
def test_an_altered_file(bundle: Bundle, name: str) -> None:
    file = bundle.path / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(BundleIncomplete, match=f"{name} is not the file that was saved") as caught:
        open_bundle(bundle.path)
    assert caught.value.facts == {"altered": [name]}


def test_a_manifest_that_names_no_files(bundle: Bundle) -> None:
    file = bundle.path / "manifest.json"
    flat = json.loads(file.read_text("utf-8"))
    del flat["files"]["encoder.json"]
    file.write_text(json.dumps(flat), "utf-8")
    with pytest.raises(BundleIncomplete, match=r"lacks encoder\.json"):
        open_bundle(bundle.path)


def test_a_reference_is_sealed_in_and_its_damage_found(bundle: Bundle) -> None:
    table = part_table(units_of(slot_of(), 100, 100)[0])
    reference = Reference(part_profile(table), part_sample(table), DevOrigin(100))
    assert bundle.reference() is None
    write_reference(bundle.path / "reference", reference)
    assert open_bundle(bundle.path).reference() is None  # it is not of this version
    sealed = seal_bundle(bundle.path, bundle.manifest)
    assert sealed.version != bundle.version
    assert sealed.reference() == reference
    for name in ("reference/reference.json", "reference/sample.parquet"):
        file = sealed.path / name
        whole = file.read_bytes()
        file.write_bytes(whole[:-1])
        with pytest.raises(BundleIncomplete, match=f"{name} is not the file that was saved"):
            open_bundle(sealed.path)
        file.unlink()
        with pytest.raises(BundleIncomplete, match=f"lacks {name}"):
            open_bundle(sealed.path)
        file.write_bytes(whole)
    assert open_bundle(sealed.path) == sealed


def test_a_bundle_without_a_reference_keeps_its_version(bundle: Bundle) -> None:
    assert set(bundle.manifest.model_dump()) == {
        *("format", "task", "network", "labels", "head", "cleaning", "windows", "aggregation", "temperature"),
        *("min_chars", "files", "lineage"),
    }
    assert seal_bundle(bundle.path, bundle.manifest).version == bundle.version


def test_no_bundle(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(BundleIncomplete, match=r"has no manifest\.json"):
            open_bundle(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b'{"format": 9}'])
def test_a_manifest_that_is_none(bundle: Bundle, content: bytes) -> None:
    (bundle.path / "manifest.json").write_bytes(content)
    with pytest.raises(BundleContradiction, match="cannot be understood"):
        open_bundle(bundle.path)


def test_the_manifest_is_readable_chinese(bundle: Bundle) -> None:
    assert "一般" in (bundle.path / "manifest.json").read_text("utf-8")
