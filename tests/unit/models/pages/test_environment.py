from __future__ import annotations

import jinja2
import pytest

from models.pages.environment import page_environment

_PAGE = """{% extends "frame.html" %}
{% from "words.html" import both, one with context %}
{% block title %}{{ one("夜班", "Night shift") }}{% endblock %}
{% block page %}
<h1>{{ both("夜班", "Night shift") }} {{ said | loud }}</h1>
{% endblock %}
"""


def rendered(**names: str) -> str:
    return page_environment("models.evaluation", loud=lambda said: str(said).upper()).from_string(_PAGE).render(**names)


def test_a_page_is_framed_in_its_language() -> None:
    chinese, english = rendered(lang="zh", said="a"), rendered(lang="en", said="a")
    assert '<html lang="zh-Hans">' in chinese
    assert "<title>夜班</title>" in chinese
    assert '<h1>夜班 <small lang="en">Night shift</small> A</h1>' in chinese
    assert '<html lang="en">' in english
    assert '<h1>Night shift <small lang="zh">夜班</small> A</h1>' in english


def test_what_comes_from_data_is_escaped_and_nothing_can_be_loaded() -> None:
    page = rendered(lang="zh", said="<script>")
    assert "<script>" not in page.lower()
    assert "&lt;SCRIPT&gt;" in page
    assert "default-src 'none'" in page


def test_a_name_that_nobody_gave_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="said"):
        rendered(lang="zh")
