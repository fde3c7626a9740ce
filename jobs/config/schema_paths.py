"""Walking through a JSON schema along the path of a key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]


def node_at(schema: Schema, path: Sequence[str | int]) -> Schema | None:
    """The schema of a key; None where there is no such key.

    Args:
        schema: The whole schema.
        path: Keys, indices of arrays, and names of variants where a key has several, as pydantic's errors have them.
    """
    node: Schema | None = schema
    for part in path:
        if node is None:
            return None
        node = _below(schema, node, part)
    return None if node is None else resolved(schema, node)


def keys_at(schema: Schema, path: Sequence[str | int]) -> list[str]:
    """The keys that a table may have."""
    return list((node_at(schema, path) or {}).get("properties", ()))


def resolved(schema: Schema, node: Schema) -> Schema:
    """A node itself, where it is only a reference to another."""
    while "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    return node


def _below(schema: Schema, node: Schema, part: str | int) -> Schema | None:
    node = resolved(schema, node)
    variants = node.get("discriminator", {}).get("mapping", {})
    if part in variants:
        return {"$ref": variants[part]}
    for each in node.get("anyOf", ()):
        found = _below(schema, each, part)
        if found is not None:
            return found
    if isinstance(part, int):
        items: Schema | None = node.get("items")
        return items
    more = node.get("additionalProperties")
    known: Schema | None = node.get("properties", {}).get(part, more if isinstance(more, dict) else None)
    return known
