"""Finds the drivers that are installed, and distrusts each step of loading them.

Drivers are entry points of the group ``pumpwatch.drivers``; ours come by the same road as a stranger's.
Whatever a foreign package does while it is found, imported and looked at, nothing is raised here: the
driver is refused with one sentence, and the rest go on. A name that two packages claim is given to
neither, because a pump must not be read by whichever happened to be found first.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from drivers.contract import DriverPlugin

GROUP = "pumpwatch.drivers"
"""The entry-point group in which every driver registers."""

CAUSE_KEPT_CHARACTERS = 200
"""How much of a foreign error message is quoted."""

NAME_CHARACTERS_MAX = 64
"""How long the name of a driver may be."""


class Package(Protocol):
    """The part of an installed distribution that is used."""

    @property
    def name(self) -> str:
        """Its name at the package index."""

    @property
    def version(self) -> str:
        """Its version."""


class Claim(Protocol):
    """The part of an entry point that is used; tests inject their own."""

    @property
    def name(self) -> str:
        """The name that is claimed."""

    @property
    def value(self) -> str:
        """Where the plugin is, as ``package.module:attribute``."""

    @property
    def dist(self) -> Package | None:
        """The distribution that brings it, where that is known."""

    def load(self) -> object:
        """Import the module and return the attribute; runs foreign code."""


@dataclass(frozen=True, slots=True)
class LoadedDriver:
    """A driver that can be configured.

    Attributes:
        plugin: What the entry point names, copied field by field so that no foreign attribute code runs later.
        distribution: The installed package that brought it.
        version: The version of that package.
    """

    plugin: DriverPlugin
    distribution: str
    version: str

    @property
    def origin(self) -> str:
        """Return distribution and version for people."""
        return f"{self.distribution} {self.version}"

    def faults(self, options: Mapping[str, Any]) -> list[str]:
        """Return one sentence per fault in ``options``; a check that itself fails is a fault, not an error."""
        try:
            answer: object = self.plugin.check(options)
            if isinstance(answer, list) and all(isinstance(fault, str) for fault in answer):
                return answer
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - foreign code may raise anything, SystemExit included
            return [f"the driver's own check of its options failed with {_cause(error)}"]
        return [f"the driver's own check of its options returned {_kind(answer)} and not a list of sentences"]


@dataclass(frozen=True, slots=True)
class RefusedDriver:
    """A claim that was not accepted.

    Attributes:
        name: The name it claimed.
        origin: Distribution and version, as far as they could be read.
        why: One sentence for a person.
    """

    name: str
    origin: str
    why: str


@dataclass(frozen=True, slots=True)
class Registry:
    """What is installed: each driver by its name, and each refusal."""

    loaded: dict[str, LoadedDriver]
    refused: list[RefusedDriver]


class _RefusalError(Exception):
    """Carries the sentence of one refusal to the place that records it."""


def discover(claims: Iterable[Claim] | None = None) -> Registry:
    """Return every driver that is installed, and every one that was refused.

    Imports the modules that the entry points name, so foreign code runs. An import that never returns is
    the one misdeed that is not survived.

    Args:
        claims: The entry points to judge; None asks the installed packages.
    """
    registry = Registry(loaded={}, refused=[])
    by_name: dict[str, list[Claim]] = defaultdict(list)
    for claim in _installed(registry) if claims is None else claims:
        by_name[str(claim.name)].append(claim)
    for name in sorted(by_name):
        claimants = by_name[name]
        origins = [_origin(claim) for claim in claimants]
        if len(claimants) > 1:
            who = " and ".join(sorted(" ".join(origin) for origin in origins))
            why = f"The name is claimed {len(claimants)} times, by {who}; none of them is used until one is removed."
            registry.refused.extend(RefusedDriver(name, " ".join(origin), why) for origin in origins)
            continue
        (distribution, version) = origins[0]
        try:
            plugin = _judged(name, claimants[0])
        except _RefusalError as refusal:
            registry.refused.append(RefusedDriver(name, f"{distribution} {version}", str(refusal)))
        else:
            registry.loaded[name] = LoadedDriver(plugin, distribution, version)
    return registry


def _installed(registry: Registry) -> Iterable[Claim]:
    try:
        return tuple(importlib.metadata.entry_points(group=GROUP))
    except Exception as error:  # noqa: BLE001 - broken metadata of any package must not stop the monitor
        why = f"The list of installed drivers could not be read: {_cause(error)}."
        registry.refused.append(RefusedDriver("(all)", "unknown", why))
        return ()


def _origin(claim: Claim) -> tuple[str, str]:
    # Metadata that cannot be read is said to be unknown; the driver itself may still be sound.
    with contextlib.suppress(Exception):
        if claim.dist is not None:
            return _one_line(str(claim.dist.name)), _one_line(str(claim.dist.version))
    return "an unknown package", "of unknown version"


def _judged(name: str, claim: Claim) -> DriverPlugin:
    """Return the plugin behind ``claim``, or raise the refusal."""
    if not 0 < len(name) <= NAME_CHARACTERS_MAX or not name.isprintable() or " " in name:
        raise _RefusalError(f"A driver's name is 1 to {NAME_CHARACTERS_MAX} printable characters without a space.")
    where = _one_line(str(claim.value))
    try:
        found = claim.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - SystemExit at import must not stop the monitor
        raise _RefusalError(f"Importing {where} failed with {_cause(error)}.") from None
    try:
        plugin = _copied(found, where)
    except (KeyboardInterrupt, _RefusalError):
        raise
    except BaseException as error:  # noqa: BLE001 - a foreign attribute may raise anything
        raise _RefusalError(f"Looking at {where} failed with {_cause(error)}.") from None
    if plugin.name != name:
        raise _RefusalError(f"The entry point is called {name!r}, but {where} calls itself {plugin.name!r}.")
    return plugin


def _copied(found: object, where: str) -> DriverPlugin:
    """Return a plain copy of ``found``, every field of the right type, or raise the refusal."""
    if not isinstance(found, DriverPlugin):
        raise _RefusalError(f"{where} is {_kind(found)} and not a DriverPlugin.")
    values = {field: getattr(found, field) for field in DriverPlugin.__struct_fields__}
    for field in ("name", "summary"):
        if not isinstance(values[field], str) or not values[field] or not values[field].isprintable():
            raise _RefusalError(f"In {where}, {field} must be one line of text.")
    for field in ("check", "create"):
        if not callable(values[field]):
            raise _RefusalError(f"In {where}, {field} must be a function and is {_kind(values[field])}.")
    for field in ("many_pumps", "simulated"):
        if not isinstance(values[field], bool):
            raise _RefusalError(f"In {where}, {field} must be true or false and is {_kind(values[field])}.")
    return DriverPlugin(**values)


def _kind(found: object) -> str:
    return f"a {type(found).__name__}"


def _cause(error: BaseException) -> str:
    """Return type and message of ``error`` on one bounded line without a closing stop."""
    try:
        message = _one_line(str(error))
    except Exception:  # noqa: BLE001 - an error whose own text fails is named by its type alone
        message = ""
    return f"{type(error).__name__}: {message}".rstrip(".: ")


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= CAUSE_KEPT_CHARACTERS else line[:CAUSE_KEPT_CHARACTERS] + "..."
