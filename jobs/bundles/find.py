"""Which bundle a task uses."""

from __future__ import annotations

from jobs.config.home import Home
from jobs.config.sections.scoring import Task
from models.bundle import Bundle
from models.cleaning.presets import cleaning_preset
from models.hub_models import HubModelDefaults
from storage.errors import BundleIncomplete


def find_bundle(home: Home, task: str, wanted: str | Bundle | None) -> Bundle:
    """The bundle to use for a task: the one asked for, the configured one, or the champion.

    A job that holds its bundle hands it on, so that what it calls uses no other, whatever is promoted meanwhile.

    Raises:
        BundleError: There is none, or it is not whole.
        ConfigError: Neither the configuration nor the bundles know the task.
    """
    if isinstance(wanted, Bundle):
        return wanted
    configured = home.config.tasks.get(task, Task())
    foreign = configured.foreign
    defaults = HubModelDefaults(cleaning_preset(foreign.cleaning), foreign.windows, foreign.aggregation)
    registry = home.registry
    try:
        return registry.resolve(task, wanted or _from_home(home, configured.bundle), defaults)
    except BundleIncomplete:
        if wanted is None and not registry.at_hand(task):
            home.task(task)  # a mistyped name explains a missing bundle best
        raise


def _from_home(home: Home, bundle: str | None) -> str | None:
    """A configured folder counts from the home; versions, hub names and whole paths stay as they are."""
    return str(home.root / bundle) if bundle and (home.root / bundle).is_dir() else bundle
