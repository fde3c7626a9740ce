"""The plan of a slot on disk: `_plan.json` in the slot's folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from storage.errors import PartCorrupt
from storage.files.atomic import write_json
from storage.files.slot_folders import slot_folder
from storage.lake.plan import Plan
from storage.records import Slot

PLAN_NAME: Final = "_plan.json"


def write_plan(root: Path, plan: Plan) -> None:
    """Write the slot's plan, in place of the one before.

    Args:
        root: `parts` under the home.
        plan: The plan.

    Raises:
        DiskFull: No space left.
    """
    write_json(slot_folder(root, plan.slot) / PLAN_NAME, plan.as_dict())


def read_plan(root: Path, slot: Slot) -> Plan | None:
    """Read the slot's plan, or None where it has none.

    Args:
        root: `parts` under the home.
        slot: The slot.

    Raises:
        PartCorrupt: The file is no plan, or another slot's.
    """
    path = slot_folder(root, slot) / PLAN_NAME
    try:
        plan = Plan.from_dict(_json_object(path.read_bytes()))
        if plan.slot != slot:
            raise ValueError(f"it is the plan of {plan.slot}")
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PartCorrupt(
            f"{path} is not a plan: {error!r}",
            expected=f"the plan of {slot}",
            action="remove it and run the same `yeban score` again",
            path=str(path),
        ) from error
    return plan


def _json_object(data: bytes) -> Mapping[str, Any]:
    obj = json.loads(data)
    if not isinstance(obj, dict):
        raise TypeError("not a JSON object")
    return obj
