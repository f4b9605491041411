"""The manufacturer's own client, unchanged, talks to the simulated Zyno pump and reads what was meant.

The client runs in a process of its own, because it prints a lot, writes files into its folder and can
hang; everything it is asked is answered over a pseudo-terminal by the simulator, also its own process.
"""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CLIENT_S_MAX = 110
"""A client that takes longer hangs."""

LINK_NAME = "com7"
"""The client accepts only names like a serial port's, relative to its folder."""

START_S = 2_592_000
"""What the pump's clock shows when the story begins: thirty days."""

QUIET_STORY = """
description = "A kink, then a stop that is left alone, then running."
duration = "4h"
[pump]
infused_ml = 100.0
firmware_age_s = 2592000
[[actions]]
at = "+01:00"
action = "occlude_downstream"
[[actions]]
at = "+02:00"
action = "release"
[[actions]]
at = "+02:01"
action = "run"
[[actions]]
at = "+03:00"
action = "stop"
[[actions]]
at = "+03:08"
action = "run"
"""

LIVELY_STORY = """
description = "Stopped and reminded while somebody watches."
duration = "20m"
[pump]
reminder_s = 120
firmware_age_s = 2592000
[[actions]]
at = "+00:04"
action = "stop"
[[actions]]
at = "+00:07"
action = "run"
"""


class Simulation:
    """The simulator as a process, with its link in the folder of the client."""

    def __init__(self, folder: Path, story: str, *options: str) -> None:
        self.folder = folder
        (folder / "story.toml").write_text(story, encoding="utf-8")
        self.received_file = folder / "received.jsonl"
        command = [sys.executable, "-m", "simulator", "--face", "zyno", "--link", str(folder / LINK_NAME)]
        command += ["--story", str(folder / "story.toml"), "--received", str(self.received_file), *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._guard = threading.Timer(CLIENT_S_MAX, self._process.kill)
        self._guard.start()

    def wait_for(self, word: str) -> None:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith(word), line

    def received(self) -> list[dict[str, str]]:
        """End the simulation and return every frame that it heard."""
        self._process.terminate()
        assert self._process.wait(CLIENT_S_MAX) == 0
        return [json.loads(line) for line in self.received_file.read_text(encoding="utf-8").splitlines()]

    def close(self) -> None:
        self._guard.cancel()
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture(scope="module")
def simulate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Simulation]]:
    running: list[Simulation] = []

    def start(story: str, *options: str) -> Simulation:
        running.append(Simulation(tmp_path_factory.mktemp("client"), story, *options))
        running[-1].wait_for("ready")
        return running[-1]

    yield start
    for each in running:
        each.close()


@pytest.fixture(scope="module")
def asked(simulate: Callable[..., Simulation]) -> tuple[Any, list[dict[str, str]]]:
    """Ask everything once, after the story is over; return the answers and what the pump heard."""
    simulation = simulate(QUIET_STORY, "--speed", "3600")
    simulation.wait_for("over")
    answer, _ = run_client(simulation.folder, "ask_everything")
    return answer, simulation.received()


def run_client(folder: Path, function: str) -> tuple[Any, str]:
    """Run a function of this file in a process and return its answer and everything it printed."""
    program = f"import runpy; runpy.run_path({__file__!r})[{function!r}]()"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=CLIENT_S_MAX, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads((folder / "answer.json").read_text(encoding="utf-8")), done.stdout


def open_client() -> Any:
    """Open the client; only ever called in its own process."""
    from pyZynoUnifiedDrivers.visa import ResourceManager  # noqa: PLC0415 - imported in its own process only

    miva = ResourceManager().open_resource(LINK_NAME)
    # The client takes 25 ms of silence for the end of an answer; a loaded machine may need far longer to let the
    # simulator run at all. So its port waits for the mark that ends an answer; silence is only longer than any load.
    miva.serial.timeout = 3.0
    miva.serial.readline = functools.partial(miva.serial.read_until, b"\x03")
    return miva


def ask_everything() -> None:
    """Make every reading call of the client and write down the answers."""
    miva = open_client()
    answer = {
        "serial": miva.get_pump_sn(),
        "indices": miva.read_event_log_indices(),
        "firmware": miva.get_firmware_version(),
        "library": miva.get_library_name_version(),
        "platform": miva.read_platform(),
        "volts": miva.get_battery_voltage(),
        "total_ml": miva.get_total_volume_infused(),
        "on_s": miva.get_total_pump_on_time(),
        "clock": miva.read_pump_time(),
        "pressures": miva.get_occlusion_sensor(),
        "sensors": miva.get_all_sensor(),
        "mode": miva.get_infusion_mode(),
        "time_s": miva.get_infusion_time(),
        "unit": miva.get_infusion_rate_unit(),
        "infused_ml": miva.get_infusion_vinf(),
        "programmed_ml": miva.get_infusion_vtbi(),
        "has_bolus": miva.is_bolus_running(),
        "demand_bolus": miva.get_protocol_demand_bolus_vtbi(),
        "identity": miva.query("*IDN?"),
        "is_running": miva.send_command(":infusion:running?"),
        "rate": miva.send_command(":INFUsion:RATE?"),
        "setter": miva.query("WT02"),
        "log": miva.read_multiple_event_log(-1),
        "last_pause": miva.send_command(":event:INFUSION_PAUSED?"),
    }
    miva.close()
    Path("answer.json").write_text(json.dumps(answer), encoding="utf-8")


def watch() -> None:
    """Let the client's event monitor run until it has seen the pump run again."""
    from pyZynoUnifiedDrivers.miva.module_event_log import EventLogMonitor  # noqa: PLC0415 - as above

    miva, monitor = open_client(), EventLogMonitor()
    read = miva.read_range_event_log

    def read_until_it_runs(*place: int) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = read(*place)
        if any(entry.get("event_type") == "RUN_INFUSION" for entry in entries):
            monitor.stop()
        return entries

    miva.read_range_event_log = read_until_it_runs
    monitor.start(miva)
    miva.close()
    Path("answer.json").write_text("null", encoding="utf-8")


def at_s(entry: dict[str, Any]) -> int:
    """Return the pump's seconds that the client shows beside its own wall time."""
    match = re.search(r"(\d+) sec\)", entry["time"])
    assert match is not None, entry
    return int(match[1])


def test_the_makers_client_reads_what_the_simulated_pump_meant(asked: tuple[Any, Any]) -> None:
    answer, _ = asked
    assert answer["serial"] == "SN800009"
    assert answer["firmware"] == "1.2.3"
    assert answer["library"] == {"name": "LIB1", "version": "0003"}
    assert answer["platform"] == "H"
    assert answer["identity"] == "ZYNO MEDICAL,MIVA,SN800009,1.2.3"
    assert answer["indices"]["tail"] == "00000000"
    assert int(answer["indices"]["head"], 16) == 12
    assert answer["clock"][0] == "F"
    assert int(answer["clock"][1:], 16) >= START_S + 4 * 3600
    assert answer["on_s"] >= 600 + 4 * 3600
    assert 2.2 < answer["volts"] <= 3.2
    assert answer["sensors"]["motor_running"] == 1
    assert answer["sensors"]["battery_voltage"] == pytest.approx(answer["volts"], abs=0.05)
    assert answer["pressures"] == {"up": 20, "down": 20}
    assert answer["mode"] == "CONT"
    assert answer["unit"] == "ML/HR"
    assert answer["programmed_ml"] == 240.0
    # Asked a little later than the total, at an hour of the story per second.
    assert 100 + 10 < answer["total_ml"] <= answer["infused_ml"] + 0.1
    assert answer["has_bolus"] is False
    assert answer["demand_bolus"] == ""
    assert answer["is_running"] is True
    assert answer["rate"] == 5.0


def test_a_writing_command_of_the_makers_client_is_refused(asked: tuple[Any, Any]) -> None:
    answer, received = asked
    assert answer["setter"] == ""
    verdicts = {bytes.fromhex(each["raw"])[1:-3].decode(): each["verdict"] for each in received}
    assert verdicts["WT02"] == "refused"
    assert {verdict for payload, verdict in verdicts.items() if payload != "WT02"} == {"answered"}


def test_the_makers_client_lists_the_log_entry_by_entry(asked: tuple[Any, Any]) -> None:
    answer, _ = asked
    h = 3600
    log = answer["log"]
    events = [entry for entry in log if "event_type" in entry]
    assert [(each["event_type"], each.get("sub_type"), at_s(each) - START_S) for each in events] == [
        ("POWER_ON", None, -600),
        ("INFUSION_DATA", None, -600),
        ("INFUSION_DATA", None, -600),
        ("RUN_INFUSION", None, -600),
        # 1.24 mL at 5 mL/h: the pump notices 892.8 s after the kink.
        ("OCCLUSION_ALARM", "DOWNSTREAM_OCCLUSION", h + 892),
        ("OCCLUSION_ALARM", "OCCLUSION_CLEARED", 2 * h),
        ("RUN_INFUSION", None, 2 * h + 60),
        ("INFUSION_PAUSED", None, 3 * h),
        ("UNATTENDED_ALARM", None, 3 * h + 300),
        # The published table has no word for the end of a reminder; the pump writes it for itself.
        ("DEBUG", None, 3 * h + 480),
        ("RUN_INFUSION", None, 3 * h + 480),
    ]
    assert events[0]["battery_status"] == "BATTERY_HIGH"
    program = next(entry for entry in log if "cont_dose_rate" in entry)
    assert (program["name"], program["cont_dose_rate"], program["vtbi"]) == ("Daily 1", 5.0, 240.0)
    # 10 min before the story, 74.88 min up to the alarm, 59 min up to the pause.
    paused_ml = 100 + 5 * (10 + 74.88 + 59) / 60
    assert events[7]["vinf (mL)"] == pytest.approx(paused_ml, abs=0.01)
    assert answer["last_pause"]["event_type"] == "INFUSION_PAUSED"


def test_the_makers_event_monitor_sees_events_as_they_happen(simulate: Callable[..., Simulation]) -> None:
    # A minute of the story in a real second: the monitor has four to look for the first time.
    simulation = simulate(LIVELY_STORY, "--speed", "60", "--wait-until-opened")

    _, printed = run_client(simulation.folder, "watch")

    seen = re.findall(r'"event_type": "(\w+)"', printed)
    # What the published table has no word for, here that the reminder is over, is a debug entry.
    assert [each for each in seen if each != "DEBUG"] == ["INFUSION_PAUSED", "UNATTENDED_ALARM", "RUN_INFUSION"]
    assert "key: Ok/Enter (short)" in printed
    pressed = [each for each in simulation.received() if each["verdict"] == "pressed"]
    assert {each["raw"] for each in pressed} == {"024B453430463403"}


def test_the_link_is_gone_when_the_simulator_has_stopped(simulate: Callable[..., Simulation]) -> None:
    simulation = simulate(QUIET_STORY)
    assert os.path.lexists(simulation.folder / LINK_NAME)
    simulation.received()
    assert not os.path.lexists(simulation.folder / LINK_NAME)
