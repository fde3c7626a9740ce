"""Evidently's workspace on disk: one project per task, one snapshot per night."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from monitoring.evidently.dashboard import make_dashboard
from monitoring.evidently.extra import evidently_imports
from storage.files.atomic import make_folder, write_bytes

if TYPE_CHECKING:
    from evidently.core.report import Snapshot

_SPACE: Final = uuid.UUID("6f0e3f0c-9d0a-5c0e-8a55-796562616e31")
"""Projects and nights get their ids from their names in this space: the same wherever they are made."""

_SCRIPT: Final = re.compile(r"<(?=/?script|!--)", re.IGNORECASE)
"""What must not stand in data: the UI's download button puts it into a script as it is, see `page.save_html`."""


@dataclass(frozen=True, slots=True)
class WorkspaceStore:
    """A folder that Evidently's UI serves.

    Evidently's own `Workspace` reads all nights when it is opened; here only the night's own file is written.

    Attributes:
        root: The folder, made when it is first needed.
    """

    root: Path

    def add(self, snapshot: Snapshot) -> Path:
        """Put a night into its task's project; what the night had before is replaced.

        The first night of a task makes the project and its dashboard. The dashboard is the users' from then on.

        Args:
            snapshot: As `make_snapshot` gives it.

        Returns:
            The file.

        Raises:
            ExtraMissing: Evidently is not installed.
            DiskFull: No space left; the night is as it was.
        """
        model = snapshot.to_snapshot_model()
        task, night = model.metadata["task"], model.metadata["date"]
        self.open_project(task)
        path = self.project_folder(task) / "snapshots" / f"{uuid.uuid5(_SPACE, f'{task}/{night}')}.json"
        write_bytes(path, _json(model.dict()))
        with path.open("ab") as file:
            file.write(b"\n")  # a running UI notices what is written to a file, and not that one was renamed
        return path

    def project_folder(self, task: str) -> Path:
        """Where the project of a task lies."""
        return self.root / str(project_id(task))

    def open_project(self, task: str) -> None:
        """Make the project of a task with its dashboard, unless it is there.

        A UI that runs may overlook the first night of a project that is made meanwhile: make it before.

        Raises:
            ExtraMissing: Evidently is not installed.
            DiskFull: No space left.
        """
        folder = self.project_folder(task)
        if (folder / "metadata.json").is_file():
            return
        with evidently_imports():
            from evidently.sdk.models import ProjectModel

        make_folder(folder / "snapshots")
        write_bytes(folder / "dashboard.json", _json(make_dashboard().dict()))
        description = "夜班每晚的监控 What yeban found out, night by night"
        project = ProjectModel(id=project_id(task), name=task, description=description)
        write_bytes(folder / "metadata.json", _json(project.dict()))  # last: it makes the folder a project


def project_id(task: str) -> uuid.UUID:
    """Id of a task's project."""
    return uuid.uuid5(_SPACE, task)


def _json(value: Any) -> bytes:
    with evidently_imports():
        from evidently.legacy.utils import NumpyEncoder

    text = json.dumps(value, cls=NumpyEncoder, ensure_ascii=False)
    return _SCRIPT.sub("<\N{ZERO WIDTH SPACE}", text).encode()
