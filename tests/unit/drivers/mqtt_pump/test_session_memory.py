"""Shows what of a broker's session survives a restart, and that doubt means not knowing."""

from __future__ import annotations

import pytest

from drivers.mqtt_pump.options import parse
from drivers.mqtt_pump.session_memory import SAVE_EVERY_S, SessionMemory

OPTIONS = {"host": "localhost", "client_id": "gateway-1"}


class Kept:
    """A driver's memory."""

    def __init__(self, data: bytes | None = None) -> None:
        self.data = data
        self.saves = 0

    def load(self) -> bytes | None:
        return self.data

    def save(self, data: bytes) -> None:
        self.data = data
        self.saves += 1


def test_the_bound_is_found_again() -> None:
    kept = Kept()
    SessionMemory(kept, parse(OPTIONS)).save(1234.5, 2000.0)
    found = SessionMemory(kept, parse(OPTIONS))
    assert found.floor_at_s == 1234.5
    assert found.topics == parse(OPTIONS).subscriptions


def test_nothing_is_known_of_another_session() -> None:
    kept = Kept()
    SessionMemory(kept, parse(OPTIONS)).save(1234.5, 2000.0)
    for changed in ({"client_id": "gateway-2"}, {"host": "127.0.0.1"}, {"port": 1884}):
        assert SessionMemory(kept, parse(OPTIONS | changed)).floor_at_s is None


@pytest.mark.parametrize("data", [None, b"", b"{}", b"[1]", b"\xff", b'{"floor_at_s": "x"}'])
def test_nothing_is_known_from_bytes_that_make_no_sense(data: bytes | None) -> None:
    found = SessionMemory(Kept(data), parse(OPTIONS))
    assert found.floor_at_s is None
    assert not found.topics


def test_the_bound_is_stored_a_few_times_a_minute_at_most() -> None:
    kept = Kept()
    memory = SessionMemory(kept, parse(OPTIONS))
    for second in range(60):
        memory.save_now_and_then(float(second), 1000.0 + second)
    assert kept.saves == 60 / SAVE_EVERY_S


def test_an_unchanged_bound_is_not_stored_again() -> None:
    kept = Kept()
    memory = SessionMemory(kept, parse(OPTIONS))
    memory.save(5.0, 1000.0)
    memory.save(5.0, 2000.0)
    assert kept.saves == 1


def test_a_marker_of_a_name_that_was_never_ours_is_foreign() -> None:
    kept = Kept()
    first = SessionMemory(kept, parse(OPTIONS))
    first.begin(5.0, 1000.0)
    second = SessionMemory(kept, parse(OPTIONS))
    second.begin(5.0, 2000.0)
    assert second.is_foreign("somebody")
    assert not second.is_foreign(first.instance)
    assert not second.is_foreign(second.instance)


def test_on_the_very_first_connection_nobody_is_foreign() -> None:
    memory = SessionMemory(Kept(), parse(OPTIONS))
    memory.begin(5.0, 1000.0)
    assert not memory.is_foreign("an earlier installation")
    memory.begin(5.0, 2000.0)
    assert memory.is_foreign("somebody")


def test_our_name_is_stored_before_anybody_sees_it_and_few_are_kept() -> None:
    kept = Kept()
    names = []
    for run in range(10):
        memory = SessionMemory(kept, parse(OPTIONS))
        memory.begin(float(run), 1000.0)
        names.append(memory.instance)
    last = SessionMemory(kept, parse(OPTIONS))
    assert not last.is_foreign(names[-1])
    assert last.is_foreign(names[0])
    assert len(kept.data or b"") < 4096
