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
    assert SessionMemory(kept, parse(OPTIONS)).load() == 1234.5


def test_nothing_is_known_of_another_session() -> None:
    kept = Kept()
    SessionMemory(kept, parse(OPTIONS)).save(1234.5, 2000.0)
    for changed in ({"client_id": "gateway-2"}, {"host": "127.0.0.1"}, {"port": 1884}):
        assert SessionMemory(kept, parse(OPTIONS | changed)).load() is None


@pytest.mark.parametrize("data", [None, b"", b"{}", b"[1]", b"\xff", b'{"floor_at_s": "x"}'])
def test_nothing_is_known_from_bytes_that_make_no_sense(data: bytes | None) -> None:
    assert SessionMemory(Kept(data), parse(OPTIONS)).load() is None


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
