"""Implementations found by name: each registers itself in the one file that holds it."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Generic, TypeVar

from storage.errors import ConfigError

T = TypeVar("T")


class NamedRegistry(Generic[T]):
    """The implementations of one protocol, by name.

    A new implementation is one new module of the package; nothing else changes. The modules are imported at the first
    look-up, so that importing the registry costs nothing.

    Args:
        kind: What an implementation is called in messages, such as `loss`.
        package: The package whose modules register themselves when they are imported.
    """

    def __init__(self, kind: str, package: str) -> None:
        self._kind = kind
        self._package = package
        self._known: dict[str, T] = {}
        self._imported = False

    def add(self, name: str, implementation: T) -> None:
        """Register an implementation.

        Raises:
            ValueError: The name is taken.
        """
        if name in self._known:
            raise ValueError(f"two implementations of {self._kind} are called {name!r}; expected one")
        self._known[name] = implementation

    def find(self, name: str) -> T:
        """The implementation of a name.

        Raises:
            ConfigError: There is none.
        """
        known = self.all()
        if name not in known:
            raise ConfigError(
                f"no {self._kind} is called {name!r}",
                expected=f"one of {', '.join(sorted(known))}",
                action=f"check the spelling, or add a module to the package {self._package}",
                name=name,
            )
        return known[name]

    def all(self) -> dict[str, T]:
        """Every implementation by name, in the order of registration."""
        if not self._imported:
            for module in iter_modules(import_module(self._package).__path__):
                import_module(f"{self._package}.{module.name}")
            self._imported = True
        return dict(self._known)
