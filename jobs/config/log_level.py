"""How much the log tells; apart, since the command line needs it before anything heavy is imported."""

from typing import Literal

Level = Literal["debug", "info", "warning", "error"]
