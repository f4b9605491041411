"""What all checks of the kit share: the abilities, the bench, and a driver that is closed at the end."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

import pytest

from drivers.contract import DeliveryStatus, Driver, DriverContext, StatusObserved
from drivers.testing.bench import Bench
from drivers.testing.capabilities import Capabilities
from drivers.testing.reader import Reader, closed_in_the_end, context_for

DELIVERING = StatusObserved(
    delivery=DeliveryStatus.DELIVERING,
    rate_ml_per_h=10.0,
    volume_delivered_ml=120.0,
    volume_remaining_ml=80.0,
    battery_percent=90.0,
    alarms=(),
)
"""A healthy status, in round figures that coarse lines can carry."""

STOPPED = StatusObserved(
    delivery=DeliveryStatus.NOT_DELIVERING, rate_ml_per_h=0.0, volume_delivered_ml=121.0, alarms=()
)


def same_status(said: StatusObserved, heard: StatusObserved, capabilities: Capabilities) -> bool:
    """Return whether ``heard`` is ``said``, as far as the line can say it."""

    def close(one: float | None, other: float | None, step: float) -> bool:
        return one is None or (other is not None and abs(one - other) <= step / 2 + 1e-9)

    volume_step_ml = capabilities.volume_step_ml
    return (
        heard.delivery == said.delivery
        and (said.reason not in capabilities.reasons or heard.reason == said.reason)
        and (
            not capabilities.status_rate
            or (said.rate_ml_per_h == 0 and heard.rate_ml_per_h is None)  # a stopped pump may leave its rate out
            or close(said.rate_ml_per_h, heard.rate_ml_per_h, capabilities.rate_step_ml_per_h)
        )
        and (
            not capabilities.status_volume_delivered
            or close(said.volume_delivered_ml, heard.volume_delivered_ml, volume_step_ml)
        )
        and (
            not capabilities.status_volume_remaining
            or close(said.volume_remaining_ml, heard.volume_remaining_ml, volume_step_ml)
        )
        and (not capabilities.status_battery or close(said.battery_percent, heard.battery_percent, 0))
        and (not capabilities.status_alarms or said.alarms is None or heard.alarms == said.alarms)
    )


class KitFixtures:
    """The ground of the kit; an author overrides ``capabilities`` and ``bench``, seldom more."""

    capabilities = Capabilities()

    @pytest.fixture
    def bench(self) -> Iterator[Bench]:
        """Override this: yield a bench, and take it away afterwards."""
        pytest.fail(f"{type(self).__name__} must override the fixture `bench`.")

    def context(self, bench: Bench) -> DriverContext:
        """Override this where the driver needs a secret, or monitor time that runs faster than real."""
        return context_for(bench)

    @pytest.fixture
    def driver(self, bench: Bench) -> Iterator[Driver]:
        """Make a driver, still closed; fail if a thread of it outlives ``close``."""
        with closed_in_the_end(bench.plugin.create(self.context(bench))) as driver:
            yield driver

    @pytest.fixture
    def reader(self, driver: Driver) -> Reader:
        """Open the driver and return its reader."""
        reader = Reader(driver, self.capabilities.patience_s)
        reader.open_again()
        return reader

    @contextlib.contextmanager
    def meanwhile(self, work: Callable[[], object]) -> Iterator[threading.Thread]:
        """Run ``work`` in a thread of the kit's own for as long as the block runs, and a little longer."""
        thread = threading.Thread(target=work, name="kit", daemon=True)
        thread.start()
        yield thread
        thread.join(self.capabilities.patience_s)
        assert not thread.is_alive(), f"It still runs after {self.capabilities.patience_s:g} s."

    def hears(self, bench: Bench, reader: Reader, said: StatusObserved, pump: str | None = None) -> None:
        """Play a status and read until it has arrived, unchanged, under its own pump."""
        said_by = bench.pumps[0] if pump is None else pump
        bench.play(said_by, said)
        reader.until(
            lambda heard_from, heard: (
                heard_from == said_by
                and isinstance(heard, StatusObserved)
                and same_status(said, heard, self.capabilities)
            ),
            f"from {said_by} {said}",
        )
