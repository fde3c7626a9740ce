from __future__ import annotations

import os
from pathlib import Path

import pytest

from monitoring.alerts.sinks.jsonl import JsonlSink
from monitoring.findings.judgement import read_alert
from storage.errors import SinkFailed
from tests.support.sample_findings import alert

ALERTS = [alert(0), alert(1, message="一行")]


def test_one_object_per_line_after_what_is_there(tmp_path: Path) -> None:
    sink = JsonlSink(tmp_path / "new" / "alerts.jsonl")
    sink.send(ALERTS[:1])
    sink.send(ALERTS[1:])
    lines = sink.path.read_bytes().splitlines()
    assert [read_alert(line) for line in lines] == ALERTS
    assert "一行" in lines[1].decode()


def test_a_line_that_a_crash_cut_off_spoils_no_other(tmp_path: Path) -> None:
    sink = JsonlSink(tmp_path / "alerts.jsonl")
    sink.path.write_bytes(b'{"alert": "cut o')
    sink.send(ALERTS)
    assert [read_alert(line) for line in sink.path.read_bytes().splitlines()[1:]] == ALERTS


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_a_failure() -> None:
    with pytest.raises(SinkFailed, match="No space left"):
        JsonlSink(Path("/dev/full")).send(ALERTS)


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    import resource
    import signal

    sink = JsonlSink(tmp_path / "alerts.jsonl")
    sink.send(ALERTS[:1])
    before = sink.path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 50, limits[1]))
    try:
        with pytest.raises(SinkFailed, match="File too large"):
            sink.send(ALERTS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert sink.path.read_bytes() == before


def test_a_folder_in_its_place_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(SinkFailed, match="can't be written: Is a directory"):
        JsonlSink(tmp_path).send(ALERTS)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_file_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.touch(0o400)
    with pytest.raises(SinkFailed, match="Permission denied"):
        JsonlSink(path).send(ALERTS)
