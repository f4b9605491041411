"""The kit is worth running: each broken promise of a driver fails the check that is about it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from drivers.contract import Batch, DeliveryStatus, Observation, StatusObserved
from drivers.errors import LinkError
from drivers.testing import reader
from drivers.testing.bench import Disturbance
from drivers.testing.capabilities import Capabilities
from drivers.testing.conformance import DriverConformance
from drivers.testing.reader import Reader, closed_in_the_end, context_for
from memory_line import BUDGET_PER_MINUTE, MemoryBench, SoundDriver, check


class Kit(DriverConformance):
    capabilities = Capabilities(patience_s=50.0)


class AskingKit(DriverConformance):
    capabilities = Capabilities(patience_s=50.0, queries=(rb"\?\n",), queries_per_minute_max=BUDGET_PER_MINUTE)


class HastyKit(DriverConformance):
    """For drivers that break a promise: the check that catches them waits for nothing but its patience's end."""

    capabilities = Capabilities(patience_s=0.5)


class HastyAskingKit(DriverConformance):
    capabilities = Capabilities(patience_s=0.5, queries=(rb"\?\n",), queries_per_minute_max=BUDGET_PER_MINUTE)


class SlowKit(DriverConformance):
    """For a driver that must still be waiting when the patience is at its end, also where that is noticed late."""

    capabilities = Capabilities(patience_s=2.5)


@pytest.fixture(autouse=True)
def no_thread_of_one_fault_meets_the_next() -> Iterator[None]:
    yield
    for end in LeavesAThread.ends:
        end.set()
    LeavesAThread.ends.clear()
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(60)


class TakesKvoForDelivery(SoundDriver):
    def decode(self, line: bytes) -> tuple[str, Observation]:
        pump, said = super().decode(line)
        if isinstance(said, StatusObserved) and said.delivery is DeliveryStatus.KVO:
            said = msgspec.structs.replace(said, delivery=DeliveryStatus.DELIVERING)
        return pump, said


class LosesTheRate(SoundDriver):
    def decode(self, line: bytes) -> tuple[str, Observation]:
        pump, said = super().decode(line)
        return pump, msgspec.structs.replace(said, rate_ml_per_h=None) if isinstance(said, StatusObserved) else said


class HasNaiveInstants(SoundDriver):
    def decode(self, line: bytes) -> tuple[str, Observation]:
        pump, said = super().decode(line)
        return pump, msgspec.structs.replace(said, device_at=datetime(2026, 1, 1))  # noqa: DTZ001 - the fault


class MixesPumps(SoundDriver):
    def decode(self, line: bytes) -> tuple[str, Observation]:
        return self.bench.pumps[0], super().decode(line)[1]


class TakesSilenceForACut(SoundDriver):
    def read(self, timeout_s: float) -> Batch | None:
        batch = super().read(timeout_s)
        if batch is None:
            raise LinkError("nothing came")
        return batch


class TakesACutForSilence(SoundDriver):
    def read(self, timeout_s: float) -> Batch | None:
        try:
            return super().read(timeout_s)
        except LinkError:
            return None


class OpensOnce(SoundDriver):
    opened = 0

    def open(self, bookmark: bytes | None) -> None:
        self.opened += 1
        super().open(bookmark)

    def read(self, timeout_s: float) -> Batch | None:
        if self.opened > 1:
            raise LinkError("was open before")
        return super().read(timeout_s)


class DropsJunkUncounted(SoundDriver):
    def batch(self, data: bytes) -> Batch:
        return Batch(items=super().batch(data).items)


class IsDeafAfterJunk(SoundDriver):
    deaf = False

    def batch(self, data: bytes) -> Batch:
        batch = super().batch(data)
        self.deaf = self.deaf or batch.refused_count > 0
        return Batch(items=[], refused_count=batch.refused_count) if self.deaf else batch


class KeepsEverything(SoundDriver):
    def batch(self, data: bytes) -> Batch:
        self.kept = getattr(self, "kept", b"") + data
        return super().batch(data)


class ChecksNoSum(SoundDriver):
    def decode(self, line: bytes) -> tuple[str, Observation]:
        return msgspec.json.decode(line.rpartition(b"*")[0], type=tuple[str, Observation])


class WaitsThroughClose(SoundDriver):
    def close(self) -> None:
        self.is_open = False


class FailsOnSecondClose(SoundDriver):
    def close(self) -> None:
        if not self.is_open:
            raise LinkError("is closed")
        super().close()


class LeavesAThread(SoundDriver):
    ends: ClassVar[list[threading.Event]] = []

    def open(self, bookmark: bytes | None) -> None:
        super().open(bookmark)
        self.ends.append(threading.Event())
        threading.Thread(target=self.ends[-1].wait, daemon=True).start()


class Commands(SoundDriver):
    def open(self, bookmark: bytes | None) -> None:
        super().open(bookmark)
        self.bench.send(b"START\n")


class AsksWithoutEnd(SoundDriver):
    asks = True

    def may_ask(self) -> bool:
        return True


class FailsWhenSettledTwice(SoundDriver):
    def settle(self, batch: Batch) -> None:
        if batch is getattr(self, "settled", None):
            raise LinkError("settled before")
        self.settled = batch


class Asks(SoundDriver):
    asks = True


BROKEN = [
    (TakesKvoForDelivery, "test_every_delivery_state_arrives_unchanged"),
    (LosesTheRate, "test_every_figure_arrives_unchanged"),
    (HasNaiveInstants, "test_every_figure_arrives_unchanged"),
    (TakesSilenceForACut, "test_silence_is_none_and_on_time"),
    (TakesACutForSilence, "test_a_cut_line_is_an_error_and_opening_again_mends_it"),
    (OpensOnce, "test_a_cut_line_is_an_error_and_opening_again_mends_it"),
    (OpensOnce, "test_close_is_harmless_when_repeated"),
    (FailsOnSecondClose, "test_close_is_harmless_when_repeated"),
    (WaitsThroughClose, "test_close_wakes_a_waiting_read"),
    (LeavesAThread, "test_every_figure_arrives_unchanged"),
    (ChecksNoSum, "test_a_corrupted_message_is_refused"),
    (IsDeafAfterJunk, "test_a_torn_message_is_lost_alone"),
    (KeepsEverything, "test_a_flood_of_junk_does_not_grow_memory"),
    (Commands, "test_nothing_is_sent_but_the_declared_queries"),
    (AsksWithoutEnd, "test_a_crash_loop_asks_no_more_than_the_budget"),
    (FailsWhenSettledTwice, "test_settling_twice_and_from_another_thread_is_harmless"),
]
IDS = [f"{broken.__name__}-{name}" for broken, name in BROKEN]


def run(make: type[SoundDriver], name: str, kit: DriverConformance | None = None, **arguments: Any) -> None:
    """Run one check of the kit as pytest would, without its fixtures."""
    pumps = ("one", "two") if name == "test_pumps_on_one_link_are_told_apart" else ("one",)
    bench = MemoryBench(make, pumps=pumps)
    kit = kit or (AskingKit() if make.asks else Kit())
    function: Callable[..., None] = getattr(kit, name)
    wanted = function.__code__.co_varnames[: function.__code__.co_argcount]
    with ExitStack() as stack:
        if "reader" in wanted or "driver" in wanted:
            arguments["driver"] = stack.enter_context(closed_in_the_end(make(context_for(bench), bench)))
        if "reader" in wanted:
            arguments["reader"] = Reader(arguments["driver"], kit.capabilities.patience_s)
            arguments["reader"].open_again()
        arguments["bench"] = bench
        function(**{argument: arguments[argument] for argument in wanted if argument != "self"})


@pytest.mark.parametrize(("broken", "name"), BROKEN, ids=IDS)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_broken_promise_is_caught(broken: type[SoundDriver], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "THREAD_END_S", 0.2)
    kit = SlowKit() if broken is WaitsThroughClose else HastyAskingKit() if broken.asks else HastyKit()
    with pytest.raises((AssertionError, LinkError)):
        run(broken, name, kit)


@pytest.mark.parametrize("name", sorted({name for _, name in BROKEN}))
def test_a_sound_driver_passes(name: str) -> None:
    run(Asks if "crash_loop" in name else SoundDriver, name)


@pytest.mark.parametrize("broken", [DropsJunkUncounted, IsDeafAfterJunk])
def test_a_driver_that_junk_confuses_is_caught(broken: type[SoundDriver]) -> None:
    run(SoundDriver, "test_junk_is_counted_and_costs_no_later_message", junk=b"junk\n")
    with pytest.raises(AssertionError):
        run(broken, "test_junk_is_counted_and_costs_no_later_message", HastyKit(), junk=b"junk\n")


def test_a_driver_that_mixes_pumps_is_caught() -> None:
    run(SoundDriver, "test_pumps_on_one_link_are_told_apart")
    with pytest.raises(AssertionError):
        run(MixesPumps, "test_pumps_on_one_link_are_told_apart", HastyKit())


def test_a_doubled_message_is_harmless_to_a_sound_driver() -> None:
    run(SoundDriver, "test_a_clumsy_line_changes_no_message", how=Disturbance.DOUBLED)


def test_a_check_that_passes_an_unknown_option_is_caught() -> None:
    bench = MemoryBench(SoundDriver, check_options=lambda options: check({"device": options["device"]}))
    with pytest.raises(AssertionError, match="no_such_option"):
        Kit().test_an_unknown_option_is_a_fault_that_names_it(bench)


def test_a_check_that_accepts_any_type_is_caught() -> None:
    bench = MemoryBench(SoundDriver, check_options=lambda _options: [])
    with pytest.raises(AssertionError, match="device"):
        Kit().test_each_option_of_a_wrong_type_is_a_fault_that_names_it(bench)


def test_a_check_that_opens_the_line_is_caught(tmp_path: Path) -> None:
    port = tmp_path / "port"
    port.touch()

    def opens(options: Mapping[str, Any]) -> list[str]:
        Path(options["device"]).open().close()
        return []

    bench = MemoryBench(SoundDriver, check_options=opens)
    bench.options = {"device": str(port)}
    with pytest.raises(AssertionError, match="Before open"):
        Kit().test_checking_and_making_open_nothing(bench)


def test_a_driver_that_is_not_installed_is_not_found() -> None:
    with pytest.raises(AssertionError, match="No entry point"):
        Kit().test_the_registry_finds_the_driver_by_its_name(MemoryBench(SoundDriver))


def test_a_line_that_cannot_tell_running_from_stopped_is_no_line() -> None:
    with pytest.raises(ValueError, match="of no use"):
        Capabilities(deliveries=frozenset({DeliveryStatus.DELIVERING}))


def test_a_driver_with_a_budget_declares_what_it_asks() -> None:
    with pytest.raises(ValueError, match="queries"):
        Capabilities(queries_per_minute_max=4)
