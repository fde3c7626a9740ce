from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from jobs.schedule.heartbeat import Heartbeats, beat

NIGHT, NOW = date(2026, 1, 5), datetime(2026, 1, 5, 18, 40, tzinfo=UTC)


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """An address, and the paths that were asked for there; /bad answers 500."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(500 if self.path == "/bad" else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", paths
        server.shutdown()
        thread.join()


def test_file_and_address(tmp_path: Path, asked: tuple[str, list[str]]) -> None:
    url, paths = asked
    beat("comment", NIGHT, NOW, tmp_path / "deep" / "beat.json", f"{url}/ping/secret")
    told = json.loads((tmp_path / "deep" / "beat.json").read_text())
    assert told == {"task": "comment", "logical_date": "2026-01-05", "at": "2026-01-05T18:40:00+00:00"}
    assert paths == ["/ping/secret"]


def test_what_fails_is_logged_without_the_secret(
    tmp_path: Path, asked: tuple[str, list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    beat("comment", NIGHT, NOW, tmp_path / "file" / "beat.json", f"{asked[0]}/bad")
    beat("comment", NIGHT, NOW, None, "http://127.0.0.1:9/secret")
    assert len(caplog.messages) == 3
    assert "secret" not in caplog.text
    assert "beat.json" in caplog.messages[0]
    assert "127.0.0.1" in caplog.messages[1]


def test_a_night_that_was_found_done_beats_once_also_after_a_restart(tmp_path: Path) -> None:
    sent: list[tuple[str, date]] = []

    def beats() -> Heartbeats:
        return Heartbeats(tmp_path / "schedule", lambda task, night: sent.append((task, night)))

    first, after = beats(), NIGHT + timedelta(days=1)
    first.ran("comment", NIGHT)
    first.found("comment", NIGHT)
    beats().found("comment", NIGHT)
    assert sent == [("comment", NIGHT)]
    second = beats()
    second.found("comment", after)
    second.found("comment", after)
    beats().found("comment", NIGHT)
    beats().found("weibo", NIGHT)
    assert sent[1:] == [("comment", after), ("weibo", NIGHT)]
    second.ran("comment", NIGHT)
    beats().found("comment", after)
    assert sent[3:] == [("comment", NIGHT)], "what was run beats, and makes no newer night new"


@pytest.mark.parametrize("text", ["", "[]", '{"comment": 5}', '{"comment": "soon"}'])
def test_a_damaged_memory_beats_once_more(tmp_path: Path, text: str) -> None:
    (tmp_path / "beats.json").write_text(text)
    sent: list[date] = []
    Heartbeats(tmp_path, lambda _, night: sent.append(night)).found("comment", NIGHT)
    Heartbeats(tmp_path, lambda _, night: sent.append(night)).found("comment", NIGHT)
    assert sent == [NIGHT]


def test_a_memory_that_can_not_be_written_does_not_beat_each_minute(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "schedule").write_text("")
    sent: list[date] = []
    beats = Heartbeats(tmp_path / "schedule", lambda _, night: sent.append(night))
    beats.found("comment", NIGHT)
    beats.found("comment", NIGHT)
    assert sent == [NIGHT]
    assert "beats.json" in caplog.text
