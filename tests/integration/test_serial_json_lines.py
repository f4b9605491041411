"""JSON lines over real pseudo-terminals and sockets: half lines, noise, cuts, and not one byte sent."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.contract import AlarmObserved, StatusObserved
from drivers.errors import LinkError
from drivers.serial_pump import json_lines_plugin
from drivers.serial_pump.json_lines_driver import JsonLinesDriver
from far_end import FarEnd, Listener, context_for

STATUS = b'{"v":1,"kind":"status","delivery":"delivering","rate_ml_per_h":5}\n'
ALARM = b'{"v":1,"kind":"alarm","code":"occl-down","phase":"start"}\n'


@pytest.fixture
def far_end(tmp_path: Path) -> Iterator[FarEnd]:
    with FarEnd(tmp_path) as far_end:
        yield far_end


@pytest.fixture
def listener(far_end: FarEnd) -> Iterator[Listener]:
    driver = json_lines_plugin.create(context_for(far_end.path))
    driver.open(None)
    yield Listener(driver)
    driver.close()


def test_lines_are_heard_and_nothing_is_ever_sent(far_end: FarEnd, listener: Listener) -> None:
    far_end.say(STATUS + ALARM)
    listener.until(lambda: len(listener.heard) == 2)
    assert [type(each) for each in listener.heard] == [StatusObserved, AlarmObserved]
    assert listener.bookmark is None
    far_end.catch_up()
    assert far_end.heard == b""


def test_a_half_line_waits_for_its_other_half(far_end: FarEnd, listener: Listener) -> None:
    far_end.say(STATUS[:20])
    assert listener.step() is None
    far_end.say(STATUS[20:])
    listener.until(lambda: len(listener.heard) == 1)


def test_noise_is_refused_with_its_place_and_costs_no_line(far_end: FarEnd, listener: Listener) -> None:
    far_end.say(b"\x00\xff\x02noise\n" + STATUS + b"{half\n" + ALARM)
    listener.until(lambda: len(listener.heard) == 2)
    assert listener.causes == ["not-utf8", "not-json"]


def test_refusals_are_sampled_and_counted(far_end: FarEnd, listener: Listener) -> None:
    far_end.say(b"x\n" * 500)
    listener.until(lambda: listener.refused_count == 500)
    assert len(listener.causes) < 500


def test_a_flood_is_taken_in_bounded_batches(far_end: FarEnd, listener: Listener) -> None:
    writer = threading.Thread(target=lambda: far_end.say(STATUS * 3000))
    writer.start()
    sizes: list[int] = []

    def note() -> bool:
        return len(listener.heard) == 3000

    while not note():
        batch = listener.step(1.0)
        sizes += [len(batch.items)] if batch is not None else []
        assert len(sizes) < 3000
    writer.join(60)
    assert max(sizes) <= 512


def test_a_cut_line_is_an_error_and_opening_again_mends_it(far_end: FarEnd, listener: Listener) -> None:
    far_end.unplug()
    assert "unplugged" in str(listener.until_cut())
    with pytest.raises(LinkError, match="not there"):
        listener.driver.open(None)
    far_end.plug(as_another=True)
    listener.driver.open(None)
    far_end.say(ALARM)
    listener.until(lambda: len(listener.heard) == 1)


def test_a_second_program_is_refused(far_end: FarEnd, listener: Listener) -> None:
    second = json_lines_plugin.create(context_for(far_end.path))
    with pytest.raises(LinkError, match="in use by another program"):
        second.open(None)


def test_a_path_that_is_no_line_is_an_error(tmp_path: Path) -> None:
    plain = tmp_path / "file"
    plain.write_text("no terminal")
    with pytest.raises(LinkError, match="failed"):
        json_lines_plugin.create(context_for(plain)).open(None)


def test_close_wakes_a_waiting_read(far_end: FarEnd) -> None:
    driver = JsonLinesDriver(context_for(far_end.path))
    driver.open(None)
    brought: list[object] = []
    reader = threading.Thread(target=lambda: brought.append(driver.read(60.0)), daemon=True)
    reader.start()
    while not driver._link._reading.locked():
        reader.join(0.01)
    closer = threading.Thread(target=driver.close, daemon=True)
    closer.start()
    for thread in (closer, reader):
        thread.join(60)
        assert not thread.is_alive()
    assert brought == [None]
    driver.close()


def test_silence_is_none(listener: Listener) -> None:
    assert [listener.driver.read(timeout_s) for timeout_s in (0.0, 0.05)] == [None, None]


def test_the_parity_of_the_options_reaches_the_line(far_end: FarEnd) -> None:
    driver = json_lines_plugin.create(context_for(far_end.path, baud=19_200, parity="even", data_bits=7, stop_bits=2))
    driver.open(None)
    far_end.say(STATUS)
    heard = Listener(driver)
    heard.until(lambda: len(heard.heard) == 1)
    driver.close()


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        yield server


def test_a_socket_is_a_line_too(server: socket.socket) -> None:
    url = f"socket://127.0.0.1:{server.getsockname()[1]}"
    driver = json_lines_plugin.create(context_for(url))
    driver.open(None)
    listener = Listener(driver)
    far, _ = server.accept()
    with far:
        named = json.dumps({"v": 1, "kind": "event", "event": "power-on", "pump": "p1"}).encode()
        far.sendall(STATUS + named + b"\n" + ALARM.replace(b'"v":1', b'"v":1,"pump":"p2"'))
        listener.until(lambda: listener.refused_count == 1)
    assert len(listener.heard) == 2
    assert listener.causes == ["wrong-pump"]
    assert "closed the connection" in str(listener.until_cut())
    driver.open(None)
    far, _ = server.accept()
    with far:
        far.sendall(ALARM)
        listener.until(lambda: len(listener.heard) == 3)
    driver.close()


def test_a_socket_that_nobody_serves_is_an_error(server: socket.socket) -> None:
    port = server.getsockname()[1]
    server.close()
    with pytest.raises(LinkError):
        json_lines_plugin.create(context_for(f"socket://127.0.0.1:{port}")).open(None)
