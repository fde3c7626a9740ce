"""What machines read of runs: logs and metrics."""

from __future__ import annotations

from pydantic import Field, field_validator

from jobs.config.log_level import Level
from jobs.config.sections.section import ConfigSection, path_of_a_user


class LogsSection(ConfigSection):
    """How log lines on standard error look."""

    json_lines: bool = Field(default=False, alias="json")
    level: Level = "info"


class MetricsSection(ConfigSection):
    """Figures of the last runs for Prometheus."""

    textfile: str | None = None

    @field_validator("textfile")
    @classmethod
    def _is_collected(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not value.endswith(".prom"):
            raise ValueError("node_exporter reads no such file; expected a name that ends in .prom")
        return path_of_a_user(value)
