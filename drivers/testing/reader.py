"""Drives a driver as the monitor would, in bounded steps, and keeps what it brought."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from drivers.contract import PUMP_ID_PATTERN, RAW_KEPT_BYTES, Batch, Driver, DriverContext, LinkChanged, Observation
from drivers.errors import LinkError, OptionsError
from drivers.testing.bench import Bench

STEP_S = 0.2
"""How long one read waits, in seconds."""

SAMPLE_MAX = 1000
"""How many refusals one batch may carry in full; the rest are counted."""

MEMORY_BYTES_MAX = 4096
"""How much a link may keep, as the contract says."""

LAST_KEPT = 20
"""How many observations are shown when the wanted one did not come."""

THREAD_END_S = 5.0
"""How long a thread of the driver may take to end after ``close``."""


class KeptMemory:
    """A driver's small store, kept in memory and as strict as the contract."""

    def __init__(self) -> None:
        self.data: bytes | None = None

    def load(self) -> bytes | None:
        """Return what was saved last, or None."""
        return self.data

    def save(self, data: bytes) -> None:
        """Keep ``data``, unless there is too much of it."""
        assert len(data) <= MEMORY_BYTES_MAX, f"The driver saved {len(data)} bytes; it has {MEMORY_BYTES_MAX}."
        self.data = bytes(data)


_WALL_MINUS_STEADY_S = time.time() - time.monotonic()


def steady_now_s() -> float:
    """Return seconds since 1970 that never run backwards."""
    return _WALL_MINUS_STEADY_S + time.monotonic()


def no_secret(reference: str) -> str:
    """Refuse every reference: a bench holds no secret unless its author says otherwise."""
    raise OptionsError([f"the secret {reference!r} is unknown to the kit"])


def context_for(
    bench: Bench,
    *,
    options: Mapping[str, Any] | None = None,
    memory: KeptMemory | None = None,
    now_s: Callable[[], float] = steady_now_s,
    secret: Callable[[str], str] = no_secret,
) -> DriverContext:
    """Return what the monitor would give the driver of ``bench``."""
    many = bench.plugin.many_pumps
    return DriverContext(
        name="sources[0]" if many else "pumps[0]",
        pump=None if many else bench.pumps[0],
        serial=None,
        options=bench.options if options is None else options,
        now_s=now_s,
        memory=KeptMemory() if memory is None else memory,
        secret=secret,
    )


class Reader:
    """Reads one driver and judges each batch by the contract.

    Attributes:
        last: The newest observations, the link's own hints left out.
        refused_count: How many messages were refused so far.
        patience_s: The longest wait of any method, in seconds.
    """

    def __init__(self, driver: Driver, patience_s: float) -> None:
        self.last: deque[tuple[str, Observation]] = deque(maxlen=LAST_KEPT)
        self.refused_count = 0
        self.bookmark: bytes | None = None
        self.patience_s = patience_s
        self._driver = driver

    def step(self, timeout_s: float = STEP_S, *, settle: bool = True) -> Batch | None:
        """Read once, judge what came, and settle it."""
        batch = self._driver.read(timeout_s)
        if batch is not None:
            self._judge(batch)
            if settle:
                self._driver.settle(batch)
                self.bookmark = batch.bookmark if batch.bookmark is not None else self.bookmark
        return batch

    def until(
        self, wanted: Callable[[str, Observation], bool], what: str, *, settle: bool = True
    ) -> tuple[str, Observation]:
        """Read until the wanted observation comes, and return it with its pump.

        Raises:
            AssertionError: It did not come in time; the message shows what did.
        """
        deadline_s = time.monotonic() + self.patience_s
        while time.monotonic() < deadline_s:
            batch = self.step(settle=settle)
            for pump, observation in batch.items if batch is not None else ():
                if wanted(pump, observation):
                    return pump, observation
        came = "\n  ".join(map(repr, self.last)) or "nothing"
        raise AssertionError(f"In {self.patience_s:g} s the driver did not bring {what}. It brought:\n  {came}")

    def until_refused(self) -> None:
        """Read until at least one message has been refused."""
        deadline_s = time.monotonic() + self.patience_s
        while self.refused_count == 0:
            assert time.monotonic() < deadline_s, "The driver dropped junk without counting it in refused_count."
            self.step()

    def until_silent(self) -> None:
        """Read until nothing more comes; the far end has been hushed or has nothing to say."""
        deadline_s = time.monotonic() + self.patience_s
        while self.step() is not None:
            assert time.monotonic() < deadline_s, "The far end is silent, and the driver goes on to bring batches."

    def until_cut(self) -> LinkError:
        """Read until the driver says that the line failed, and return what it said."""
        deadline_s = time.monotonic() + self.patience_s
        while time.monotonic() < deadline_s:
            try:
                self.step()
            except LinkError as error:
                return error
        raise AssertionError(f"The line was cut, and for {self.patience_s:g} s no read raised LinkError.")

    def open_again(self, bookmark: bytes | None = None) -> None:
        """Open until it works, as the monitor would after a cut."""
        deadline_s = time.monotonic() + self.patience_s
        while True:
            try:
                self._driver.open(bookmark)
            except LinkError:
                if time.monotonic() > deadline_s:
                    raise
                threading.Event().wait(STEP_S)
            else:
                return

    def _judge(self, batch: Batch) -> None:
        assert len(batch.refused) <= SAMPLE_MAX, f"One batch carries {len(batch.refused)} refusals; count them instead."
        assert batch.refused_count >= len(batch.refused), "refused_count counts every refusal, those shown included."
        for refusal in batch.refused:
            assert refusal.source, f"A refusal names its source: {refusal}"
            assert refusal.cause, f"A refusal has a short cause to count by: {refusal}"
            assert " " not in refusal.cause, f"The cause is one stable word: {refusal}"
            assert refusal.why, f"A refusal says why in a sentence: {refusal}"
            assert len(refusal.raw) <= RAW_KEPT_BYTES, f"A refusal keeps {RAW_KEPT_BYTES} bytes at most: {refusal}"
        for pump, observation in batch.items:
            assert re.fullmatch(PUMP_ID_PATTERN, pump), f"{pump!r} is no pump id."
            if not isinstance(observation, LinkChanged):
                assert_dated(observation)
                self.last.append((pump, observation))
        self.refused_count += batch.refused_count


def assert_dated(observation: Observation) -> None:
    """Check that every instant says its offset, and that no age is negative."""
    if isinstance(observation, LinkChanged):
        return
    at = observation.device_at
    assert at is None or at.utcoffset() is not None, f"device_at must say its offset from UTC: {observation}"
    assert observation.age_s >= 0, f"age_s must not be negative: {observation}"
    assert observation.age_max_s >= 0, f"age_max_s must not be negative: {observation}"


@contextmanager
def closed_in_the_end(driver: Driver) -> Iterator[Driver]:
    """Close ``driver`` after the block, and check that no thread of it goes on."""
    before = threading.active_count()
    yield driver
    driver.close()
    deadline_s = time.monotonic() + THREAD_END_S
    while threading.active_count() > before and time.monotonic() < deadline_s:
        threading.Event().wait(0.01)
    running = [thread.name for thread in threading.enumerate()]
    assert len(running) <= before, f"After close more threads run than before open: {', '.join(running)}."
