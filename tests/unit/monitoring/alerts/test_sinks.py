"""Real files, a real HTTP server, real programs."""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from monitoring.alerts.sinks import CommandSink, JsonlSink, LogSink, WebhookSink
from monitoring.findings.judgement import read_alert
from storage.errors import SinkFailed
from tests.support.sample_findings import alert
from tests.support.waiting import wait_until

ALERTS = [alert(0), alert(1, message="一行")]
SECRET = "s3cr3t"


class TestLog:
    def test_one_line_per_alert(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.INFO, "yeban.alerts"):
            LogSink().send(ALERTS)
        assert caplog.messages == [
            "warning comment 2026-01-05: Empty rows: 4.1% now",
            "warning comment 2026-01-06: 一行",
        ]


class TestJsonl:
    def test_one_object_per_line_after_what_is_there(self, tmp_path: Path) -> None:
        sink = JsonlSink(tmp_path / "new" / "alerts.jsonl")
        sink.send(ALERTS[:1])
        sink.send(ALERTS[1:])
        lines = sink.path.read_bytes().splitlines()
        assert [read_alert(line) for line in lines] == ALERTS
        assert "一行" in lines[1].decode()

    def test_a_line_that_a_crash_cut_off_spoils_no_other(self, tmp_path: Path) -> None:
        sink = JsonlSink(tmp_path / "alerts.jsonl")
        sink.path.write_bytes(b'{"alert": "cut o')
        sink.send(ALERTS)
        assert [read_alert(line) for line in sink.path.read_bytes().splitlines()[1:]] == ALERTS

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
    def test_a_full_disk_is_a_failure(self) -> None:
        with pytest.raises(SinkFailed, match="No space left"):
            JsonlSink(Path("/dev/full")).send(ALERTS)

    def test_a_full_disk_leaves_no_half_line(self, tmp_path: Path) -> None:
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

    def test_a_folder_in_its_place_is_a_failure(self, tmp_path: Path) -> None:
        with pytest.raises(SinkFailed, match="can't be written: Is a directory"):
            JsonlSink(tmp_path).send(ALERTS)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_a_read_only_file_is_a_failure(self, tmp_path: Path) -> None:
        path = tmp_path / "alerts.jsonl"
        path.touch(0o400)
        with pytest.raises(SinkFailed, match="Permission denied"):
            JsonlSink(path).send(ALERTS)


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
        with pytest.raises(SinkFailed, match="timed out"):
            WebhookSink(server.url, timeout_s=0.2, attempts=2, sleep=lambda _: None).send(ALERTS)
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


def python(code: str) -> tuple[str, ...]:
    return sys.executable, "-c", code


class TestCommand:
    def test_it_reads_the_alerts_from_its_standard_input(self, tmp_path: Path) -> None:
        CommandSink(python("import sys; open('got', 'wb').write(sys.stdin.buffer.read())"), tmp_path).send(ALERTS)
        got = json.loads((tmp_path / "got").read_bytes())
        assert [read_alert(json.dumps(each).encode()) for each in got["alerts"]] == ALERTS

    def test_no_shell_reads_its_arguments(self, tmp_path: Path) -> None:
        code = "import sys; open('got', 'w').write(sys.argv[1])"
        CommandSink((*python(code), "$HOME; touch x"), tmp_path).send(ALERTS)
        assert (tmp_path / "got").read_text() == "$HOME; touch x"
        assert not (tmp_path / "x").exists()

    def test_one_that_never_reads_may_still_do(self, tmp_path: Path) -> None:
        CommandSink(python(""), tmp_path).send([alert(number) for number in range(2000)])

    def test_an_exit_code_is_a_failure_with_its_last_words(self, tmp_path: Path) -> None:
        with pytest.raises(SinkFailed, match="ended with 1: 没有网络"):
            CommandSink(python("import sys; sys.exit('first\\n没有网络')"), tmp_path).send(ALERTS)

    def test_one_that_hangs_is_killed_with_its_children(self, tmp_path: Path) -> None:
        code = (
            "import subprocess, sys, time\n"
            "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
            "open('pid.tmp', 'w').write(str(child.pid))\n"
            "import os; os.rename('pid.tmp', 'pid')\n"
            "time.sleep(60)"
        )
        with pytest.raises(SinkFailed, match="took longer than 3 s"):
            CommandSink(python(code), tmp_path, timeout_s=3).send(ALERTS)
        child = int((tmp_path / "pid").read_text())
        wait_until(lambda: not is_running(child))

    def test_a_missing_program_is_a_failure(self, tmp_path: Path) -> None:
        with pytest.raises(SinkFailed, match="can't be started"):
            CommandSink((str(tmp_path / "missing"),), tmp_path).send(ALERTS)


def is_running(pid: int) -> bool:
    """A killed orphan may stay a zombie where nobody waits for it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
