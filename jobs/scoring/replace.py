"""A new bundle's predictions in place of older ones: the order, given before anything is scored.

The rows leave the warehouse in the loader's transaction; what the lake forgets before and after it, the slot journal
knows.
"""

from __future__ import annotations

from jobs.config.home import Home
from storage.errors import WarehouseLocked
from storage.records import Slot
from storage.warehouse.ledger import bundles_of_date


def order_replacing(home: Home, slot: Slot) -> tuple[str, ...]:
    """Order that a slot replaces all bundles that have something of its date now.

    Returns:
        Which bundles they are.

    Raises:
        WarehouseLocked: The warehouse can't be asked what is loaded.
        DiskFull: No space left.
    """
    return home.journal.order_replace(slot, _loaded_bundles(home, slot))


def _loaded_bundles(home: Home, slot: Slot) -> set[str]:
    if not home.warehouse.exists():
        return set()
    try:
        with home.open_warehouse().reading() as con:
            return bundles_of_date(con, slot.task, slot.logical_date)
    except WarehouseLocked as error:
        raise WarehouseLocked(
            f"{error.got}; --replace has to know what is loaded of {slot.logical_date}",
            expected=error.expected,
            action="close it there, then run the same command again",
            **error.facts,
        ) from error
