"""Bundles that cost no training: the embedded one, sealed again with another lineage, so with another version."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from models.bundle import MANIFEST, open_bundle, seal_bundle
from models.manifest import Manifest
from models.registry import EMBEDDED, Registry

TASK = "comment"
"""The task of the embedded bundle."""


def embedded_version() -> str:
    return open_bundle(EMBEDDED / TASK).version


def add_copies(registry: Registry, *parents: str) -> list[str]:
    """Put copies in a registry, one for each parent that its lineage is to name; returns their versions."""
    return [_add(registry, parent) for parent in parents]


def _add(registry: Registry, parent: str) -> str:
    folder = registry.root / TASK / f".copy-{parent}"
    shutil.copytree(EMBEDDED / TASK, folder)
    manifest = Manifest.model_validate(json.loads((folder / MANIFEST).read_text("utf-8")))
    lineage = manifest.lineage.model_copy(update={"parent": parent})
    version = seal_bundle(folder, manifest.model_copy(update={"lineage": lineage})).version
    folder.rename(registry.root / TASK / version)
    return version


def break_bundle(registry: Registry, version: str) -> None:
    """Take a file away from a bundle."""
    weights: Path = registry.root / TASK / version / "model.safetensors"
    weights.unlink()
