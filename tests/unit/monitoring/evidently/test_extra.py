from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from monitoring.evidently.extra import evidently_imports
from storage.errors import ExtraMissing

PACKAGE = Path(__file__).parents[4] / "monitoring" / "evidently"
MODULES = sorted(f"monitoring.evidently.{path.stem}" for path in PACKAGE.glob("*.py") if path.stem != "__init__")
HEAVY = ("evidently", "pandas", "plotly", "litestar", "uvicorn", "torch", "transformers")


def test_who_has_not_the_extra_hears_how_to_get_it() -> None:
    with pytest.raises(ExtraMissing, match="make nights") as caught, evidently_imports():
        import no_such_module  # noqa: F401
    assert caught.value.facts["module"] == "no_such_module"


def test_only_deprecations_are_quiet_and_only_inside() -> None:
    with evidently_imports():
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        with pytest.raises(UserWarning):
            warnings.warn("new", UserWarning, stacklevel=1)
    with pytest.raises(DeprecationWarning):
        warnings.warn("old", DeprecationWarning, stacklevel=1)


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert len(MODULES) > 8
    code = f"import sys, {', '.join(MODULES)}; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
