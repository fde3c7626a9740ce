"""Values that no file should hold: `env:NAME` stands for the environment variable NAME."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator

from storage.errors import ConfigError

_PREFIX: Final = "env:"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def variable_of(value: str) -> str | None:
    """The environment variable that a value stands for, None where it stands for itself."""
    return value.removeprefix(_PREFIX) if value.startswith(_PREFIX) else None


def revealed(value: str, environment: Mapping[str, str]) -> str:
    """The value itself, or what its environment variable holds.

    Raises:
        ConfigError: The variable is not set or empty; no message shows what it holds.
    """
    name = variable_of(value)
    if name is None:
        return value
    secret = environment.get(name, "")
    if not secret:
        raise ConfigError(
            f"the environment variable {name} is {'empty' if name in environment else 'not set'}",
            expected="the secret that yeban.toml names in it",
            action=f"set {name} where yeban is started: in the crontab, the unit file or the shell",
            variable=name,
        )
    if not secret.isascii() or not secret.isprintable():
        raise ConfigError(
            f"the environment variable {name} holds line ends or characters beyond ASCII",
            expected="printable ASCII",
            action=f"set {name} anew, without a line end behind it",
            variable=name,
        )
    return secret


def http_address(value: str) -> str:
    """An address to post to.

    Raises:
        ValueError: It is none; the message does not show it.
    """
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("no address; expected http://host/... or https://host/..., percent-encoded, or env:NAME")
    if "@" in parts.netloc:
        raise ValueError("names and passwords before the host can't be used; expected them in the path or query")
    return value


def _names_a_variable(value: str) -> str:
    name = variable_of(value)
    if name is None or not _NAME.fullmatch(name):
        raise ValueError("no environment variable; expected env:NAME, of letters, digits and _")
    return value


def _address_or_variable(value: str) -> str:
    return http_address(value) if variable_of(value) is None else _names_a_variable(value)


Secret = Annotated[str, AfterValidator(_names_a_variable)]
"""`env:NAME`: it is never written into the file itself."""
SecretAddress = Annotated[str, AfterValidator(_address_or_variable)]
"""An HTTP address, or `env:NAME` for one that is secret."""


def missing_variables(names: Sequence[str], environment: Mapping[str, str]) -> tuple[str, ...]:
    """Those that are not set, or hold nothing that could be used; each once."""
    return tuple(name for name in dict.fromkeys(names) if not _is_set(name, environment))


def _is_set(name: str, environment: Mapping[str, str]) -> bool:
    try:
        revealed(f"{_PREFIX}{name}", environment)
    except ConfigError:
        return False
    return True
