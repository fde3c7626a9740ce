from __future__ import annotations

import pytest

from monitoring.alerts.sinks.base.sink import ClosedSink, not_taken
from storage.errors import SinkFailed
from tests.support.sample_findings import alert


def test_a_closed_sink_says_what_is_missing() -> None:
    with pytest.raises(SinkFailed) as caught:
        ClosedSink("webhook env:HOOK", "the environment variable HOOK is not set").send([alert(0)])
    assert caught.value.got == "webhook env:HOOK: the environment variable HOOK is not set"
    assert caught.value.action == "set it where yeban is started; the next delivery tries again"


def test_an_error_says_that_alerts_wait() -> None:
    error = not_taken("no", "do")
    assert (error.got, error.action) == ("no", "do; the next delivery tries again")
    assert "wait in the outbox" in error.expected
