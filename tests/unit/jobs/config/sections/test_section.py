"""What all sections have in common."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from jobs.config.sections.section import ConfigSection, path_of_a_user


class _Lamp(ConfigSection):
    colour: str = "red"


def test_unknown_keys_are_mistakes() -> None:
    with pytest.raises(ValidationError, match="color"):
        _Lamp.model_validate({"color": "blue"})


def test_what_was_read_never_changes() -> None:
    lamp = _Lamp(colour="blue")
    with pytest.raises(ValidationError, match="frozen"):
        lamp.colour = "green"
    assert lamp.colour == "blue"


def test_a_path_has_its_tilde_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/homes/me")
    assert path_of_a_user("~/x") == "/homes/me/x"
    assert path_of_a_user("x/~y") == "x/~y"


def test_a_user_who_is_not_there_is_a_mistake_of_the_value() -> None:
    with pytest.raises(ValueError, match="no-such-user-here"):
        path_of_a_user("~no-such-user-here/x")
