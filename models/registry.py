"""Which bundles a home has, and which one is in use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.bundle import MANIFEST, Bundle, open_bundle
from models.foreign import CONFIG, ForeignDefaults, open_foreign
from storage.errors import BundleIncomplete
from storage.files import write_bytes

EMBEDDED: Final = Path(__file__).parent / "pretrained"
_CHAMPION: Final = "champion"
WORKSHOP_PREFIX: Final = ".training-"
"""Folders with this prefix hold a bundle that is still being trained."""


@dataclass(frozen=True, slots=True)
class Registry:
    """`<home>/bundles/<task>/<version>/` and the pointer `<home>/bundles/<task>/champion`."""

    root: Path

    def folder(self, task: str, version: str) -> Path:
        """Where a version lives."""
        return self.root / task / version

    def versions(self, task: str) -> list[str]:
        """Versions at hand, sorted; the embedded one is not among them."""
        return sorted(file.parent.name for file in (self.root / task).glob(f"[!.]*/{MANIFEST}"))

    def champion(self, task: str) -> str | None:
        """The version in use, or None where no pointer was written yet."""
        pointer = self.root / task / _CHAMPION
        return pointer.read_text("utf-8").strip() if pointer.is_file() else None

    def crown(self, task: str, version: str) -> None:
        """Point to the version in use; atomic."""
        write_bytes(self.root / task / _CHAMPION, f"{version}\n".encode())

    def resolve(self, task: str, wanted: str | None, defaults: ForeignDefaults) -> Bundle:
        """Find the bundle to use.

        Args:
            task: The task's name.
            wanted: A folder, a version (or its unique beginning), a hub name; None for the champion, or the
                embedded bundle where there is none.
            defaults: For models that don't carry their own cleaning and windows.

        Raises:
            BundleError: Nothing fits, or what fits is not whole.
        """
        if wanted is None:
            return self._in_use(task)
        path = Path(wanted).expanduser()
        if (path / MANIFEST).is_file():
            return open_bundle(path)
        if (path / CONFIG).is_file():
            return open_foreign(str(path), task, defaults)
        if path.is_dir():
            return open_bundle(path)  # tells what is missing
        known = [version for version in self.versions(task) if version.startswith(wanted)]
        if len(known) == 1:
            return self._open(task, known[0])
        if len(known) > 1:
            raise BundleIncomplete(
                f"{wanted!r} is the beginning of {len(known)} versions: {', '.join(known)}",
                expected="one version",
                action="write more digits of the version",
            )
        return open_foreign(wanted, task, defaults)

    def _in_use(self, task: str) -> Bundle:
        version = self.champion(task)
        if version is not None:
            return self._open(task, version)
        embedded = EMBEDDED / task
        if (embedded / MANIFEST).is_file():
            return open_bundle(embedded)
        raise BundleIncomplete(
            f"task {task!r} has no bundle yet",
            expected=f"a trained bundle under {self.root / task}, or --bundle",
            action=f"run `yeban train {task} --train FILE --dev FILE`, or give --bundle PATH",
        )

    def _open(self, task: str, version: str) -> Bundle:
        bundle = open_bundle(self.folder(task, version))
        if bundle.version != version:
            raise BundleIncomplete(
                f"the {MANIFEST} of bundle {version} is not the one that was saved: it makes {bundle.version}",
                expected="the manifest that the version was computed from",
                action="restore it; a bundle is never edited in place",
            )
        return bundle
