"""The kit's checks of what a line does to a driver: silence, cuts, junk, torn bytes, and an impatient monitor."""

from __future__ import annotations

import gc
import random
import threading
import time
import tracemalloc

import msgspec
import pytest

from drivers.contract import Driver, StatusObserved
from drivers.errors import LinkError
from drivers.testing.bench import Bench, Disturbance
from drivers.testing.fixtures import DELIVERING, STOPPED, KitFixtures
from drivers.testing.reader import KeptMemory, Reader

JUNK = {
    "noise": random.Random(1).randbytes(200),  # noqa: S311 - noise that is the same in every run
    "zeros": bytes(64),
    "ones": b"\xff" * 64,
    "marks": b"\x02\x03\r\n!\x01\x17*|{}\n" * 8,
    "text": b"the quick brown fox 12345 67890\r\n" * 4,
    "endless": b"A" * 20_000,
}
"""Bytes that no pump says; the seed makes every run the same."""

FLOOD_BYTES = 400_000
"""How much junk is poured in when memory is watched."""

GROWTH_BYTES_MAX = 200_000
"""How much memory may stay in use after the flood; far less than the flood."""

CORRUPTED_MESSAGES = 12
"""How many messages are corrupted, each in another place."""

REOPENINGS = 50
"""How often a driver with a poll budget is made anew on a clock that stands still."""


class LineChecks(KitFixtures):
    """A bad line is survived, a dead one is said, and nothing is sent that was not declared."""

    def test_silence_is_none_and_on_time(self, bench: Bench, reader: Reader) -> None:
        """A pump that says nothing is no error; the wait ends when it was told to."""
        self.hears(bench, reader, DELIVERING)
        bench.hush()
        reader.until_silent()
        for timeout_s in (0.0, 0.1, 0.5):
            started_s = time.monotonic()
            batch = reader.step(timeout_s)
            took_s = time.monotonic() - started_s
            assert batch is None or not batch.items, f"The far end is hushed, and the driver brought {batch}."
            assert took_s < timeout_s + 5, f"read({timeout_s:g}) returned after {took_s:.1f} s."

    def test_a_cut_line_is_an_error_and_opening_again_mends_it(self, bench: Bench, reader: Reader) -> None:
        """A cut is said at once, again and again; after it, ``open`` is all that is needed."""
        if not self.capabilities.sees_cuts:
            pytest.skip("the line does not show when it is cut")
        for said in (DELIVERING, STOPPED):
            self.hears(bench, reader, said)
            bench.cut()
            assert str(reader.until_cut()), "A LinkError says in one sentence what failed; this one is empty."
            bench.mend()
            reader.open_again(reader.bookmark)
            self.hears(bench, reader, said)

    def test_a_line_that_is_cut_from_the_start_is_an_error(self, bench: Bench, driver: Driver) -> None:
        """``open`` says that it cannot, or the first reads do; later it works."""
        if not self.capabilities.sees_cuts:
            pytest.skip("the line does not show when it is cut")
        bench.cut()
        reader = Reader(driver, self.capabilities.patience_s)
        try:
            driver.open(None)
        except LinkError as error:
            said = str(error)
        else:
            said = str(reader.until_cut())
        assert said, "A LinkError says in one sentence what failed; this one is empty."
        bench.mend()
        reader.open_again()
        self.hears(bench, reader, DELIVERING)

    @pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
    def test_junk_is_counted_and_costs_no_later_message(self, bench: Bench, reader: Reader, junk: bytes) -> None:
        """Nonsense is refused with a cause; the message that touches it may be lost, the next one is not."""
        first, second = DELIVERING, STOPPED
        self.hears(bench, reader, first)

        def disturb() -> None:
            bench.inject(junk)
            bench.play(bench.pumps[0], first)

        with self.meanwhile(disturb) as disturbing:
            while disturbing.is_alive():  # a line that is full lets nobody speak until it is read
                reader.step(0.01)
        if junk.strip(self.capabilities.fillers):
            reader.until_refused()
        self.hears(bench, reader, second)

    @pytest.mark.parametrize("how", [Disturbance.BYTE_BY_BYTE, Disturbance.DOUBLED, Disturbance.DELAYED])
    def test_a_clumsy_line_changes_no_message(self, bench: Bench, reader: Reader, how: Disturbance) -> None:
        """Bytes that come alone, twice or late make the same messages."""
        if not self.capabilities.byte_stream:
            pytest.skip("the line carries whole messages")
        bench.disturb(how)
        for said in (DELIVERING, STOPPED):
            self.hears(bench, reader, said)
        heard = {
            (status.delivery, status.rate_ml_per_h) for _, status in reader.last if isinstance(status, StatusObserved)
        }
        assert len(heard) <= 2, f"Two statuses were said, and these were heard: {sorted(heard, key=str)}."

    def test_a_torn_message_is_lost_alone(self, bench: Bench, reader: Reader) -> None:
        """Half a message is never taken for a whole one, and the line recovers."""
        if not self.capabilities.byte_stream:
            pytest.skip("the line carries whole messages")
        first, second = DELIVERING, STOPPED
        self.hears(bench, reader, first)
        bench.disturb(Disturbance.TORN)
        bench.play(bench.pumps[0], second)
        reader.last.clear()
        for _ in range(3):
            reader.step()
        torn = [status for _, status in reader.last if isinstance(status, StatusObserved)]
        assert all(status.delivery == first.delivery for status in torn), f"Half a message was believed: {torn}"
        bench.disturb(Disturbance.NONE)
        bench.play(bench.pumps[0], first)
        reader.step()
        self.hears(bench, reader, second)

    def test_a_corrupted_message_is_refused(self, bench: Bench, reader: Reader) -> None:
        """A changed byte is noticed wherever it is, and no figure made of it is believed."""
        if not (self.capabilities.byte_stream and self.capabilities.detects_corruption):
            pytest.skip("the line's messages carry no check sum")
        self.hears(bench, reader, DELIVERING)
        bench.hush()
        reader.until_silent()
        reader.last.clear()
        bench.disturb(Disturbance.CORRUPTED)
        for _ in range(CORRUPTED_MESSAGES):
            bench.play(bench.pumps[0], DELIVERING)
            reader.step()
        assert not reader.last, f"Corrupted messages were believed: {list(reader.last)}"
        bench.disturb(Disturbance.NONE)
        reader.until_refused()

    def test_a_flood_of_junk_does_not_grow_memory(self, bench: Bench, reader: Reader) -> None:
        """What the driver keeps of a line that talks nonsense is bounded."""
        generator = random.Random(2)  # noqa: S311 - the same flood in every run

        def pour() -> None:
            for _ in range(FLOOD_BYTES // 1000):
                bench.inject(generator.randbytes(1000))

        def left_by_a_flood() -> int:
            gc.collect()
            before_bytes, _ = tracemalloc.get_traced_memory()
            with self.meanwhile(pour) as pouring:
                while pouring.is_alive():
                    reader.step(0.01)
            reader.until_silent()
            gc.collect()
            return tracemalloc.get_traced_memory()[0] - before_bytes

        reader.step()
        tracemalloc.start()
        try:
            grown_bytes = left_by_a_flood()
            if grown_bytes >= GROWTH_BYTES_MAX:
                # The far end lives in this process too, and what fills up once is bounded: a second flood,
                # as long as the first, tells whether it goes on.
                grown_bytes = left_by_a_flood()
        finally:
            tracemalloc.stop()
        assert grown_bytes < GROWTH_BYTES_MAX, f"{FLOOD_BYTES} bytes of junk left {grown_bytes} bytes in memory."
        bench.play(bench.pumps[0], DELIVERING)
        reader.step()
        self.hears(bench, reader, STOPPED)

    def test_close_is_harmless_when_repeated(self, bench: Bench, driver: Driver) -> None:
        """Closing what was never opened, twice, and opening afterwards all work."""
        driver.close()
        driver.close()
        reader = Reader(driver, self.capabilities.patience_s)
        reader.open_again()
        driver.close()
        driver.close()
        reader.open_again()
        self.hears(bench, reader, DELIVERING)

    def test_close_wakes_a_waiting_read(self, driver: Driver, reader: Reader) -> None:
        """A monitor that stops does not wait for a pump."""
        reading = threading.Event()
        outcome: list[str] = []

        def wait_long() -> None:
            reading.set()
            try:
                driver.read(2 * reader.patience_s)
                outcome.append("silence")
            except LinkError:
                outcome.append("error")

        with self.meanwhile(wait_long):
            assert reading.wait(reader.patience_s)
            time.sleep(0.1)  # so that the read is well inside its wait
            started_s = time.monotonic()
            driver.close()
            took_s = time.monotonic() - started_s
        assert took_s < reader.patience_s, f"close waited {took_s:.1f} s for a read instead of waking it."
        assert outcome, "The read that close woke raised something else than LinkError."

    def test_settling_twice_and_from_another_thread_is_harmless(
        self, bench: Bench, driver: Driver, reader: Reader
    ) -> None:
        """The monitor settles from its own thread, and after a crash perhaps again."""
        bench.play(bench.pumps[0], DELIVERING)
        deadline_s = time.monotonic() + reader.patience_s
        while (batch := reader.step(settle=False)) is None:
            assert time.monotonic() < deadline_s, "The driver brought no batch."
        done: list[bool] = []

        def settle_twice() -> None:
            driver.settle(batch)
            driver.settle(batch)
            done.append(True)

        with self.meanwhile(settle_twice):
            reader.step()
        assert done, "settle raised in another thread."

    def test_nothing_is_sent_but_the_declared_queries(self, bench: Bench, driver: Driver, reader: Reader) -> None:
        """A driver never commands a pump: what it sends is on its list, whatever the line does to it."""
        for said in (DELIVERING, STOPPED):
            self.hears(bench, reader, said)
        bench.inject(JUNK["noise"])
        for _ in range(3):
            reader.step()
        driver.close()
        foreign = [frame for frame in bench.sent() if not self.capabilities.allows(frame)]
        assert not foreign, f"The driver sent what it does not declare: {foreign[:3]}."
        if self.capabilities.queries:
            assert bench.sent(), "The driver declares queries, and the bench saw none: does it record them?"

    def test_a_crash_loop_asks_no_more_than_the_budget(self, bench: Bench) -> None:
        """The poll budget outlives the driver: a monitor that dies again and again does not drain a pump."""
        budget = self.capabilities.queries_per_minute_max
        if budget is None:
            pytest.skip("the driver never asks")
        context = msgspec.structs.replace(self.context(bench), memory=KeptMemory(), now_s=lambda: 1_000_000.0)
        bench.play(bench.pumps[0], DELIVERING)
        for _ in range(REOPENINGS):
            driver = bench.plugin.create(context)
            driver.open(None)
            try:
                driver.read(0.05)
            finally:
                driver.close()
        asked = len(bench.sent())
        assert asked <= budget, f"{asked} queries in {REOPENINGS} starts within one minute; the budget is {budget}."
