"""Where a bundle is made."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from models.bundle import CARD, Bundle, open_bundle
from models.registry import STAGING_PREFIX, Registry
from models.training.data import LabelledRows
from models.training.staging_dir import publish, staging_dir
from tests.support.networks import tiny_bundle
from tests.support.training import rows


def test_is_no_bundle_and_leaves_no_trace(tmp_path: Path) -> None:
    root = tmp_path / "bundles" / "t"
    with staging_dir(root) as folder:
        assert folder.parent == root
        assert folder.name.startswith(STAGING_PREFIX)
        (folder / "manifest.json").write_text("{}")
        assert Registry(tmp_path / "bundles").at_hand("t") == {}
    assert list(root.iterdir()) == []


def test_leaves_no_trace_of_what_failed(tmp_path: Path) -> None:
    def fail() -> None:
        with staging_dir(tmp_path) as folder:
            (folder / "weights").write_bytes(b"half")
            raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        fail()
    assert list(tmp_path.iterdir()) == []


class TestPublish:
    DEV = rows(3, seed=0)

    def staged(self, folder: Path, model: Bundle) -> None:
        shutil.copytree(model.path, folder, dirs_exist_ok=True)

    def test_moves_the_sealed_bundle_to_its_version(self, tmp_path: Path) -> None:
        model, root = tiny_bundle(tmp_path / "model"), tmp_path / "bundles"
        with staging_dir(root) as folder:
            self.staged(folder, model)
            made = publish(folder, model.manifest, self.DEV, root, None)
        assert [each.name for each in root.iterdir()] == [made.version]
        assert made.path == root / made.version
        assert open_bundle(made.path).version == made.version == model.version
        assert (made.path / CARD).read_text("utf-8").startswith(f"# {model.manifest.task}, bundle {made.version}")

    def test_a_finish_adds_to_it_before_it_gets_its_name(self, tmp_path: Path) -> None:
        model, root, asked = tiny_bundle(tmp_path / "model"), tmp_path / "bundles", []

        def finish(bundle: Bundle, dev: LabelledRows) -> Bundle:
            asked.append((bundle.path.name.startswith(STAGING_PREFIX), len(dev)))
            return Bundle(bundle.path, bundle.manifest.model_copy(update={"temperature": 2.5}))

        with staging_dir(root) as folder:
            self.staged(folder, model)
            made = publish(folder, model.manifest, self.DEV, root, finish)
        assert asked == [(True, 3)]
        assert made.manifest.temperature == 2.5
        assert made.version != model.version
        assert made.path.is_dir()

    def test_the_same_bundle_again_leaves_the_first_one_in_its_place(self, tmp_path: Path) -> None:
        model, root = tiny_bundle(tmp_path / "model"), tmp_path / "bundles"
        for _ in range(2):
            with staging_dir(root) as folder:
                self.staged(folder, model)
                made = publish(folder, model.manifest, self.DEV, root, None)
            (made.path / "mark").touch()
        assert [each.name for each in root.iterdir()] == [made.version]
        assert open_bundle(made.path) == made
