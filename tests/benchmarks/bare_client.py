"""Receives MQTT messages with paho as it comes and only counts them: what the daemon is compared with.

Started with port, site and the file for the count; prints "ready" when it is subscribed. MQTT 5, QoS 1,
automatic acknowledgement, paho's default settings.
"""

from __future__ import annotations

import mmap
import sys
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

COUNTED_EVERY = 100


def main(port: int, site: str, counter: Path) -> None:
    """Count until killed."""
    counter.write_bytes(bytes(8))
    with counter.open("r+b") as file:
        shared = mmap.mmap(file.fileno(), 8)
    seen = 0

    def on_message(_client: Any, _data: Any, _message: Any) -> None:
        nonlocal seen
        seen += 1
        if not seen % COUNTED_EVERY:
            shared[:8] = seen.to_bytes(8, "little")

    def on_connect(*_: Any) -> None:
        client.subscribe(f"pumpwatch/1/{site}/+/observation", qos=1)

    def on_subscribe(*_: Any) -> None:
        sys.stdout.write("ready\n")
        sys.stdout.flush()

    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bare", protocol=MQTTProtocolVersion.MQTTv5)
    client.on_message = on_message
    client.on_connect = on_connect
    client.on_subscribe = on_subscribe
    client.connect("127.0.0.1", port)
    client.loop_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
