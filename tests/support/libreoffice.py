"""A real spreadsheet program: files opened and saved by LibreOffice."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SOFFICE = shutil.which("soffice")
needs_libreoffice = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
CHARSETS = {"utf-8": "76", "gb18030": "85"}
READ_CSV = "44,34,76,1,,0,false,true"
"""How it opens our CSV: commas, quotes, UTF-8, quoted cells as text."""


def as_csv(charset: str) -> str:
    """How it saves CSV: every cell as it is shown, text in quotes."""
    return f"Text - txt - csv (StarCalc):44,34,{CHARSETS[charset]},1,,0,false,true,false"


def converted(file: Path, kind: str, options: str, out: Path) -> Path:
    """What LibreOffice makes of a file, in a folder of its own.

    Args:
        file: CSV or xlsx.
        kind: The suffix of what is made.
        options: The filter and its options.
        out: The folder; its profile goes there, too.
    """
    assert SOFFICE is not None
    command = [SOFFICE, f"-env:UserInstallation=file://{out / 'profile'}", "--headless", "--norestore"]
    command += [f"--infilter=CSV:{READ_CSV}"] if file.suffix == ".csv" else []
    command += ["--convert-to", f"{kind}:{options}" if options else kind, "--outdir", str(out), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return out / file.with_suffix(f".{kind}").name
