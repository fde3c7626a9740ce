"""Implementations found by name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.named_registry import NamedRegistry
from storage.errors import ConfigError


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NamedRegistry[str]]:
    """A registry whose package has two modules: both note in their own registry that they were imported."""
    package = tmp_path / "greetings"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from models.named_registry import NamedRegistry\nGREETINGS = NamedRegistry('greeting', 'greetings')\n"
    )
    for name, text in (("morning", "早"), ("night", "晚安")):
        (package / f"{name}.py").write_text(f"from greetings import GREETINGS\nGREETINGS.add({name!r}, {text!r})\n")
    monkeypatch.syspath_prepend(tmp_path)
    from greetings import GREETINGS  # type: ignore[import-not-found]

    yield GREETINGS
    for module in ("greetings", "greetings.morning", "greetings.night"):
        sys.modules.pop(module, None)


def test_every_module_of_the_package_registers_itself(registry: NamedRegistry[str]) -> None:
    assert registry.all() == {"morning": "早", "night": "晚安"}
    assert registry.find("night") == "晚安"


def test_what_is_added_elsewhere_is_found_too(registry: NamedRegistry[str]) -> None:
    registry.add("noon", "你好")
    assert registry.find("noon") == "你好"


def test_a_name_is_given_once(registry: NamedRegistry[str]) -> None:
    registry.add("noon", "你好")
    with pytest.raises(ValueError, match="two implementations of greeting are called 'noon'"):
        registry.add("noon", "午安")


def test_an_unknown_name_is_refused_with_those_that_exist(registry: NamedRegistry[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        registry.find("evening")
    assert "no greeting is called 'evening'" in str(caught.value)
    assert "one of morning, night" in str(caught.value)
    assert caught.value.facts == {"name": "evening"}
