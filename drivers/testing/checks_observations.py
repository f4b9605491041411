"""The kit's checks of what a driver reports: every word of the pump arrives, unchanged and under its own pump."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from drivers.contract import (
    AlarmObserved,
    AlarmPhase,
    DeliveryStatus,
    Driver,
    LogEvent,
    LogEventObserved,
    NotDeliveringReason,
    Observation,
    StatusObserved,
)
from drivers.testing.bench import Bench
from drivers.testing.fixtures import DELIVERING, STOPPED, KitFixtures, same_status
from drivers.testing.reader import Reader

OLD_S = 3600.0
"""The age of a late entry of the log; far longer than reading it can take, also where a bench hurries time."""


def is_alarm(code: str, phase: AlarmPhase) -> Callable[[str, Observation], bool]:
    """Return a test for one moment of one alarm."""
    return lambda _pump, heard: isinstance(heard, AlarmObserved) and (heard.code, heard.phase) == (code, phase)


def is_log_event(event: LogEvent) -> Callable[[str, Observation], bool]:
    """Return a test for one entry of the log."""
    return lambda _pump, heard: isinstance(heard, LogEventObserved) and heard.event == event


class ObservationChecks(KitFixtures):
    """What the pump says is what the monitor hears."""

    def test_every_delivery_state_arrives_unchanged(self, bench: Bench, reader: Reader) -> None:
        """A state that the line can tell apart is neither lost nor mended."""
        for delivery in sorted(self.capabilities.deliveries):
            rate_ml_per_h = 0.0 if delivery is DeliveryStatus.NOT_DELIVERING else 10.0
            said = StatusObserved(delivery=delivery, rate_ml_per_h=rate_ml_per_h, volume_delivered_ml=120.0)
            self.hears(bench, reader, said)

    def test_every_figure_arrives_unchanged(self, bench: Bench, reader: Reader) -> None:
        """Rate, volumes, battery and alarms keep their value and their unit."""
        self.hears(bench, reader, DELIVERING)
        self.hears(bench, reader, STOPPED)

    def test_every_reason_arrives_unchanged(self, bench: Bench, reader: Reader) -> None:
        """Why the pump does not deliver is passed on where the line says it."""
        for reason in sorted(self.capabilities.reasons, key=list(NotDeliveringReason).index):
            self.hears(bench, reader, StatusObserved(delivery=DeliveryStatus.NOT_DELIVERING, reason=reason))

    def test_every_alarm_of_a_status_arrives_unchanged(self, bench: Bench, reader: Reader) -> None:
        """An active alarm is reported by our word for it; one without a word is ``unknown-alarm``."""
        if not self.capabilities.status_alarms:
            pytest.skip("the line's status lists no alarms")
        for code in sorted(self.capabilities.alarms):
            said = StatusObserved(delivery=DeliveryStatus.NOT_DELIVERING, rate_ml_per_h=0.0, alarms=(code,))
            self.hears(bench, reader, said)

    def test_the_start_and_the_end_of_every_alarm_arrive(self, bench: Bench, reader: Reader) -> None:
        """An alarm's two moments are told apart and keep their code."""
        if not self.capabilities.alarm_events:
            pytest.skip("the line carries no alarm events")
        for code in sorted(self.capabilities.alarms):
            for phase in AlarmPhase:
                bench.play(bench.pumps[0], AlarmObserved(code=code, phase=phase, raw_code=f"RAW-{code}"))
                reader.until(is_alarm(code, phase), f"the {phase} of the alarm {code}")

    def test_every_entry_of_the_log_arrives_with_its_age(self, bench: Bench, reader: Reader) -> None:
        """A late entry says how late it is, because absolute pump time is not trusted."""
        if not self.capabilities.log_events:
            pytest.skip("the line carries no log")
        for event in sorted(self.capabilities.log_events):
            bench.play(bench.pumps[0], LogEventObserved(event=event, age_s=OLD_S))
            _, heard = reader.until(is_log_event(event), f"the log entry {event}")
            wrong_s = abs(heard.age_s - OLD_S) if isinstance(heard, LogEventObserved) else 0.0
            assert wrong_s < OLD_S / 4, f"The entry is {OLD_S:g} s old, give or take the reading: {heard}"

    def test_pumps_on_one_link_are_told_apart(self, bench: Bench, reader: Reader) -> None:
        """No pump's word is taken for another's."""
        if not bench.plugin.many_pumps:
            assert len(bench.pumps) == 1, "A link with one pump has a bench with one pump."
            pytest.skip("the link serves one pump")
        assert len(bench.pumps) >= 2, "A link for many pumps needs a bench with two."
        for pump, said in zip(bench.pumps, (DELIVERING, STOPPED), strict=False):
            self.hears(bench, reader, said, pump)
        seen = {(pump, heard.delivery) for pump, heard in reader.last if isinstance(heard, StatusObserved)}
        wrong = seen - {(bench.pumps[0], DELIVERING.delivery), (bench.pumps[1], STOPPED.delivery)}
        assert not wrong, f"These were never said by these pumps: {sorted(wrong)}."

    def test_what_was_not_settled_is_said_again(self, bench: Bench, driver: Driver, reader: Reader) -> None:
        """A crash between reading and the commit loses nothing where the source can repeat."""
        if not self.capabilities.repeats_unsettled:
            pytest.skip("the source forgets what it has said")

        def wanted(_pump: str, heard: Observation) -> bool:
            return isinstance(heard, StatusObserved) and same_status(DELIVERING, heard, self.capabilities)

        bench.play(bench.pumps[0], DELIVERING)
        reader.until(wanted, "the status, to be read and not settled", settle=False)
        driver.close()
        reader.open_again(reader.bookmark)
        reader.until(wanted, "once more the status that was not settled")
