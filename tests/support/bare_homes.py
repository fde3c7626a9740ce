"""A home with two tasks in which nothing ran yet: for what commands say before they compute."""

from __future__ import annotations

from pathlib import Path

from jobs.config.file import find_home
from jobs.config.home import CONFIG_NAME, Home

TASKS = '[tasks.comment]\ninput = "dumps/comment/dt={date}"\n[tasks.weibo]\ninput = "dumps/weibo/dt={date}"\n'


def bare_home(root: Path, more: str = "") -> Home:
    """Write a yeban.toml; `more` comes before the tasks."""
    root.mkdir(parents=True, exist_ok=True)
    (root / CONFIG_NAME).write_text(more + TASKS, "utf-8")
    return find_home(root, root)
