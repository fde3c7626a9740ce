from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from monitoring.evidently.page import page_of, save_html
from monitoring.evidently.snapshot import make_snapshot
from tests.support.evidently_nights import HOSTILE, judged, night, sample


class Tags(HTMLParser):
    """What a browser would make of a page: its tags and the title."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.data: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.data.append(data)


@pytest.fixture(scope="module")
def page() -> str:
    classes = ("好评", HOSTILE)
    both = sample(classes=classes, sources=("app", HOSTILE)), sample(classes=classes, seed=1)
    return page_of(make_snapshot(night(classes=classes), judged(night()), *both, show_texts=False))


def test_nothing_is_fetched(page: str) -> None:
    fetched = [attrs for _, attrs in Tags(page).tags if attrs.get("src") or attrs.get("href")]
    assert fetched == [{"rel": "icon", "href": "data:,"}]
    assert "url(data:font" in page


def test_data_is_no_markup(page: str) -> None:
    tags = Tags(page)
    assert [tag for tag, _ in tags.tags].count("script") == 4  # data, global, Evidently's library, the call
    assert "document.title" not in "".join(each for each in tags.data if len(each) < 1_000)
    assert "\\u003c/script>" in page


def test_it_says_whose_night_it_is(page: str) -> None:
    assert "<title>夜班 comment 2026-01-05</title>" in page
    assert re.search(r"window\.drawDashboard\(night,", page)


def test_it_is_one_file(tmp_path: Path) -> None:
    snapshot = make_snapshot(night(), judged(night()), sample(), None, show_texts=False)
    save_html(snapshot, tmp_path / "new" / "night.html")
    assert [each.name for each in (tmp_path / "new").iterdir()] == ["night.html"]
    assert (tmp_path / "new" / "night.html").stat().st_size > 1_000_000  # the library is inside
