"""tidy: what [retention] does not keep is removed."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.bare_homes import bare_home
from tests.support.command import yeban

RETENTION = "[retention.logs]\ndays = 7\n"


@pytest.fixture
def old_log(tmp_path: Path) -> Path:
    home = bare_home(tmp_path, RETENTION)
    home.logs.mkdir()
    file = home.logs / "cron.log"
    file.write_bytes(b"x" * 2_000_000)
    old = (datetime.now(UTC) - timedelta(days=30)).timestamp()
    os.utime(file, (old, old))
    return file


def test_a_dry_run_says_what_would_go(old_log: Path, tmp_path: Path) -> None:
    shown = yeban("tidy", "--dry-run", "--home", tmp_path).succeeded().out
    assert "1 items, 2.0 MB would go" in shown
    flat = json.loads(yeban("tidy", "--dry-run", "--json", "--home", tmp_path).succeeded().out)
    assert (flat["dry_run"], flat["bytes"], [each["kind"] for each in flat["gone"]]) == (True, 2_000_000, ["logs"])
    assert old_log.exists()


def test_what_is_too_old_goes(old_log: Path, tmp_path: Path) -> None:
    assert "1 items, 2.0 MB removed" in yeban("tidy", "--home", tmp_path).succeeded().out
    assert not old_log.exists()


def test_nothing_to_remove(tmp_path: Path) -> None:
    bare_home(tmp_path)
    assert "nothing to remove" in yeban("tidy", "--home", tmp_path).succeeded().out
