from __future__ import annotations

import logging
import socket
from pathlib import Path

import pytest

from monitoring.evidently.server import HOST, listen, make_app
from storage.errors import PortTaken


def test_a_port_of_another_program_is_refused() -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)) as caught:
            listen(port)
    assert caught.value.facts["port"] == port
    with listen(port) as ours:  # free again
        assert ours.getsockname() == (HOST, port)


def test_only_this_machine_is_listened_to() -> None:
    with listen(0) as ours:
        assert ours.getsockname()[0] == "127.0.0.1"


def test_telemetry_is_off_whatever_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DO_NOT_TRACK", raising=False)
    app = make_app(tmp_path)
    event = app.dependencies["log_event"].dependency()  # partial(logger.send_event, ...)
    assert not event.func.__self__.is_enabled()


def test_its_noise_is_kept_from_the_terminal_and_our_log_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handlers = list(logging.getLogger().handlers)
    make_app(tmp_path)
    assert capsys.readouterr().out == ""
    assert logging.getLogger().handlers == handlers
