"""Walking through a JSON schema along the path of a key."""

from __future__ import annotations

from typing import Any

from jobs.config.schema_paths import keys_at, node_at, resolved

SCHEMA: dict[str, Any] = {
    "$defs": {
        "Alias": {"$ref": "#/$defs/Engine"},
        "Engine": {"properties": {"device": {"type": "string"}, "tokens": {"anyOf": [{"type": "integer"}]}}},
        "Hook": {"properties": {"url": {"type": "string"}}},
        "Program": {"properties": {"command": {"type": "array", "items": {"type": "string"}}}},
        "Task": {"properties": {"input": {"type": "string"}}},
    },
    "properties": {
        "engine": {"$ref": "#/$defs/Alias"},
        "tasks": {"additionalProperties": {"$ref": "#/$defs/Task"}},
        "sinks": {
            "items": {"discriminator": {"mapping": {"webhook": "#/$defs/Hook", "command": "#/$defs/Program"}}},
        },
        "maybe": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/Engine"}]},
        "closed": {"properties": {}, "additionalProperties": False},
    },
}


def test_references_are_followed_to_their_end() -> None:
    assert keys_at(SCHEMA, ["engine"]) == ["device", "tokens"]
    assert node_at(SCHEMA, ["engine", "device"]) == {"type": "string"}
    assert resolved(SCHEMA, {"$ref": "#/$defs/Alias"}) is SCHEMA["$defs"]["Engine"]


def test_tables_whose_keys_are_names_of_users() -> None:
    assert keys_at(SCHEMA, ["tasks", "any name"]) == ["input"]


def test_an_index_leads_into_an_array_and_a_variant_to_its_own_keys() -> None:
    assert keys_at(SCHEMA, ["sinks", 0, "webhook"]) == ["url"]
    assert keys_at(SCHEMA, ["sinks", 3, "command"]) == ["command"]
    assert node_at(SCHEMA, ["sinks", 0, "command", "command", 1]) == {"type": "string"}


def test_a_key_is_found_in_the_alternative_that_has_it() -> None:
    assert node_at(SCHEMA, ["maybe", "device"]) == {"type": "string"}


def test_what_is_not_there() -> None:
    assert node_at(SCHEMA, ["nothing"]) is None
    assert node_at(SCHEMA, ["nothing", "below", 0]) is None
    assert node_at(SCHEMA, ["closed", "key"]) is None
    assert keys_at(SCHEMA, ["engine", "device", "deeper"]) == []
