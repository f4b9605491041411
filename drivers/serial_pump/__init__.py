"""Pumps on a serial line: the plugins, which load pyserial only when a line is made."""

from __future__ import annotations

from drivers.contract import Driver, DriverContext, DriverPlugin
from drivers.serial_pump.options import check_json_lines, check_zyno


def _create_zyno(context: DriverContext) -> Driver:
    from drivers.serial_pump.zyno_driver import ZynoDriver  # noqa: PLC0415 - pyserial is loaded only here

    return ZynoDriver(context)


def _create_json_lines(context: DriverContext) -> Driver:
    from drivers.serial_pump.json_lines_driver import JsonLinesDriver  # noqa: PLC0415 - pyserial is loaded only here

    return JsonLinesDriver(context)


zyno_plugin = DriverPlugin(
    name="serial-zyno",
    summary="Zyno MIVA family over a serial line, read-only polling with the pump's own log",
    check=check_zyno,
    create=_create_zyno,
)

json_lines_plugin = DriverPlugin(
    name="serial-json-lines",
    summary="observations as JSON lines over a serial line or socket; only listens",
    check=check_json_lines,
    create=_create_json_lines,
)
