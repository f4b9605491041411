"""Reads the options of the serial drivers, with all faults at once, before anything is opened."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from drivers.errors import OptionsError

QUERIES_PER_POLL = 5
"""What a poll sends when there is nothing new: who, when, log indices, sensors, volume."""

BYTES_PER_POLL = 30
"""What those queries amount to; reading a log entry takes 14."""

STEADY_PART = 0.8
"""So much of a budget flows steadily; the rest is for bursts (see ``budget``)."""

URL_SCHEMES = ("socket", "rfc2217", "loop", "hwgrep", "spy", "alt")
"""What may stand before ``://`` in a device; anything without that is a path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOptions:
    """How a line is opened: ``device`` is a path (also a symbolic link) or a pyserial URL."""

    device: str
    baud: int
    parity: str
    data_bits: int
    stop_bits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ZynoOptions:
    """Options of ``serial-zyno``; names and limits as in ``ZYNO_KEYS``."""

    line: LineOptions
    poll_s: float
    reply_timeout_s: float
    tries: int
    queries_per_minute: int
    bytes_per_minute: int
    checksum: str
    volume_counter: str
    clock_drift_ppm: float


class Key(NamedTuple):
    """One option: its default, and its limits or its words."""

    default: Any
    least: float = 0
    most: float = 0
    words: tuple[Any, ...] = ()


_LINE_KEYS = {
    "device": Key(None),
    "parity": Key("none", words=("none", "even", "odd")),
    "data_bits": Key(8, words=(7, 8)),
    "stop_bits": Key(1, words=(1, 2)),
}

ZYNO_KEYS: Mapping[str, Key] = {
    **_LINE_KEYS,
    "baud": Key(9600, 300, 4_000_000),
    "poll_s": Key(5.0, 1, 300),
    "reply_timeout_s": Key(0.5, 0.05, 10),
    "tries": Key(3, 1, 10),
    # More by default where ``poll_s`` is so short that the polls themselves need it.
    "queries_per_minute": Key(240, 20, 1200),
    "bytes_per_minute": Key(4000, 200, 20_000),
    "checksum": Key("sum", words=("sum", "xor")),
    "volume_counter": Key("infusion", words=("infusion", "total")),
    "clock_drift_ppm": Key(200.0, 0, 10_000),
}

JSON_LINES_KEYS: Mapping[str, Key] = {**_LINE_KEYS, "baud": Key(115_200, 300, 4_000_000)}


def check_zyno(options: Mapping[str, Any]) -> list[str]:
    """Return one sentence per fault of the options of ``serial-zyno``."""
    faults = _faults(options, ZYNO_KEYS)
    return faults or _budget_faults(_filled(options))


def check_json_lines(options: Mapping[str, Any]) -> list[str]:
    """Return one sentence per fault of the options of ``serial-json-lines``."""
    return _faults(options, JSON_LINES_KEYS)


def read_zyno(options: Mapping[str, Any]) -> ZynoOptions:
    """Return the options of ``serial-zyno`` with defaults filled in.

    Raises:
        OptionsError: Something is wrong with them.
    """
    if faults := check_zyno(options):
        raise OptionsError(faults)
    value = _filled(options)
    return ZynoOptions(
        line=_line(value),
        poll_s=float(value["poll_s"]),
        reply_timeout_s=float(value["reply_timeout_s"]),
        tries=value["tries"],
        queries_per_minute=value["queries_per_minute"],
        bytes_per_minute=value["bytes_per_minute"],
        checksum=value["checksum"],
        volume_counter=value["volume_counter"],
        clock_drift_ppm=float(value["clock_drift_ppm"]),
    )


def read_json_lines(options: Mapping[str, Any]) -> LineOptions:
    """Return the options of ``serial-json-lines`` with defaults filled in.

    Raises:
        OptionsError: Something is wrong with them.
    """
    if faults := check_json_lines(options):
        raise OptionsError(faults)
    return _line({name: options.get(name, key.default) for name, key in JSON_LINES_KEYS.items()})


def _line(value: Mapping[str, Any]) -> LineOptions:
    return LineOptions(
        device=value["device"],
        baud=value["baud"],
        parity=value["parity"],
        data_bits=value["data_bits"],
        stop_bits=value["stop_bits"],
    )


def _faults(options: Mapping[str, Any], keys: Mapping[str, Key]) -> list[str]:
    faults = [fault for name in options if (fault := _unknown(name, keys)) is not None]
    for name, key in keys.items():
        fault = _device_fault(options.get(name)) if name == "device" else None
        if name != "device" and name in options:
            fault = _value_fault(name, options[name], key)
        if fault is not None:
            faults.append(fault)
    return faults


def _unknown(name: str, keys: Mapping[str, Key]) -> str | None:
    if name in keys:
        return None
    near = difflib.get_close_matches(str(name), keys, n=1)
    hint = f"did you mean {near[0]}?" if near else f"the options are {', '.join(sorted(keys))}."
    return f"{name}: there is no such option; {hint}"


def _device_fault(device: object) -> str | None:
    if device is None:
        return "device: is missing; give the path of the serial device, best one under /dev/serial/by-id, or a URL."
    if not isinstance(device, str) or not device.strip() or not device.isprintable():
        return "device: must be the path of a serial device or a URL."
    scheme, mark, rest = device.partition("://")
    if not mark:
        return None
    if scheme.lower() not in URL_SCHEMES:
        near = difflib.get_close_matches(scheme.lower(), URL_SCHEMES, n=1)
        hint = f"did you mean {near[0]}://?" if near else f"known are {', '.join(URL_SCHEMES)}."
        return f"device: {scheme}:// is no kind of line; {hint}"
    host, colon, port = rest.partition("/")[0].rpartition(":")
    if scheme.lower() == "socket" and not (host and colon and port.isdecimal() and 0 < int(port) < 2**16):
        return "device: a socket is written socket://HOST:PORT."
    return None


def _value_fault(name: str, value: object, key: Key) -> str | None:
    if key.words:
        if isinstance(value, type(key.default)) and not isinstance(value, bool) and value in key.words:
            return None
        near = difflib.get_close_matches(str(value), [str(word) for word in key.words], n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return f"{name}: must be one of {', '.join(map(repr, key.words))}, not {value!r}.{hint}"
    kinds = (int, float) if isinstance(key.default, float) else (int,)
    if not isinstance(value, kinds) or isinstance(value, bool) or not math.isfinite(value):
        kind = "a number" if isinstance(key.default, float) else "a whole number"
        return f"{name}: must be {kind}, not {value!r}."
    if not key.least <= value <= key.most:
        return f"{name}: must be from {key.least:g} to {key.most:g}, not {value:g}."
    return None


def _filled(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of ``serial-zyno`` with defaults, which for the budget depend on ``poll_s``."""
    value = {name: options.get(name, key.default) for name, key in ZYNO_KEYS.items()}
    for name, need in _needs(value["poll_s"]).items():
        if name not in options:
            value[name] = max(value[name], need)
    return value


def _needs(poll_s: float) -> dict[str, int]:
    per_minute = 60 / poll_s / STEADY_PART
    return {
        "queries_per_minute": math.ceil(QUERIES_PER_POLL * per_minute),
        "bytes_per_minute": math.ceil(BYTES_PER_POLL * per_minute),
    }


def _budget_faults(value: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a budget that cannot carry its own polls."""
    return [
        f"{name}: {value[name]} is too little for a poll every {value['poll_s']:g} s, which needs {need}."
        for name, need in _needs(value["poll_s"]).items()
        if value[name] < need
    ]
