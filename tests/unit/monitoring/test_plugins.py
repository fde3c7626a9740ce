from __future__ import annotations

import sys
from pathlib import Path

import pytest

from monitoring.plugins import PluginFolder

REGISTRY = "from monitoring.plugins import PluginFolder\nFOLDER = PluginFolder('numbered')\n"
PLUGIN = "from {package}.base.registry import FOLDER\nFOLDER.register({name!r}, {value})\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PluginFolder[int]:
    """A package with the plug-ins `one` and `two`, and a sub-package that is none."""
    base = tmp_path / "numbered" / "base"
    base.mkdir(parents=True)
    (base.parent / "__init__.py").touch()
    (base / "__init__.py").touch()
    (base / "registry.py").write_text(
        "from monitoring.plugins import PluginFolder\nFOLDER = PluginFolder('numbered')\n"
    )
    for name, value in (("two", 2), ("one", 1)):
        (base.parent / f"{name}.py").write_text(PLUGIN.format(package="numbered", name=name, value=value))
    monkeypatch.syspath_prepend(tmp_path)
    for name in [each for each in sys.modules if each.partition(".")[0] == "numbered"]:
        monkeypatch.delitem(sys.modules, name)
    from numbered.base.registry import FOLDER

    return FOLDER


def test_names_are_those_of_the_files_and_import_none(folder: PluginFolder[int]) -> None:
    assert folder.names() == ("one", "two")
    assert "numbered.one" not in sys.modules


def test_a_plugin_is_imported_when_it_is_used(folder: PluginFolder[int]) -> None:
    assert folder.get("two") == 2
    assert ("numbered.one" in sys.modules, "numbered.two" in sys.modules) == (False, True)
    assert folder.all() == (1, 2)


def test_a_plugin_from_elsewhere(folder: PluginFolder[int]) -> None:
    folder.register("three", 3)
    assert folder.names() == ("one", "three", "two")
    assert folder.get("three") == 3
    folder.remove("three")
    assert folder.names() == ("one", "two")
    with pytest.raises(KeyError, match="three"):
        folder.remove("three")


def test_unknown_names_and_names_that_are_taken(folder: PluginFolder[int]) -> None:
    with pytest.raises(KeyError, match="four"):
        folder.get("four")
    folder.register("three", 3)
    with pytest.raises(ValueError, match="'three'"):
        folder.register("three", 33)
