"""The driver ``mqtt``: one broker connection, many pumps; the library is imported when a link is made."""

from __future__ import annotations

from drivers.contract import Driver, DriverContext, DriverPlugin
from drivers.mqtt_pump.options import check


def _create(context: DriverContext) -> Driver:
    from drivers.mqtt_pump.driver import MqttDriver  # noqa: PLC0415 - listing the drivers must not import paho

    return MqttDriver(context)


plugin = DriverPlugin(
    name="mqtt",
    summary="Pumps that report through an MQTT 5 broker, in the project's own JSON format",
    check=check,
    create=_create,
    many_pumps=True,
)
