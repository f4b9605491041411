"""A real daemon in trouble: junk, full disk, stop at any moment; told clearly, and life goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import tty
from pathlib import Path
from typing import Any

from living import Hand, Living, eventually
from mosquitto import Broker, free_port
from small_disk import small_disk

WHOLE = b'{"v":1,"kind":"status","delivery":"delivering","rate_ml_per_h":5.0}\n'

CONFIG = """
[site]
id = "home"
call_back_number = "+1 555 0100"
[storage]
url = "sqlite:///{store}/pumpwatch.db"
[feed]
port = 0
[[pumps]]
id = "wired"
driver = "serial-json-lines"
order = {{ rate_ml_per_h = 5.0 }}
options = {{ device = "{folder}/line" }}
[[pumps]]
id = "bed-1"
order = {{ rate_ml_per_h = 5.0 }}
[[sources]]
name = "broker"
driver = "mqtt"
[sources.options]
host = "127.0.0.1"
port = {port}
client_id = "monitor-in-trouble"
"""


class Plug:
    """The far end of a pseudo-terminal under the name that the configuration gives."""

    def __init__(self, link: Path) -> None:
        self._link = link
        self._ends = os.openpty()
        tty.setraw(self._ends[1])
        link.symlink_to(os.ttyname(self._ends[1]))

    def say(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._ends[0], data[:4096]) :]

    def pull(self) -> None:
        self._link.unlink()
        for end in self._ends:
            os.close(end)


def config(folder: Path, *, port: int = 0, store: Path | None = None) -> str:
    return CONFIG.format(folder=folder, store=store or folder, port=port or free_port())


def log(living: Living) -> str:
    return (living.folder / "daemon.log").read_text()


def open_codes(living: Living) -> set[str]:
    return {alert["code"] for alert in living.items("/api/v1/alerts?open=true")}


def all_codes(living: Living) -> set[str]:
    """Return the codes of all conditions, those that have ended included."""
    return {alert["code"] for alert in living.items("/api/v1/alerts")}


def storage(living: Living) -> Any:
    """Return how the store is."""
    return living.health()["checks"][0]


def is_open(living: Living, name: str) -> bool:
    return any(check["name"] == name and check["ok"] for check in living.health()["checks"])


def refused(living: Living) -> dict[str, int]:
    lines = living.ask("/metrics").text.splitlines()
    found = [line for line in lines if line.startswith("pumpwatch_refused_total{")]
    return {line.split('"')[1]: int(float(line.split()[-1])) for line in found}


def resident_kib(living: Living) -> int:
    assert living.process is not None
    status = Path(f"/proc/{living.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def delivery(living: Living, pump: str) -> str:
    return str(living.get(f"/api/v1/pumps/{pump}")["delivery"])


def test_endless_junk_is_one_line_in_the_log_counted_and_grows_no_memory(tmp_path: Path) -> None:
    plug = Plug(tmp_path / "line")
    with Living(tmp_path, config(tmp_path)) as living:
        eventually(lambda: is_open(living, "driver:pump:wired"))
        plug.say(b"\xff\xfe\n" * 2_000)
        eventually(lambda: sum(refused(living).values()) >= 2_000)
        before_kib = resident_kib(living)
        plug.say(b"A" * 16_000_000 + b"\n" + b"{\n" * 20_000)
        eventually(lambda: sum(refused(living).values()) >= 22_000)
        assert resident_kib(living) - before_kib < 20_000
        lines = [line for line in log(living).splitlines() if "input.refused" in line]
        # One a minute, and 22,000 refusals may last a few on a slow machine.
        assert 1 <= len(lines) <= 3, lines[:5]
        for part in (f"source={tmp_path}/line", "position=", "cause=not-utf8", "why="):
            assert part in lines[0]
        plug.say(WHOLE.replace(b"delivering", b"not-delivering"))
        eventually(lambda: delivery(living, "wired") == "not-delivering")
        assert living.stop() == 0
    plug.pull()


def test_hostile_messages_are_counted_by_cause_and_the_other_pump_goes_on(tmp_path: Path) -> None:
    with (
        Broker(tmp_path / "broker") as broker,
        Living(tmp_path, config(tmp_path, port=broker.port)) as living,
        Hand(broker.port) as hand,
    ):
        living.listen_to("broker")
        status: dict[str, Any] = {"kind": "status", "delivery": "delivering"}
        hand.say("wired", **{**status, "v": 9})
        hand.say("wired", **status, rate_ml_per_h=-1)
        hand.say("wired", **status, serial="\x00\n")
        hand.say("wired", **status, padding="x" * 5_000)
        hand.say("wired", **status, retain=True)
        hand.say("wired", kind="event", event="delivery-stop", age_s=1e18)
        for number in range(300):
            hand.say(f"stranger-{number}", wait=False, **status)
        hand.status("bed-1")
        eventually(lambda: delivery(living, "bed-1") == "delivering")
        causes = {
            "wrong-version": 1, "negative": 1, "bad-text": 1, "too-long": 1, "retained": 1,
            "out-of-range": 1, "unknown-pump": 300,
        }  # fmt: skip
        eventually(lambda: refused(living) == causes)
        assert living.get("/api/v1/pumps/wired")["link"]["last_contact_at"] is None
        named = [alert for alert in living.items("/api/v1/alerts") if alert["code"] == "unknown-pump"]
        assert 0 < len(named) <= 64
        assert log(living).count("source=pumpwatch/1/home/wired/observation") == 1
        assert living.stop() == 0


def test_a_full_disk_is_told_at_once_and_every_notice_still_goes_out(tmp_path: Path) -> None:
    card = tmp_path / "card"
    card.mkdir()
    with (
        small_disk(card, "6m"),
        Broker(tmp_path / "broker") as broker,
        Living(tmp_path, config(tmp_path, port=broker.port, store=card)) as living,
        Hand(broker.port) as hand,
    ):
        living.listen_to("broker")
        hand.status("bed-1")
        eventually(lambda: delivery(living, "bed-1") == "delivering")
        fill(card)
        hand.alarm("bed-1", "occl-up")
        eventually(lambda: "Pump alarm: occl-up." in log(living))
        eventually(lambda: "Alert: storage-degraded." in log(living))
        eventually(lambda: "the disk is full: free some space" in storage(living)["why"])
        (card / "filler").unlink()
        # How long the fault stays open once there is room is seconds or less: seen or not, it was stored.
        eventually(lambda: {"occl-up", "storage-degraded"} <= all_codes(living))
        eventually(lambda: "storage-degraded" not in open_codes(living))
        assert "occl-up" in open_codes(living)
        fill(card)
        hand.alarm("bed-1", "air")
        eventually(lambda: not storage(living)["ok"])
        assert living.stop() == 0


def fill(card: Path) -> None:
    with (card / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(4096))
        except OSError:
            return


def test_a_disk_fault_that_a_kill_cut_short_is_not_open_for_ever(tmp_path: Path) -> None:
    card = tmp_path / "card"
    card.mkdir()
    with (
        small_disk(card, "6m"),
        Broker(tmp_path / "broker") as broker,
        Living(tmp_path, config(tmp_path, port=broker.port, store=card)) as living,
        Hand(broker.port) as hand,
    ):
        living.listen_to("broker")
        fill(card)
        hand.status("bed-1")
        hand.alarm("bed-1", "occl-up")
        eventually(lambda: not storage(living)["ok"])
        (card / "filler").unlink()
        eventually(lambda: "storage-degraded" in all_codes(living))
        alert = next(one for one in living.items("/api/v1/alerts") if one["code"] == "storage-degraded")
        done = living.command("ack", alert["id"], "--by", "ann")
        assert "No such option" not in done.stderr
        again(living)
        assert "storage-degraded" not in open_codes(living)
        eventually(lambda: "occl-up" in open_codes(living))


def again(living: Living) -> None:
    living.kill()
    # The reader of the old process says its last word a little later.
    eventually(lambda: not any("_listen" in thread.name for thread in threading.enumerate()))
    while not living.lines.empty():
        living.lines.get()
    living.start()


def test_a_line_that_is_pulled_and_comes_late_is_told_and_taken_up_again(tmp_path: Path) -> None:
    with Living(tmp_path, config(tmp_path)) as living:
        eventually(lambda: "link-lost" in open_codes(living))
        plug = Plug(tmp_path / "line")
        eventually(lambda: is_open(living, "driver:pump:wired"))
        eventually(lambda: "link-lost" not in open_codes(living))
        plug.say(WHOLE)
        eventually(lambda: delivery(living, "wired") == "delivering")
        plug.pull()
        eventually(lambda: "link-lost" in open_codes(living))
        eventually(lambda: "may be unplugged" in log(living))
        assert living.stop() == 0


def test_a_stop_during_the_start_ends_it_cleanly(tmp_path: Path) -> None:
    path = tmp_path / "begun.toml"
    path.write_text(config(tmp_path))
    command = [sys.executable, "-m", "monitor", "run", "--config", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    eventually((tmp_path / "pumpwatch.db.lock").exists)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in said


def test_wrong_words_to_the_talking_commands_are_one_sentence(tmp_path: Path) -> None:
    with Living(tmp_path, config(tmp_path)) as living:
        for words in (
            ["status", "nobody"], ["status", "--token", "a\nb"], ["status", "--url", "ftp://x"],
            ["ack", "-a7", "--by", "x"], ["ack", "wired-a99", "--by", "x"],
            ["mark", "nobody", "bag-change", "--by", "x"],
        ):  # fmt: skip
            done = living.command(*words)
            # What cannot be asked at all is the caller's mistake; what the monitor refuses is an answer.
            assert done.returncode == (2 if "--token" in words or "--url" in words else 1), (words, done)
            assert done.stderr.startswith("pumpwatch: "), (words, done.stderr)
            assert done.stderr.count("\n") == 1, (words, done.stderr)


def test_a_story_with_an_endless_downtime_is_refused_by_line(tmp_path: Path) -> None:
    path, story = tmp_path / "pumpwatch.toml", tmp_path / "story.jsonl"
    path.write_text(config(tmp_path))
    story.write_text('{"at": "2026-11-22T11:00:00Z", "restart": {"down_s": 1e18, "clock": "good"}}\n')
    command = [sys.executable, "-m", "monitor", "replay", "--config", str(path), str(story)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=90)
    assert (done.returncode, done.stderr) == (0, "")
    assert "story.jsonl line 1: restart.down_s must be" in done.stdout
