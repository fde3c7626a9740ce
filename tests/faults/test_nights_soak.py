"""Sixty nights on a clock that is set by hand, run for real, with faults of every kind: all are done, once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from jobs.calendar.occasions import Job, Occasion
from tests.support.command import start_yeban
from tests.support.homes import Home
from tests.support.monitored_home import dump_night, freeze
from tests.support.nightly_home import FEW_TO_LABEL, FIRST, assert_nights_complete, nightly, records
from tests.support.simulated_scheduler import SimulatedScheduler, job
from tests.support.small_disk_mount import fill, run_on_small_disk
from tests.support.warehouse_holder import held_open

MODULE = "tests.faults.test_nights_soak"
FAULTS = ("kill", "corrupt file", "lock", "full disk", "failing webhook")
SHARE = 0.2
ROWS = 400
DRIFTS = 5
"""Every fifth night half of the rows are empty: an alert, which must reach the webhook."""
A_DAY_OF_TRIES = 6
"""Waits that double fill a day after so many tries: the next night does not wait for one that fails as often."""
WARM = 10
"""Nights after which memory and open files must not grow."""


class Webhook(HTTPServer):
    """Takes alerts, or answers 500 while `fails` is set."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fails = False
        self.got: list[str] = []

    @contextmanager
    def listening(self) -> Iterator[str]:
        thread = threading.Thread(target=self.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{self.server_port}/alerts"
        finally:
            self.shutdown()
            thread.join()
            self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.server.fails:
            self.server.got += [each["alert"] for each in body["alerts"]]
        self.send_response(500 if self.server.fails else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@dataclass(slots=True)
class Weather:
    """Which faults come to a night, drawn anew for each try."""

    random: Random
    share: float
    came: Counter[str] = field(default_factory=Counter)

    def draw(self) -> set[str]:
        faults = {fault for fault in FAULTS if self.random.random() < self.share}
        self.came.update(faults)
        return faults


class RealWorld(SimulatedScheduler):
    """Nights are run by `yeban nightly` itself: in this process, or in one of its own where it is to be killed."""

    def __init__(self, home: Home, disk: Path, webhook: Webhook, weather: Weather) -> None:
        start = datetime.combine(FIRST, datetime.min.time()).replace(hour=12)
        super().__init__(home.root, [job(catch_up_nights=7)], start, takes=timedelta(minutes=5))
        self.real, self.disk, self.webhook, self.weather = home, disk, webhook, weather
        self.codes: Counter[int] = Counter()

    def _run(self, _job: Job, occasion: Occasion) -> int:
        night = occasion.night.isoformat()
        self.ran.append(("comment", occasion.night, self.now))
        if not (self.real.folder(night) / "a.parquet").exists():
            dump_night(self.real, night, rows=ROWS, empty_each=2 if self._drifts(occasion) else 50)
        faults = self.weather.draw()
        self.webhook.fails = "failing webhook" in faults
        with ExitStack() as stack:
            if "corrupt file" in faults:
                stack.enter_context(torn(self.real.folder(night) / "a.parquet"))
            if "lock" in faults and self.real.warehouse.exists():
                stack.enter_context(held_open(self.real.warehouse))
            if "full disk" in faults:
                stack.enter_context(full(self.disk, self.weather.random.choice([0, 16_384, 100_000, 400_000])))
            code = self._killed(night) if "kill" in faults else nightly(self.real, night).without_traceback().code
        self.codes[code] += 1
        self.now += self.takes
        return code

    def _killed(self, night: str) -> int:
        """Kill a night within its first seconds: it takes three or so; some are done before."""
        log = self.disk.parent / "killed.log"
        process = start_yeban("nightly", "comment", "--date", night, "--home", self.real.root, log=log)
        try:
            return process.wait(self.weather.random.uniform(0.2, 4.0))
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def _drifts(self, occasion: Occasion) -> bool:
        return (occasion.night - FIRST).days % DRIFTS == DRIFTS - 1


@contextmanager
def torn(file: Path) -> Iterator[None]:
    """A file that arrives half, and whole after the try."""
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    try:
        yield
    finally:
        file.write_bytes(whole)


@contextmanager
def full(disk: Path, leave_bytes: int) -> Iterator[None]:
    ballast = fill(disk, leave_bytes)
    try:
        yield
    finally:
        ballast.unlink()


def in_use() -> dict[str, int]:
    """Memory of this process in MiB, and its open files."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {"rss_mb": pages * os.sysconf("SC_PAGE_SIZE") >> 20, "files": len([*Path("/proc/self/fd").iterdir()])}


def soak(disk: str, root: str, bundle: str, count: str, share: str) -> None:
    """So many nights on a small disk; what came of them, as JSON."""
    home = Home(Path(shutil.copytree(root, Path(disk) / "home")), "comment", Path(bundle))
    webhook, weather, usage = Webhook(), Weather(Random(6), float(share)), []
    with webhook.listening() as url:
        home.change("{url}", url)
        dump_night(home, "2026-01-04", rows=ROWS)
        home.score(day="2026-01-04").succeeded()
        freeze(home, "2026-01-04", "2026-01-04").succeeded()
        (home.root / "runs").rename(home.root / "runs-before")
        world = RealWorld(home, Path(disk), webhook, weather)
        for number in range(int(count)):
            world.live(days=1)
            if number % 10 == 9:
                world.restart()
            usage.append(in_use())
        weather.share = 0.0
        world.live(days=1)
        nightly(home, world.ran[-1][1].isoformat())
    nights = [(FIRST + timedelta(days=number)).isoformat() for number in range(int(count) + 1)]
    assert_nights_complete(home, nights, rows=ROWS, others=["2026-01-04"])
    order = list(dict.fromkeys(night.isoformat() for _, night, _ in world.ran))
    alerts = [alert for (alert,) in home.query("SELECT DISTINCT alert FROM alerts WHERE is_new")]
    told: dict[str, Any] = {
        "in_order": order == nights,
        "done": [each["logical_date"] for each in records(home) if each["state"] == "done"],
        "nights": nights,
        "faults": weather.came,
        "codes": world.codes,
        "tries": Counter(night.isoformat() for _, night, _ in world.ran),
        "usage": usage,
        "alerts": sorted(alerts),
        "told": sorted(webhook.got),
    }
    print(json.dumps(told))


CONFIG = f"""
[monitor]
embedding_rows = 0
nights = 1

[[monitor.sinks]]
kind = "webhook"
url = "{{url}}"
attempts = 1
timeout_s = 5
{FEW_TO_LABEL}"""


def run_soak(new_home: Callable[..., Home], tmp_path: Path, count: int, share: float) -> dict[str, Any]:
    home = new_home(rows=100, more=CONFIG)
    told: dict[str, Any] = run_on_small_disk(
        tmp_path / "disk", MODULE, "soak", home.root, home.bundle, count, share, megabytes=256
    )
    assert told["in_order"], "each night began after the one before"
    assert sorted(told["done"]) == told["nights"], "and ended once"
    late = {night for night, after in pairwise(told["done"]) if night > after}
    passed = {after for night, after in pairwise(told["done"]) if night > after}
    assert all(told["tries"][night] >= A_DAY_OF_TRIES for night in passed), f"{passed} ended after {late}"
    assert set(told["alerts"]) <= set(told["told"]), "and every alert arrived"
    return told


@pytest.mark.slow
def test_a_few_nights(new_home: Callable[..., Home], tmp_path: Path) -> None:
    told = run_soak(new_home, tmp_path, 4, 0.5)
    assert sum(told["faults"].values()) >= 6


@pytest.mark.slow
def test_sixty_nights(new_home: Callable[..., Home], tmp_path: Path) -> None:
    told = run_soak(new_home, tmp_path, 60, SHARE)
    assert all(told["faults"][fault] >= 6 for fault in FAULTS), told["faults"]
    assert told["codes"]["-9"] >= told["faults"]["kill"] / 3, "kills that came in time"
    assert len(told["alerts"]) >= 8
    warm, end = told["usage"][WARM], told["usage"][-1]
    assert end["files"] <= warm["files"] + 3, told["usage"]
    assert end["rss_mb"] <= warm["rss_mb"] * 1.15 + 50, told["usage"]
    print(told["faults"], told["codes"], sum(told["tries"].values()), warm, end, len(told["alerts"]))
