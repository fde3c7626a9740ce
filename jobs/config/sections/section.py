"""What all sections have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from storage.errors import ConfigError
from storage.files.atomic import expand_user


class ConfigSection(BaseModel):
    """A table of the file: no unknown keys, never changed once it is read."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def path_of_a_user(value: str) -> str:
    """A path with `~` written out.

    Raises:
        ValueError: There is no such user.
    """
    try:
        return str(expand_user(value))
    except ConfigError as error:
        raise ValueError(error.got) from error
