"""Holds what a benchmark found: a ratio with its spread, its target, and the lines that explain it."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Spread:
    """Median, least and greatest of what was measured again and again.

    Attributes:
        values: At least one.
    """

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the spread of ``values``."""
        return cls(tuple(values))

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    def text(self, pattern: str = "{:.2f}") -> str:
        """Return median, least and greatest."""
        low, middle, high = (pattern.format(one) for one in (min(self.values), self.median, max(self.values)))
        return f"{middle} ({low} to {high}, n={len(self.values)})"


@dataclass(frozen=True)
class Target:
    """What a figure is held against.

    Attributes:
        bound: The limit.
        is_least: True if the figure must not be below it, False if it must not be above it.
        unit: Shown behind the bound.
    """

    bound: float
    is_least: bool = True
    unit: str = ""

    def is_met(self, value: float) -> bool:
        """Return whether ``value`` keeps the bound."""
        return value >= self.bound if self.is_least else value <= self.bound

    @property
    def text(self) -> str:
        """The bound in words."""
        return f"{'>=' if self.is_least else '<='} {self.bound:g}{self.unit}"


@dataclass
class Report:
    """What one benchmark says; each line goes out at once, so that a long run shows where it is.

    Attributes:
        name: The benchmark's name.
        met: By figure, whether its target was met.
    """

    name: str
    met: dict[str, bool] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """Print one line of explanation."""
        sys.stdout.write(f"    {text}\n")
        sys.stdout.flush()

    def figure(self, what: str, spread: Spread, target: Target, pattern: str = "{:.2f}") -> None:
        """Print one figure beside its target; the median counts."""
        is_met = target.is_met(spread.median)
        self.met[what] = is_met
        word = "met" if is_met else "not met"
        self.say(f"* {what}: {spread.text(pattern)}{target.unit}   target {target.text}: {word}")


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Return the spread of ours over theirs, turn by turn."""
    return Spread.of([one / other for one, other in zip(ours, theirs, strict=True)])
