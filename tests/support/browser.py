"""A headless Chromium: pictures of a page, what its console says, and how wide it gets."""

from __future__ import annotations

import html
import re
import shutil
import struct
import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
    "--v=0",
)
_LIGHT, _DARK = 1, 0


def find_browser() -> str | None:
    """The first browser there is."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the browser made of a page.

    Attributes:
        console: What it wrote to its console.
        scroll_width: `document.documentElement.scrollWidth`, CSS pixels.
        overflowing: Elements that stick out of the window and are in no box that scrolls.
        picture: The screenshot, PNG.
    """

    console: tuple[str, ...]
    scroll_width: int
    overflowing: tuple[str, ...]
    picture: Path


def look(browser: str, page: str, folder: Path, *, width: int, height: int = 1600, dark: bool = False) -> Seen:
    """Open a page in a window of that width.

    The window is a frame inside another page: a browser's own is never as narrow as a phone's, and the page
    itself forbids scripts, so that it takes one outside to measure it.
    """
    outer = folder / f"frame-{width}.html"
    outer.write_text(_FRAME.format(width=width, height=height, page=html.escape(page)), "utf-8")
    picture = folder / f"page-{width}{'-dark' if dark else ''}.png"
    common = [
        browser,
        *_QUIET,
        f"--user-data-dir={folder / 'profile'}",
        f"--window-size={max(width, 600)},{height}",
        f"--blink-settings=preferredColorScheme={_DARK if dark else _LIGHT}",
    ]
    command = [*common, f"--screenshot={picture}", outer.as_uri()]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stderr
    console = re.findall(r"CONSOLE[:(]\d+[\])].*", said)
    measured = re.search(r"measured (\d+)\|([^|]*)\|", said)
    if measured is None:
        raise AssertionError(f"the frame was not measured: {said[-300:]}")
    return Seen(
        console=tuple(line for line in console if "measured " not in line),
        scroll_width=int(measured[1]),
        overflowing=tuple(filter(None, measured[2].split(";"))),
        picture=picture,
    )


def grey_levels(picture: Path) -> set[int]:
    """The levels of grey in a PNG of 8 bits: a page that shows nothing has one."""
    data = picture.read_bytes()
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    if depth != 8 or kind not in (2, 6):
        raise AssertionError(f"{picture} is no true-colour picture of 8 bits")
    size = 3 if kind == 2 else 4
    packed, place = b"", 8
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        if data[place + 4 : place + 8] == b"IDAT":
            packed += data[place + 8 : place + 8 + length]
        place += 12 + length
    raw = zlib.decompress(packed)
    stride = width * size + 1
    return {byte for row in range(0, height, 8) for byte in raw[row * stride + 1 : (row + 1) * stride]}


_FRAME = """<!doctype html><meta charset="utf-8">
<body style="margin:0"><iframe style="border:0;width:{width}px;height:{height}px" srcdoc="{page}"></iframe>
<script>
window.onload = () => {{
  const page = document.querySelector("iframe").contentDocument, root = page.documentElement;
  const scrolls = (each) => each && (getComputedStyle(each).overflowX !== "visible" || scrolls(each.parentElement));
  const out = [...page.querySelectorAll("main *")].filter(
    (each) => each.getBoundingClientRect().right > {width} + 0.5 && !scrolls(each.parentElement));
  const names = out.slice(0, 5).map((each) => each.tagName + "." + each.className);
  console.log("measured " + root.scrollWidth + "|" + names.join(";") + "|");
}};
</script>
"""
