"""Which bundles a home has, and which one is in use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.bundle import MANIFEST, Bundle, open_bundle
from models.history import Move, append_move, read_moves
from models.hub_models import CONFIG, HubModelDefaults, open_hub_model
from storage.errors import BundleIncomplete
from storage.files.atomic import expand_user, write_bytes

EMBEDDED: Final = Path(__file__).parent / "pretrained"
_CHAMPION: Final = "champion"
_HISTORY: Final = "history.jsonl"
STAGING_PREFIX: Final = ".training-"
"""Folders with this prefix hold a bundle that is still being trained."""


@dataclass(frozen=True, slots=True)
class Registry:
    """`<home>/bundles/<task>/<version>/` and the pointer `<home>/bundles/<task>/champion`.

    Beside them lie `history.jsonl` and the reports of gates: `gate-<challenger>-vs-<champion>.json`.
    """

    root: Path

    def at_hand(self, task: str) -> dict[str, Path]:
        """Versions and their folders: what was trained here, sorted, then the embedded one."""
        trained = sorted(file.parent for file in (self.root / task).glob(f"[!.]*/{MANIFEST}"))
        found = {folder.name: folder for folder in trained}
        if is_embedded(EMBEDDED / task):
            found.setdefault(open_bundle(EMBEDDED / task).version, EMBEDDED / task)
        return found

    def beginning_with(self, task: str, text: str) -> dict[str, Path]:
        """Those at hand whose version begins so: one of them is meant if it is the only one."""
        return {version: folder for version, folder in self.at_hand(task).items() if version.startswith(text)}

    def champion(self, task: str) -> str | None:
        """The version in use, or None where no pointer was written yet."""
        pointer = self.root / task / _CHAMPION
        return pointer.read_text("utf-8").strip() if pointer.is_file() else None

    def in_use(self, task: str) -> str | None:
        """The champion, or the embedded bundle where no pointer was written yet; None where there is neither."""
        embedded = (version for version, folder in self.at_hand(task).items() if is_embedded(folder))
        return self.champion(task) or next(embedded, None)

    def set_champion(self, task: str, version: str) -> None:
        """Point to the version in use; atomic. What people decide goes through `move`, which leaves a trace."""
        write_bytes(self.root / task / _CHAMPION, f"{version}\n".encode())

    def move(self, task: str, move: Move) -> None:
        """Write a move into the history, then move the pointer."""
        append_move(self.root / task / _HISTORY, move)
        self.set_champion(task, move.after)

    def moves(self, task: str) -> list[Move]:
        """The history, oldest first, with the moves that were begun and never happened; see `models.history`."""
        return read_moves(self.root / task / _HISTORY)

    def gate_file(self, task: str, challenger: str, champion: str) -> Path:
        """Where the gate's report about a pair is, or will be; its page has the suffix `.html`."""
        return self.root / task / f"gate-{challenger}-vs-{champion}.json"

    def resolve(self, task: str, wanted: str | None, defaults: HubModelDefaults) -> Bundle:
        """Find the bundle to use.

        Args:
            task: The task's name.
            wanted: A folder, a version (or its unique beginning), a hub name; None for the champion, or the
                embedded bundle where there is none.
            defaults: For models that don't carry their own cleaning and windows.

        Raises:
            BundleError: Nothing fits, or what fits is not whole.
            ConfigError: `~user/...`, and there is no such user.
        """
        if wanted is None:
            return self._in_use(task)
        path = expand_user(wanted)
        if (path / MANIFEST).is_file():
            return open_bundle(path)
        if (path / CONFIG).is_file():
            return open_hub_model(str(path), task, defaults)
        if path.is_dir():
            return open_bundle(path)  # raises with the names of what is missing
        known = self.beginning_with(task, wanted)
        if len(known) == 1:
            return _open(*known.popitem())
        if len(known) > 1:
            raise BundleIncomplete(
                f"{wanted!r} is the beginning of {len(known)} versions: {', '.join(known)}",
                expected="one version",
                action="write more digits of the version",
            )
        return open_hub_model(wanted, task, defaults)

    def open_version(self, task: str, version: str) -> Bundle:
        """Open one of those at hand.

        Raises:
            BundleError: It is not there, or not whole.
        """
        return _open(version, self.at_hand(task).get(version, self.root / task / version))

    def _in_use(self, task: str) -> Bundle:
        version = self.champion(task)
        if version is not None:
            return self.open_version(task, version)
        if is_embedded(EMBEDDED / task):
            return open_bundle(EMBEDDED / task)
        raise BundleIncomplete(
            f"task {task!r} has no bundle yet",
            expected=f"a trained bundle under {self.root / task}, or --bundle",
            action=f"run `yeban train {task} --train FILE --dev FILE`, or give --bundle PATH",
        )


def is_embedded(folder: Path) -> bool:
    """Whether a folder is that of a bundle that comes with yeban."""
    return folder.parent == EMBEDDED and (folder / MANIFEST).is_file()


def _open(version: str, folder: Path) -> Bundle:
    bundle = open_bundle(folder)
    if bundle.version != version:
        raise BundleIncomplete(
            f"the {MANIFEST} of bundle {version} is not the one that was saved: it makes {bundle.version}",
            expected="the manifest that the version was computed from",
            action="restore it; a bundle is never edited in place",
        )
    return bundle
