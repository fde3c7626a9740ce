"""What people add as one file: each module of a package registers one plug-in under the module's own name."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Generic, TypeVar

T = TypeVar("T")


class PluginFolder(Generic[T]):
    """The plug-ins of a package.

    The names are those of the files, so that a help page lists them without importing what they compute with; a module
    is imported when its plug-in is used first. Sub-packages hold what the plug-ins share.

    Args:
        package: The package, dotted.
    """

    def __init__(self, package: str) -> None:
        self._package = package
        self._registered: dict[str, T] = {}

    def register(self, name: str, plugin: T) -> None:
        """Register a plug-in, also one from outside the package.

        Raises:
            ValueError: Another plug-in has this name.
        """
        if name in self._registered:
            raise ValueError(f"{self._package} has a plug-in {name!r} already; expected another name")
        self._registered[name] = plugin

    def remove(self, name: str) -> None:
        """Remove a plug-in that came from outside the package.

        Raises:
            KeyError: There is none.
        """
        del self._registered[name]

    def names(self) -> tuple[str, ...]:
        """All names, sorted; imports no plug-in."""
        package = importlib.import_module(self._package)
        files = [each.name for each in pkgutil.iter_modules(package.__path__) if not each.ispkg]
        return tuple(sorted({*files, *self._registered}))

    def get(self, name: str) -> T:
        """The plug-in of a name.

        Raises:
            KeyError: There is none.
        """
        if name not in self._registered and name in self.names():
            importlib.import_module(f"{self._package}.{name}")
        return self._registered[name]

    def all(self) -> tuple[T, ...]:
        """All plug-ins by name; imports all of them."""
        return tuple(self.get(name) for name in self.names())
