"""The daemon as a whole: serial and MQTT at once, stopped, killed and started again, on real parts."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from living import COMMAND_S, Hand, Living, eventually
from mosquitto import Broker

CONFIG = """
[site]
id = "home"
time_zone = "Europe/Berlin"
call_back_number = "+1 555 0100"

[storage]
url = "sqlite:///{folder}/pumpwatch.db"

[feed]
port = 0

[[pumps]]
id = "wired"
driver = "serial-json-lines"
therapy = "blinatumomab"
order = {{ rate_ml_per_h = 5.0 }}

[pumps.options]
device = "{folder}/line"

[[fleets]]
{fleet}
therapy = "blinatumomab"
order = {{ rate_ml_per_h = 5.0 }}

[[sources]]
name = "broker"
driver = "mqtt"

[sources.options]
host = "127.0.0.1"
port = {port}
client_id = "monitor-under-test"
site = "home"
"""


def config(folder: Path, port: int, pumps: int = 8) -> str:
    ids = folder / "pumps.txt"
    ids.write_text("".join(f"bed-{number}\n" for number in range(pumps)))
    return CONFIG.format(folder=folder, port=port, fleet=f'ids_file = "{ids}"')


@pytest.fixture
def line(tmp_path: Path) -> Iterator[None]:
    """A simulated pump on a pseudo-terminal at ``line``."""
    command = [
        sys.executable, "-m", "simulator", "--story", "steady", "--face", "json-lines",
        "--link", str(tmp_path / "line"), "--report", "1s", "--while-stdin",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("ready")
    yield
    process.kill()
    process.wait()
    process.stdout.close()
    assert process.stdin is not None
    process.stdin.close()


@pytest.mark.usefixtures("line")
def test_serial_and_mqtt_are_watched_by_one_daemon(tmp_path: Path) -> None:
    with (
        Broker(tmp_path / "broker", persistent=True) as broker,
        Living(tmp_path, config(tmp_path, broker.port)) as living,
    ):
        with Hand(broker.port) as hand:
            eventually(lambda: _delivering(living, "wired"))
            living.listen_to("broker")
            hand.status("bed-1")
            eventually(lambda: _delivering(living, "bed-1"))
            hand.alarm("bed-1", "occl-up")
            (one,) = eventually(lambda: living.items("/api/v1/interruptions?open=true"))
            assert one["id"] == "bed-1-1"
            assert one["class"] == "below"
            hand.say("stranger", kind="status", delivery="delivering")
            eventually(lambda: "unknown-pump" in {alert["code"] for alert in living.items("/api/v1/alerts")})
            hand.status("bed-2", retain=True)
            (alert,) = [alert for alert in living.items("/api/v1/alerts?open=true") if alert["code"] == "occl-up"]
            done = living.command("ack", alert["id"], "--by", "ann")
            assert done.returncode == 0, done.stderr
            shown = living.command("alerts", "--json")
            assert '"acknowledged_by": "ann"' in shown.stdout
            assert living.command("mark", "wired", "bag-change", "--by", "ann").returncode == 0
            assert "bed-1" in living.command("status").stdout
        assert living.stop() == 0


def _delivering(living: Living, pump: str) -> bool:
    return bool(living.get(f"/api/v1/pumps/{pump}")["delivery"] == "delivering")


def test_a_restart_takes_up_every_open_interruption_with_the_downtime_as_width(tmp_path: Path) -> None:
    with (
        Broker(tmp_path / "broker", persistent=True) as broker,
        Hand(broker.port) as hand,
        Living(tmp_path, config(tmp_path, broker.port)) as living,
    ):
        living.listen_to("broker")
        hand.status("bed-3")
        hand.alarm("bed-3", "air")
        (before,) = eventually(lambda: living.items("/api/v1/interruptions?open=true"))
        living.kill()
        living.start()
        (after,) = living.items("/api/v1/interruptions?open=true")
        assert after["id"] == before["id"]
        assert after["opened_at"] == before["opened_at"]
        # Nothing was heard meanwhile: only the upper bound grew, and by no less than the time away.
        assert after["off_min_s"] == before["off_min_s"]
        assert after["off_max_s"] > before["off_max_s"]
        assert living.stop() == 0


@pytest.mark.timeout(400)
def test_nothing_accepted_is_lost_and_nothing_counted_twice_over_kills(tmp_path: Path) -> None:
    chance = random.Random(20261122)  # noqa: S311 - which moments are tried, no secret
    codes = ["air", "occl-up", "set-detached", "batt-low", "res-low", "fault", "temp", "key-stuck"]
    with (
        Broker(tmp_path / "broker", persistent=True) as broker,
        Living(tmp_path, config(tmp_path, broker.port)) as living,
    ):
        living.listen_to("broker")
        told: dict[str, list[str]] = {f"bed-{number}": [] for number in range(8)}
        with Hand(broker.port) as hand:
            for pump in told:
                hand.status(pump)
            for number in range(len(codes)):
                for pump, its in told.items():
                    hand.alarm(pump, codes[number])
                    its.append(codes[number])
                    if chance.random() < 0.15:
                        hand.alarm(pump, codes[number], again=True)
                    if chance.random() < 0.06:
                        living.kill()
                        living.start()
                    if chance.random() < 0.05:
                        broker.kill()
                        broker.start()
        expected = sorted((pump, code) for pump, all_of_it in told.items() for code in all_of_it)

        def raised() -> list[tuple[str, str]]:
            own = {"silent", "link-lost", "client-takeover"}
            return sorted(
                (one["pump"], one["code"]) for one in living.items("/api/v1/alerts") if one["code"] not in own
            )

        eventually(lambda: len(raised()) >= len(expected), 120)
        assert raised() == expected
        open_ones = living.items("/api/v1/interruptions?open=true")
        assert sorted(one["pump"] for one in open_ones) == sorted(told)


def test_a_wrong_configuration_names_every_fault_and_exits_2(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(
        '[site]\nid = "x"\ntime_zon = "UTC"\n[[pumps]]\nid = "p1"\ndriver = "serial-zyni"\ntherapy = "blinatumoma"\n'
    )
    command = [sys.executable, "-m", "monitor", "run", "--config", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=COMMAND_S)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    for word in ("time_zone", "serial-zyno", "blinatumomab"):
        assert word in done.stderr


def test_a_second_daemon_on_the_same_database_is_refused(tmp_path: Path) -> None:
    with Broker(tmp_path / "broker") as broker, Living(tmp_path, config(tmp_path, broker.port)) as living:
        command = [sys.executable, "-m", "monitor", "run", "--config", str(living.config)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=COMMAND_S)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "in use" in done.stderr
