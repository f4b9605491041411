"""Runs simulated pumps in real or scaled time; the only place of the simulator that reads a clock or waits.

Story time and real time are two scales of one axis: story = epoch + (real - origin) * speed. A monitor that
counts from the same epoch at the same speed sees the same instants. One thread serves all pumps.
"""

from __future__ import annotations

import heapq
import os
import select
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulator.station import Station
from simulator.units import US_PER_S, us_of

WAIT_S_MAX = 0.2
"""The longest wait, and so the longest time until a request to stop is noticed."""

WATCH_S = 0.01
"""How often a line without a reader is looked at: a request must be answered within 50 ms."""


class StoryClock:
    """Scaled time.

    Attributes:
        run: What no other run of the simulator has: the real instant at which the clock was made.
    """

    def __init__(self, speed: float = 1.0, epoch_s: float | None = None) -> None:
        """Start the clock.

        Args:
            speed: How many story seconds pass in a real one.
            epoch_s: The real instant, in seconds since 1970, at which both times agree; now if None.
        """
        wall_s = time.time()
        self.run = f"{us_of(wall_s):x}"
        self._speed = speed
        self._epoch_us = us_of(wall_s if epoch_s is None else epoch_s)
        self._origin_s = time.monotonic() - (0.0 if epoch_s is None else wall_s - epoch_s)

    def now_us(self) -> int:
        """Return the story's present, in microseconds since 1970."""
        return self._epoch_us + us_of((time.monotonic() - self._origin_s) * self._speed)

    def real_s_of(self, at_us: int) -> float:
        """Return the real instant of a story instant, on the scale of the monotonic clock."""
        return self._origin_s + (at_us - self._epoch_us) / US_PER_S / self._speed


@dataclass(frozen=True, slots=True)
class Performance:
    """One station and the clock it lives by."""

    station: Station
    clock: StoryClock


class Runner:
    """Serves all stations until told to stop."""

    def __init__(
        self,
        performances: Sequence[Performance],
        *,
        stop: threading.Event,
        on_over: Callable[[], None],
        leash: int | None = None,
    ) -> None:
        """Prepare to run.

        Args:
            performances: What to serve.
            stop: Set by anyone, from anywhere, to end the run.
            on_over: Called once, when all stories have been told; the pumps live on.
            leash: A descriptor whose end of file ends the run, such as standard input.
        """
        self._performances = performances
        self._stop = stop
        self._on_over = on_over
        self._leash = leash
        self._listening = [index for index, each in enumerate(performances) if each.station.line.can_hear]
        self._untold = set(range(len(performances)))
        self._due_s: dict[int, float] = {}
        self._heap: list[tuple[float, int]] = []

    def open(self) -> None:
        """Plug all lines in.

        Raises:
            LineError: One of them can never work.
        """
        for index, each in enumerate(self._performances):
            each.station.open(each.clock.now_us())
            self._schedule(index)

    def run(self) -> None:
        """Serve all stations; returns when stopped."""
        while not self._stop.is_set():
            self._wake_due()
            self._wait()

    def close(self) -> None:
        """Close all lines in an orderly way."""
        for each in self._performances:
            each.station.line.close()

    def _wake_due(self) -> None:
        now_s = time.monotonic()
        while self._heap and self._heap[0][0] <= now_s and not self._stop.is_set():
            due_s, index = heapq.heappop(self._heap)
            # An older entry of a station that was scheduled anew.
            if self._due_s.get(index) != due_s:
                continue
            each = self._performances[index]
            each.station.wake(each.clock.now_us())
            self._schedule(index)
            self._note_over(index)

    def _schedule(self, index: int) -> None:
        each = self._performances[index]
        due_us = each.station.next_due_us()
        due_s = time.monotonic() + WAIT_S_MAX if due_us is None else each.clock.real_s_of(due_us)
        if not each.station.line.can_send:
            due_s = min(due_s, time.monotonic() + WATCH_S)
        if self._due_s.get(index) != due_s:
            self._due_s[index] = due_s
            heapq.heappush(self._heap, (due_s, index))

    def _note_over(self, index: int) -> None:
        each = self._performances[index]
        if index in self._untold and each.station.is_over(each.clock.now_us()):
            self._untold.discard(index)
            if not self._untold:
                self._on_over()

    def _wait(self) -> None:
        """Wait until bytes come or a station is due, and serve the bytes."""
        poller, who = select.poll(), {}
        for index in self._listening:
            line = self._performances[index].station.line
            fileno = line.fileno()
            if fileno is not None and line.can_send:
                poller.register(fileno, select.POLLIN)
                who[fileno] = index
        if self._leash is not None:
            poller.register(self._leash, select.POLLIN)
        due_s = self._heap[0][0] if self._heap else float("inf")
        wait_s = min(max(0.0, due_s - time.monotonic()), WAIT_S_MAX)
        if not who and self._leash is None:
            self._stop.wait(wait_s)
            return
        for fileno, _ in poller.poll(wait_s * 1000):
            if fileno == self._leash:
                self._follow_leash()
                continue
            each = self._performances[who[fileno]]
            each.station.listen(each.clock.now_us())
            self._schedule(who[fileno])

    def _follow_leash(self) -> None:
        """Stop at the end of file; whatever else comes there means nothing."""
        if self._leash is not None and not os.read(self._leash, 4096):
            self._stop.set()
