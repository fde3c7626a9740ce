"""Small pages that need nothing but themselves: one frame, filled by templates that lie where their pages are made."""

from __future__ import annotations

from collections.abc import Callable

import jinja2

_FRAME = "models.pages"


def shorten(text: str, limit: int) -> str:
    """At most so many characters of a text, with an ellipsis in place of the rest."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def page_environment(package: str, **filters: Callable[..., str]) -> jinja2.Environment:
    """The templates of a package, and `frame.html` and `words.html`, which they begin with.

    All that comes from data is escaped, and an undefined name is an error.

    Args:
        package: Where the templates are.
        **filters: What they call.
    """
    places = (package, _FRAME)
    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(place, "") for place in places]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters
    return environment
