"""Replace orders: which bundles' predictions of a date leave as those of a slot come, file by file.

`_replaces.json` in the slot's folder is written before anything is scored for it, and removed when all is done, so
every load of the slot, after any number of crashes, knows which other rows are to go.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Final

from storage.errors import PartCorrupt
from storage.files.atomic import remove_durably, write_json
from storage.files.slot_folders import slot_folder
from storage.records import Slot

_NAME: Final = "_replaces.json"


class ReplaceOrders:
    """The replace orders of all slots.

    Args:
        root: `parts` under the home.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def add(self, slot: Slot, bundles: Collection[str]) -> None:
        """Order that the slot replaces other bundles; earlier orders stand.

        Raises:
            DiskFull: No space left.
        """
        wanted = sorted({*self.of(slot), *bundles} - {slot.bundle})
        if wanted:
            write_json(slot_folder(self._root, slot) / _NAME, {"bundles": wanted})

    def of(self, slot: Slot) -> tuple[str, ...]:
        """Bundles that the slot replaces; none where nothing is ordered, or the order is carried out.

        Raises:
            PartCorrupt: The order can't be read.
        """
        path = slot_folder(self._root, slot) / _NAME
        try:
            return tuple(map(str, json.loads(path.read_bytes())["bundles"]))
        except FileNotFoundError:
            return ()
        except (ValueError, KeyError, TypeError) as error:
            raise PartCorrupt(
                f"{path} is no order to replace bundles: {error!r}",
                expected="what `yeban backfill --replace` wrote",
                action="remove it and run the same command again",
                path=str(path),
            ) from error

    def remove(self, slot: Slot) -> None:
        """Remove the order: it is carried out."""
        remove_durably([slot_folder(self._root, slot) / _NAME])
