"""What a task may be called: its name becomes that of files and folders."""

from __future__ import annotations

import re
from typing import Final

EXPECTED: Final = "letters, digits, - and _"
_NAME: Final = re.compile(r"\w[\w.-]*")


def is_task_name(name: str) -> bool:
    """Whether a task may be called so."""
    return _NAME.fullmatch(name) is not None
