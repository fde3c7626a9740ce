"""A snapshot as one HTML file that needs nothing else."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import TYPE_CHECKING

from monitoring.evidently.extra import evidently_imports
from storage.files.atomic import write_bytes

if TYPE_CHECKING:
    from evidently.core.report import Snapshot


def save_html(snapshot: Snapshot, path: Path) -> None:
    """Write the page, whole or not at all.

    Evidently's own `save_html` puts the data into a script as it is, so that a class or a text with `</script>`
    in it would end the script and run as markup. Here the data is escaped; all else is Evidently's.

    Raises:
        ExtraMissing: Evidently is not installed.
        DiskFull: No space left.
    """
    write_bytes(path, page_of(snapshot).encode())


def page_of(snapshot: Snapshot) -> str:
    """The page: data, fonts and scripts inside."""
    with evidently_imports():
        from evidently.legacy.model.dashboard import DashboardInfo
        from evidently.legacy.renderers.html_widgets import group_widget
        from evidently.legacy.utils import NumpyEncoder
        from evidently.legacy.utils.dashboard import TemplateParams, dashboard_info_to_json, file_html_template

    model = snapshot.to_snapshot_model()
    widgets = [group_widget(title="", widgets=model.widgets), *model.tests_widgets]
    dashboard = DashboardInfo(name="Report", widgets=widgets)
    graphs = {graph.id: graph.dict() for widget in widgets for graph in widget.get_additional_graphs()}
    data = f"var night = {_in_script(dashboard_info_to_json(dashboard))};\n"
    data += f"var additional_graphs_night = {_in_script(json.dumps(graphs, cls=NumpyEncoder))};"
    frame = file_html_template(TemplateParams("night", dashboard, {}, embed_data=False))
    head = f'<link rel="icon" href="data:,"><title>夜班 {html.escape(snapshot.get_name() or "")}</title>'
    page: str = frame.replace("<!-- no embedded data -->", f"{head}<script>{data}</script>", 1)
    return page


def _in_script(text: str) -> str:
    """JSON that no HTML parser can take for markup."""
    return text.replace("<", "\\u003c")
