"""The morning's page in a real browser, as wide as a desk and as narrow as a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from monitoring.findings.morning import Morning
from monitoring.page.render import render_morning
from tests.support.browser import NAMES, find_browser, grey_levels, look
from tests.support.sample_reports import make_hostile, make_huge, make_morning, without_rows

PHONE, DESK = 390, 1200
NIGHTS: dict[str, Callable[[], Morning]] = {
    "bad": lambda: make_morning("comment", "bad"),
    "huge": lambda: make_huge("长" * 60),
    "unbroken": lambda: make_hostile("x" * 300),
    "no rows": lambda: without_rows(make_morning()),
}


@pytest.fixture(scope="module")
def browser() -> str:
    found = find_browser()
    if found is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed")
    return found


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("night", NIGHTS)
def test_fits_the_window_and_says_nothing_to_the_console(browser: str, tmp_path: Path, night: str, width: int) -> None:
    seen = look(browser, render_morning(NIGHTS[night](), "zh"), tmp_path, width=width)
    assert seen.console == ()
    assert seen.scroll_width == width
    assert seen.overflowing == ()
    assert len(grey_levels(seen.picture)) > 30


def test_english_fits_a_phone_in_the_dark(browser: str, tmp_path: Path) -> None:
    seen = look(browser, render_morning(make_morning("weibo", "bad"), "en"), tmp_path, width=PHONE, dark=True)
    assert seen.console == ()
    assert seen.scroll_width == PHONE
    assert seen.overflowing == ()


def test_the_look_would_notice(browser: str, tmp_path: Path) -> None:
    """What the tests above rely on: an error in the console, a line that is too long, an empty page."""
    wide = '<!doctype html><main><p style="width: 500px">.</p><script>console.error("seen")</script></main>'
    seen = look(browser, wide, tmp_path, width=PHONE)
    assert any("seen" in line for line in seen.console)
    assert seen.scroll_width > PHONE
    assert seen.overflowing == ("P.",)
    assert len(grey_levels(look(browser, "<!doctype html><main></main>", tmp_path, width=PHONE).picture)) < 30
