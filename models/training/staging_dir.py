"""Where a bundle is made: a hidden folder that gets its name when all is in it, and leaves no trace when it fails."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from models.bundle import CARD, Bundle, seal_bundle
from models.manifest import Manifest
from models.registry import STAGING_PREFIX
from models.training.card import write_card
from models.training.data import LabelledRows

Finish = Callable[[Bundle, LabelledRows], Bundle]
"""Takes the sealed bundle, still in its staging folder, and the dev rows; adds to it and seals it again."""


@contextmanager
def staging_dir(root: Path) -> Iterator[Path]:
    """A folder under `root` that is never taken for a bundle; what is still in it at the end is removed."""
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, manifest: Manifest, dev: LabelledRows, root: Path, finish: Finish | None) -> Bundle:
    """Seal what lies in a staging folder, write its card, and move it to `root/<version>`.

    Args:
        folder: The staging folder, with weights, configuration and tokenizer.
        manifest: What the bundle is; `files` is filled in.
        dev: The dev rows.
        root: Where bundles of the task go.
        finish: Adds to the bundle before it gets its name.
    """
    bundle = seal_bundle(folder, manifest)
    (folder / CARD).write_text(write_card(bundle), "utf-8")
    if finish is not None:
        bundle = finish(bundle, dev)
    target = root / bundle.version
    if not target.exists():
        bundle.path.rename(target)
        target.chmod(0o755)
    return Bundle(target, bundle.manifest)
