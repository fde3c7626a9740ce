"""Records as JSON: NaN as null, and the keys that stand on disk where they differ from the names in the code."""

from __future__ import annotations

import json
import math
from dataclasses import fields, is_dataclass
from typing import Any, Final

from models.pages.localized_text import LocalizedText

_KEYS: Final = "json_keys"
_NULLABLE: Final = frozenset({"first", "last", "reference", "before", "severity", "since"})
"""Fields in which null means None; in all others it stands for NaN."""


def stored_as(key: str) -> dict[str, tuple[str, ...]]:
    """Metadata of a dataclass field that is stored under another key than its name."""
    return {_KEYS: (key,)}


def stored_in_two(en: str, zh: str) -> dict[str, tuple[str, ...]]:
    """Metadata of a field with a `LocalizedText` that is stored under one key for each language."""
    return {_KEYS: (en, zh)}


def to_plain(record: Any) -> Any:
    """A record as dictionaries and lists, with the keys that are stored; other values stay as they are."""
    if is_dataclass(record):
        plain: dict[str, Any] = {}
        for each in fields(record):
            plain |= _stored(each.metadata.get(_KEYS, (each.name,)), getattr(record, each.name))
        return plain
    if isinstance(record, dict):
        return {key: to_plain(item) for key, item in record.items()}
    return [to_plain(item) for item in record] if isinstance(record, list | tuple) else record


def to_json(record: Any) -> bytes:
    """Any of the records of findings and judgements as JSON; NaN and infinities become null."""
    return json.dumps(_without_nan(to_plain(record)), ensure_ascii=False, sort_keys=True, default=str).encode()


def parse_json(data: bytes) -> Any:
    """JSON of records as dictionaries and lists, with NaN where a number is null.

    Raises:
        ValueError: The bytes are no JSON.
    """
    return _with_nan(json.loads(data))


def rename_keys(kind: type[Any], flat: Any) -> Any:
    """The dictionary of one record of a kind with the names of the code in place of the stored keys.

    What is no dictionary is returned as it is, for the validation to refuse.
    """
    if not isinstance(flat, dict):
        return flat
    named = dict(flat)
    for each in fields(kind):
        keys = each.metadata.get(_KEYS, ())
        if len(keys) == 1 and keys[0] in named:
            named[each.name] = named.pop(keys[0])
        elif len(keys) == 2 and keys[0] in named:
            named[each.name] = {"en": named.pop(keys[0]), "zh": named.pop(keys[1], "")}
    return named


def rename_in_lists(flat: Any, **kinds: type[Any]) -> Any:
    """The dictionary of a record with `rename_keys` done to the items of its lists of these kinds."""
    if not isinstance(flat, dict):
        return flat
    lists = {name: flat[name] for name in kinds if isinstance(flat.get(name), list)}
    return {**flat, **{name: [rename_keys(kinds[name], each) for each in items] for name, items in lists.items()}}


def _stored(keys: tuple[str, ...], value: Any) -> dict[str, Any]:
    if len(keys) == 1:
        return {keys[0]: to_plain(value)}
    text: LocalizedText = value
    return dict(zip(keys, (text.en, text.zh), strict=True))


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _with_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: math.nan if item is None and key not in _NULLABLE else _with_nan(item) for key, item in value.items()
        }
    return [_with_nan(item) for item in value] if isinstance(value, list) else value
