"""A new bundle's predictions in place of older ones: what the lake has to forget, and when.

The rows leave the warehouse in the loader's transaction. Before it, the old plans forget the files that are about to be
replaced, so that no load brings them back; after it, their parts go.
"""

from __future__ import annotations

from jobs.config.home import Home
from storage.errors import WarehouseLocked
from storage.lake.replace_orders import ReplaceOrders
from storage.records import Slot
from storage.warehouse.ledger import bundles_of_date


def order_replacing(home: Home, slot: Slot) -> tuple[str, ...]:
    """Order that a slot takes the place of all bundles that have something of its date now; which they are.

    Raises:
        WarehouseLocked: Nobody knows what is loaded.
        DiskFull: No space left.
    """
    store, orders = home.part_store, ReplaceOrders(home.parts)
    staged = {each.bundle for each in store.slots(slot.task) if each.logical_date == slot.logical_date}
    orders.add(slot, staged | _loaded_bundles(home, slot))
    return orders.of(slot)


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
