"""Evidently's UI over a workspace, on this machine only."""

from __future__ import annotations

import contextlib
import errno
import io
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from monitoring.evidently.extra import evidently_imports
from monitoring.evidently.workspace import WorkspaceStore
from storage.errors import PortTaken
from storage.files.atomic import make_folder

HOST: Final = "127.0.0.1"
"""The UI asks for no password and can delete nights: it is for this machine, and others come by a tunnel."""


def serve(root: Path, tasks: Iterable[str], port: int, ready: Callable[[str], None]) -> None:
    """Serve the UI until SIGINT or SIGTERM.

    Args:
        root: The workspace, as `WorkspaceStore` makes it; new nights show up while it runs.
        tasks: Their projects are made if need be, so that their first nights show up too.
        port: Where to listen; 0 for any free port.
        ready: Called with the URL once connections are taken.

    Raises:
        ExtraMissing: Evidently is not installed.
        PortTaken: Another program listens there.
    """
    with evidently_imports():
        import uvicorn

    make_folder(root)
    with listen(port) as listening:
        for task in tasks:
            WorkspaceStore(root).open_project(task)
        app = make_app(root)
        ready(f"http://{HOST}:{listening.getsockname()[1]}")
        config = uvicorn.Config(app, log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[listening])


def make_app(root: Path) -> Any:
    """The UI as an ASGI application that sends nothing anywhere.

    Evidently reads settings and a switch for its telemetry from the environment; the configuration is made here
    instead, so that none of it can come from outside.
    """
    with evidently_imports():
        from evidently.ui.service.components.base import AppBuilder
        from evidently.ui.service.components.storage import LocalStorageComponent
        from evidently.ui.service.components.telemetry import TelemetryComponent
        from evidently.ui.service.local_service import LocalConfig

        config = LocalConfig(
            storage=LocalStorageComponent(path=str(root)),
            telemetry=TelemetryComponent(enabled=False, url="", token=""),
        )
        with contextlib.redirect_stdout(io.StringIO()), config.context() as parts:  # it prints them
            builder = AppBuilder(parts)
            parts.apply(builder)
            builder.kwargs["logging_config"] = None  # or it takes over the root logger
            app = builder.build()
            parts.finalize(app)
    return app


def listen(port: int) -> socket.socket:
    """Take the port before the slow part begins.

    Raises:
        PortTaken: Another program listens there.
    """
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen()
    except OSError as error:
        listening.close()
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise PortTaken(
            f"port {port} of {HOST} can't be had: {error.strerror}",
            expected="a port that no other program uses",
            action="stop the other program, or choose another: yeban report serve --port 8001",
            port=port,
        ) from error
    return listening
