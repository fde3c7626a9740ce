"""What the units of a plan add up to, whether they are staged or only loaded."""

from __future__ import annotations

from contextlib import suppress

from jobs.config.home import Home
from storage.errors import PartCorrupt, WarehouseLocked
from storage.lake.parts import PartStore
from storage.lake.plan import Plan
from storage.profiles.profile import Profile, merge
from storage.records import Slot, Unit
from storage.warehouse.profiles import loaded_profiles


def add_up(home: Home, store: PartStore, plan: Plan, *, ask_warehouse: bool) -> Profile | None:
    """Merge the profiles of a plan's units.

    A staged profile that cannot be read counts as none: the loader refuses its part, too, see `verify`.

    Args:
        home: The home.
        store: Where the parts are.
        plan: The units.
        ask_warehouse: Whether to ask it for units that are not staged any more.

    Returns:
        The profile of the rows that are known, which may be fewer than the plan's; None where there are none.
    """
    staged = _staged_profiles(store, plan)
    missing = [unit for unit in plan.units if unit.unit_id not in staged]
    loaded = _loaded_profiles(home, plan.slot, missing) if missing and ask_warehouse else []
    profiles = [*staged.values(), *loaded]
    return merge(profiles) if profiles else None


def _staged_profiles(store: PartStore, plan: Plan) -> dict[str, Profile]:
    staged, profiles = store.staged_units(plan.slot), {}
    for unit in plan.units:
        if unit.unit_id in staged:
            with suppress(PartCorrupt):
                profiles[unit.unit_id] = store.profile(unit)
    return profiles


def _loaded_profiles(home: Home, slot: Slot, units: list[Unit]) -> list[Profile]:
    try:
        with home.open_warehouse().reading() as connection:
            known = loaded_profiles(connection, slot)
    except WarehouseLocked:
        return []
    profiles = []
    for unit in units:
        with suppress(PartCorrupt):  # of another version
            profiles += [Profile.from_json_bytes(known[unit.unit_id])] if unit.unit_id in known else []
    return profiles
