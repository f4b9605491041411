"""The built-in therapies: one file of figures for each, shipped beside this one and read like a clinic's own table.

A figure is what a source says; everything else in a profile is a proposal that a clinic may tighten. A
therapy without a published figure is not among them on purpose: half-lives, "a few hours" and recalled
numbers are no thresholds, and a clinic that watches such a therapy has to write its own, with its own source.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files

import msgspec
from pydantic import ValidationError

from monitor.config.building import thresholds_of, with_table
from monitor.config.tables.therapies import ProfileTable
from monitor.errors import ConfigurationError
from monitor.interruption.policy import Therapy

DEFAULT = "blinatumomab"
"""The therapy of a pump for which the file names none."""

NO_ZONE = "UTC"
"""A profile has no schedule of its own: its hours are the patient's, so its zone does not matter."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A therapy with the pace of its ladder.

    Attributes:
        therapy: The limits.
        nurse_after_us: When the home nurse is told of a stop; None is in proportion to the threshold.
        page_after_us: When the on-call nurse is paged; None likewise.
        schedule_hours_min: How many hours a day a schedule must leave to the therapy; None allows no schedule.
    """

    therapy: Therapy
    nurse_after_us: int | None = None
    page_after_us: int | None = None
    schedule_hours_min: float | None = None


def profile_of(name: str, text: str) -> Profile:
    """Return the profile that a file's text lays down.

    Raises:
        ConfigurationError: It is no profile; never for one that is shipped.
    """
    try:
        table = ProfileTable.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as fault:
        raise ConfigurationError([f"the built-in profile {name} is faulty: {fault}"]) from fault
    missing = [key for key in ("thresholds", "source", "version", "drugs") if getattr(table, key) is None]
    if table.thresholds is None or missing:
        raise ConfigurationError([f"the built-in profile {name} does not say {', '.join(missing)}"])
    bare = Therapy(name=name, thresholds=thresholds_of(table.thresholds, ()))
    return Profile(
        therapy=with_table(bare, table, NO_ZONE),
        nurse_after_us=table.nurse_after,
        page_after_us=table.page_after,
        schedule_hours_min=table.schedule_hours_min,
    )


def shipped_profiles() -> dict[str, Profile]:
    """Return every profile that is shipped, by name, the default one first."""
    shipped = [file for file in files("monitor.config").joinpath("profiles").iterdir() if file.name.endswith(".toml")]
    shipped.sort(key=lambda file: (file.name != f"{DEFAULT}.toml", file.name))
    return {
        name: profile_of(name, file.read_text(encoding="utf-8"))
        for file in shipped
        for name in [file.name.removesuffix(".toml")]
    }


BUILT_IN: dict[str, Profile] = shipped_profiles()
"""By name."""
