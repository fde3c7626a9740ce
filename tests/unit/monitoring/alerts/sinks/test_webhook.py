from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from monitoring.alerts.sinks.webhook import WebhookSink
from monitoring.findings.judgement import read_alert
from storage.errors import SinkFailed
from tests.support.sample_findings import alert

ALERTS = [alert(0), alert(1, message="一行")]
SECRET = "s3cr3t"


class Server(ThreadingHTTPServer):
    """Answers with the codes it is given, one after the other; 0 hangs."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.codes: list[int] = []
        self.bodies: list[bytes] = []
        self.tokens: list[str | None] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hooks/{SECRET}?key={SECRET}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.server.tokens.append(self.headers["Authorization"])
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        code = self.server.codes.pop(0)
        if code == 0:
            self.server.released.wait(30)
            return
        self.send_response(code)
        if code == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        raise AssertionError("a redirect was followed")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


class TestWebhook:
    def test_one_post_with_all_alerts(self, server: Server) -> None:
        server.codes = [204]
        WebhookSink(server.url).send(ALERTS)
        (body,) = map(json.loads, server.bodies)
        assert [read_alert(json.dumps(each).encode()) for each in body["alerts"]] == ALERTS
        assert body["text"].splitlines()[1] == "[warning] comment 2026-01-06: 一行"

    def test_a_busy_server_is_asked_again_with_growing_waits(self, server: Server) -> None:
        server.codes, waits = [500, 503, 200], []
        WebhookSink(server.url, sleep=waits.append).send(ALERTS)
        assert len(server.bodies) == 3
        assert waits == [0.5, 1.0]

    def test_it_gives_up_in_the_end_and_keeps_the_secret(self, server: Server) -> None:
        server.codes = [500] * 3
        sink = WebhookSink(server.url, sleep=lambda _: None)
        with pytest.raises(SinkFailed, match="the server answered 500") as caught:
            sink.send(ALERTS)
        assert len(server.bodies) == 3
        assert SECRET not in str(caught.value) + sink.name

    def test_a_token_is_sent_and_never_shown(self, server: Server) -> None:
        server.codes = [200, 200]
        WebhookSink(server.url).send(ALERTS)
        WebhookSink(server.url, token=SECRET).send(ALERTS)
        assert server.tokens == [None, f"Bearer {SECRET}"]

    @pytest.mark.parametrize("place", ["url", "token"])
    def test_what_python_says_of_a_secret_is_not_passed_on(self, place: str) -> None:
        sink = (
            WebhookSink(f"http://127.0.0.1:9/{SECRET} x")
            if place == "url"
            else WebhookSink("http://127.0.0.1:9/", token=f"{SECRET}\n")
        )
        with pytest.raises(SinkFailed) as caught:
            sink.send(ALERTS)
        assert SECRET not in str(caught.value) + repr(sink)

    @pytest.mark.parametrize("code", [400, 404, 302])
    def test_what_will_not_change_is_not_tried_again(self, server: Server, code: int) -> None:
        server.codes = [code]
        with pytest.raises(SinkFailed, match=f"answered {code}"):
            WebhookSink(server.url).send(ALERTS)
        assert len(server.bodies) == 1

    def test_a_server_that_hangs_is_left(self, server: Server) -> None:
        server.codes = [0, 0]
        started = time.monotonic()
        with pytest.raises(SinkFailed, match="timed out"):
            WebhookSink(server.url, timeout_s=0.2, attempts=2, sleep=lambda _: None).send(ALERTS)
        assert time.monotonic() - started < 10
        assert len(server.bodies) == 2

    def test_a_closed_port_is_a_failure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("no_proxy", "*")
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            sink = WebhookSink(f"http://127.0.0.1:{closed.getsockname()[1]}/", attempts=2, sleep=lambda _: None)
            with pytest.raises(SinkFailed, match="refused"):
                sink.send(ALERTS)

    def test_two_addresses_of_one_host_have_two_names(self) -> None:
        names = {WebhookSink(f"https://example.com/{key}").name for key in "ab"}
        assert len(names) == 2
        assert all(name.startswith("webhook example.com ") for name in names)
