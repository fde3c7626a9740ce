"""Write the picture: `make picture`, or `python -m docs.picture` in the root of the repository."""

from __future__ import annotations

from docs.picture.picture import FILE, render

if __name__ == "__main__":
    FILE.write_text(render(), "utf-8")
