"""Which bundles a home has."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.bundle import Bundle
from models.cleaning.spec import CleaningSpec
from models.history import Move
from models.hub_models import HubModelDefaults
from models.registry import EMBEDDED, Registry
from models.windows import WindowSpec
from storage.errors import BundleIncomplete
from tests.support.networks import stock_model, tiny_bundle

DEFAULTS = HubModelDefaults(CleaningSpec(), WindowSpec(max_length=16), "mean")


def register(root: Path, task: str = "t", **manifest: float) -> Bundle:
    made = tiny_bundle(root / task / "new", **manifest)
    return Bundle(made.path.rename(root / task / made.version), made.manifest)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "bundles")


def test_nothing_yet(registry: Registry) -> None:
    assert registry.at_hand("t") == {}
    assert registry.champion("t") is None
    with pytest.raises(BundleIncomplete, match="'t' has no bundle yet"):
        registry.resolve("t", None, DEFAULTS)


def test_the_one_in_use(registry: Registry) -> None:
    one, two = register(registry.root, temperature=1.0), register(registry.root, temperature=2.0)
    assert list(registry.at_hand("t")) == sorted([one.version, two.version])
    registry.set_champion("t", two.version)
    assert registry.champion("t") == two.version
    assert registry.resolve("t", None, DEFAULTS) == two
    registry.set_champion("t", one.version)
    assert registry.resolve("t", None, DEFAULTS) == one


def test_by_version_its_beginning_or_folder(registry: Registry) -> None:
    one, two = register(registry.root, temperature=1.0), register(registry.root, temperature=2.0)
    for wanted in (one.version, one.version[:6], str(one.path)):
        assert registry.resolve("t", wanted, DEFAULTS).version == one.version
    shared = "" if one.version[0] != two.version[0] else one.version[0]
    with pytest.raises(BundleIncomplete):
        registry.resolve("t", shared or "nowhere", DEFAULTS)


def test_a_beginning_that_fits_two(registry: Registry) -> None:
    bundle = register(registry.root)
    other = bundle.version[:-1] + ("0" if bundle.version[-1] != "0" else "1")
    (registry.root / "t" / other).mkdir()
    (registry.root / "t" / other / "manifest.json").touch()
    with pytest.raises(BundleIncomplete, match="beginning of 2 versions"):
        registry.resolve("t", bundle.version[:-1], DEFAULTS)


def test_a_bundle_that_is_still_being_trained_is_none(registry: Registry) -> None:
    tiny_bundle(registry.root / "t" / ".training-abc")
    assert registry.at_hand("t") == {}


def test_a_manifest_edited_in_place(registry: Registry) -> None:
    bundle = register(registry.root)
    registry.set_champion("t", bundle.version)
    file = bundle.path / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), "temperature": 3.0}), "utf-8")
    for wanted in (None, bundle.version):
        with pytest.raises(BundleIncomplete, match="is not the one that was saved"):
            registry.resolve("t", wanted, DEFAULTS)


def test_a_champion_that_is_gone(registry: Registry) -> None:
    registry.set_champion("t", "0123456789ab")
    with pytest.raises(BundleIncomplete, match="0123456789ab"):
        registry.resolve("t", None, DEFAULTS)


def test_a_folder_that_is_no_bundle(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(BundleIncomplete, match=r"has no manifest\.json"):
        registry.resolve("t", str(tmp_path), DEFAULTS)


def test_a_stock_folder(registry: Registry, tmp_path: Path) -> None:
    found = registry.resolve("t", str(stock_model(tmp_path / "stock")), DEFAULTS)
    assert found.manifest.network == "transformers"


@pytest.mark.parametrize("wanted", ["nobody/nothing", "no such name at all", "../x/y/z"])
def test_a_name_that_nobody_knows(registry: Registry, wanted: str) -> None:
    with pytest.raises(BundleIncomplete, match="no model on the hub under"):
        registry.resolve("t", wanted, DEFAULTS)


def test_the_embedded_one_is_at_hand_beside_what_was_trained(registry: Registry) -> None:
    trained = register(registry.root, "comment")
    registry.set_champion("comment", trained.version)
    version, folder = list(registry.at_hand("comment").items())[-1]
    assert folder == EMBEDDED / "comment"
    assert list(registry.at_hand("comment")) == [trained.version, version]
    assert registry.resolve("comment", version[:8], DEFAULTS).path == folder
    registry.set_champion("comment", version)
    assert registry.resolve("comment", None, DEFAULTS).path == folder


def test_the_embedded_one_is_in_use_until_there_is_a_pointer(registry: Registry) -> None:
    assert registry.in_use("nosuch") is None
    (embedded,) = registry.at_hand("comment")
    assert registry.in_use("comment") == embedded
    trained = register(registry.root, "comment")
    assert registry.in_use("comment") == embedded
    registry.set_champion("comment", trained.version)
    assert registry.in_use("comment") == trained.version


def test_a_move_is_on_record_and_reports_are_no_bundles(registry: Registry) -> None:
    one = register(registry.root)
    move = Move(datetime(2026, 1, 5, tzinfo=UTC), "ann@host", "first", None, one.version)
    registry.move("t", move)
    assert registry.moves("t") == [move]
    assert registry.champion("t") == one.version
    file = registry.gate_file("t", "b" * 12, one.version)
    file.write_text("{}")
    assert file.name == f"gate-{'b' * 12}-vs-{one.version}.json"
    assert list(registry.at_hand("t")) == [one.version]
    assert registry.open_version("t", one.version) == one
    with pytest.raises(BundleIncomplete):
        registry.open_version("t", "nosuch")
