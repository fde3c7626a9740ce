"""`yeban report serve`: Evidently's real UI in a process of its own, asked over HTTP as its page asks it."""

from __future__ import annotations

import json
import re
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from monitoring.evidently.snapshot import make_snapshot
from monitoring.evidently.workspace import WorkspaceStore, project_id
from monitoring.findings.record import Findings
from tests.support.command import Running, start_yeban, yeban
from tests.support.evidently_nights import figure, judged, night, sample
from tests.support.waiting import wait_until

COMMENT = project_id("comment")


def add(home: Path, findings: Findings) -> None:
    WorkspaceStore(home / "evidently").add(
        make_snapshot(findings, judged(findings), sample(), sample(seed=1), show_texts=False)
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("home")
    (root / "yeban.toml").write_text("[tasks.comment]\n")
    for number in range(3):
        add(root, night(number))
    return root


class Outside:
    """A proxy that all requests of the UI to other machines would go through; it counts them."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.requests: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                self.requests.append(connection.recv(1_000))


class Ui:
    """A running UI."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._opener = build_opener(ProxyHandler({}))

    def ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}{path}", data, {"Content-Type": "application/json"})
        with self._opener.open(request, timeout=60) as answer:
            content = answer.read().decode()
        return json.loads(content) if "json" in answer.headers["Content-Type"] else content

    def series(self, name: str) -> dict[str, list[float]]:
        """A figure night by night, a line for each item, as a panel asks for it."""
        wanted = {
            "metric": "evidently:metric_v2:NightFigure",
            "metric_labels": {"name": name},
            "tags": [],
            "metadata": {},
        }
        answer = self.ask(f"/api/v2/snapshots/{COMMENT}/data_series_batch", {"series_filter": [wanted]})
        return {line["params"].get("item", ""): line["values"] for line in answer["series"]}


@contextmanager
def serving(home: Path, log: Path, outside: Outside) -> Iterator[tuple[Running, Ui]]:
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), outside.url)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DO_NOT_TRACK", raising=False)
        process = start_yeban("report", "serve", "--port", "0", "--home", home, log=log, env=proxies)
    try:
        yield process, Ui(wait_until(lambda: url_in(log), process))
    finally:
        process.kill()
        process.wait()


def url_in(log: Path) -> str | None:
    found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
    return found and found[0]


def test_the_dashboard_shows_the_nights_and_nothing_leaves_the_machine(home: Path, tmp_path: Path) -> None:
    outside = Outside()
    with serving(home, tmp_path / "log", outside) as (process, ui):
        projects = ui.ask("/api/projects/")
        assert [(each["id"], each["name"]) for each in projects] == [(str(COMMENT), "comment")]
        titles = [panel["title"] for panel in ui.ask(f"/api/v2/dashboards/{COMMENT}")["panels"]]
        assert "漂移 Drift" in titles
        assert ui.series("token_js") == {"": [pytest.approx(0.01), pytest.approx(0.02), pytest.approx(0.03)]}
        assert ui.series("rows") == {"": [1_000, 2_000, 3_000]}
        assert ui.series("class_share") == {"差评": [0.5] * 3, "好评": [0.5] * 3}

        reports = ui.ask(f"/api/projects/{COMMENT}/snapshots")
        assert sorted(each["name"] for each in reports) == [f"comment 2026-01-0{day}" for day in (5, 6, 7)]
        shown = ui.ask(f"/api/projects/{COMMENT}/{reports[0]['id']}/data")  # JSON within JSON
        assert {"警报 Alerts", "指标 Figures"} <= {widget["title"] for widget in json.loads(shown)["widgets"]}
        assert '<div id="root">' in ui.ask(f"/projects/{COMMENT}")

        # Nights that are monitored while it runs: one again, with another figure, and a new one.
        add(home, replace(night(2), metrics=(figure("token_js", 0.5),)))
        add(home, night(3))
        expected = {"": [pytest.approx(0.01), pytest.approx(0.02), 0.5, pytest.approx(0.04)]}
        wait_until(lambda: ui.series("token_js") == expected, process)

        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 143
        assert outside.requests == []
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_taken_port_is_a_message(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        yeban("report", "serve", "--port", port, "--home", home).failed_with(1, str(port), "--port")


def test_a_first_night_shows_up_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    (tmp_path / "yeban.toml").write_text("[tasks.comment]\n")
    with serving(tmp_path, tmp_path / "log", Outside()) as (process, ui):
        assert [each["name"] for each in ui.ask("/api/projects/")] == ["comment"]
        assert ui.series("token_js") == {}
        add(tmp_path, night())
        wait_until(lambda: ui.series("token_js") == {"": [pytest.approx(0.01)]}, process)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        port = int(ui.url.rpartition(":")[2])
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind(("127.0.0.1", port))
