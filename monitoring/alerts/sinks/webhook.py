"""Alerts to an HTTP address."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field

from monitoring.alerts.notice import Notice, plain
from monitoring.alerts.secret import Secret, SecretAddress, http_address, revealed, variable_of
from monitoring.alerts.sinks.base.registry import register
from monitoring.alerts.sinks.base.settings import SinkSettings
from monitoring.alerts.sinks.base.sink import ClosedSink, Sink, not_taken
from storage.errors import ConfigError
from storage.records import digest

FIRST_WAIT_S: Final = 0.5
"""Before the second try; each further one waits twice as long."""
_BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Status codes of a server that may take the same request later."""
_SHOWN: Final = 200
"""Characters of a server's words in an error."""


@dataclass(frozen=True, slots=True)
class WebhookSink:
    """Posts `{"text": "one line per alert", "alerts": [...]}` to an HTTP address.

    Attributes:
        url: http or https; it may hold a secret, so it is never shown.
        timeout_s: How long each try may wait for the server, seconds.
        attempts: Tries, with growing waits between them.
        sleep: Waits so many seconds.
        token: Sent as `Authorization: Bearer ...`; never shown.
        label: Its name, for an address that may change; else one is made from the address.
    """

    url: str = field(repr=False)
    timeout_s: float = 10.0
    attempts: int = 3
    sleep: Callable[[float], None] = time.sleep
    token: str = field(default="", repr=False)
    label: str = ""

    @property
    def name(self) -> str:
        """`webhook`, the host, and a digest that differs between two addresses of one host."""
        return self.label or f"webhook {urlsplit(self.url).hostname} {digest(self.url, length=8)}"

    def send(self, alerts: Sequence[Notice]) -> None:
        """Post them; tried again while the server is busy or can't be reached.

        Raises:
            SinkFailed: No server took them.
        """
        text = "\n".join(f"[{each.severity}] {each.task} {each.logical_date}: {each.message.en}" for each in alerts)
        body = json.dumps({"text": text, "alerts": plain(alerts)}, ensure_ascii=False).encode()
        for attempt in range(self.attempts):
            if attempt:
                self.sleep(FIRST_WAIT_S * 2 ** (attempt - 1))
            problem, again = self._post(body)
            if not problem:
                return
            if not again:
                break
        raise not_taken(f"{self.name}: {problem}", "check the address in yeban.toml and the server behind it")

    def _post(self, body: bytes) -> tuple[str, bool]:
        """One try: what went wrong, empty when nothing did, and whether it may go better next time."""
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "yeban"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.url, body, headers, method="POST")
        try:
            with urllib.request.build_opener(_Straight).open(request, timeout=self.timeout_s):
                return "", False
        except urllib.error.HTTPError as error:
            with error:
                return f"the server answered {error.code} {error.reason}"[:_SHOWN], error.code in _BUSY
        except (http.client.InvalidURL, ValueError):  # their words quote what may be a secret
            return "the address or the token can't be sent as it is", False
        except (OSError, http.client.HTTPException) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            return f"{reason or type(reason).__name__}"[:_SHOWN], True


@register
class WebhookSettings(SinkSettings):
    """Alerts to an HTTP address."""

    kind: Literal["webhook"]
    url: SecretAddress
    token: Secret | None = None
    timeout_s: float = Field(default=10.0, gt=0, le=600, allow_inf_nan=False)
    attempts: int = Field(default=3, ge=1, le=10)

    def secrets(self) -> tuple[str, ...]:
        """Environment variables that it needs."""
        return tuple(name for value in (self.url, self.token or "") if (name := variable_of(value)))

    def sink(self, _home: Path, environment: Mapping[str, str]) -> Sink:
        """The sink; where a secret is missing, one that takes nothing."""
        label = f"webhook {self.url}" if variable_of(self.url) else ""
        name = label or WebhookSink(self.url).name
        try:
            url = http_address(revealed(self.url, environment))
            token = revealed(self.token, environment) if self.token else ""
        except ConfigError as error:
            return ClosedSink(name, error.got)
        except ValueError:
            return ClosedSink(name, f"the environment variable {variable_of(self.url)} holds no http address")
        return WebhookSink(url, self.timeout_s, self.attempts, token=token, label=label)


class _Straight(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: a POST that follows one becomes a GET without its body."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """No request: the redirect is an error."""
