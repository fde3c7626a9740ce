"""The kinds of sink by name, and the sections of yeban.toml that follow from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar, Union, get_args

from pydantic import Field, GetCoreSchemaHandler

from monitoring.plugins import PluginFolder

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

    from monitoring.alerts.sinks.base.settings import SinkSettings

SINKS: Final[PluginFolder[type[SinkSettings]]] = PluginFolder("monitoring.alerts.sinks")
"""The settings of each kind of sink, by `kind`."""

S = TypeVar("S", bound="SinkSettings")


def register(settings: type[S]) -> type[S]:
    """Register the settings of a kind of sink under that kind; for use as a decorator.

    Raises:
        ValueError: Another kind has this name.
    """
    (kind,) = get_args(settings.model_fields["kind"].annotation)
    SINKS.register(kind, settings)
    return settings


class AnyKind:
    """Annotation of a field of `SinkSettings`: one of all registered kinds, distinguished by `kind`."""

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schema of their union, as of the moment when the model that has the field is built."""
        kinds = Union[SINKS.all()]  # type: ignore[valid-type] # noqa: UP007
        return handler.generate_schema(Annotated[kinds, Field(discriminator="kind")])
