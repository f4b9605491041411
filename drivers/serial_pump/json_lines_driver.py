"""Listens to one pump, or a gateway beside it, that says observations as JSON lines; sends nothing, ever."""

from __future__ import annotations

from drivers.contract import Batch, DriverContext
from drivers.errors import OptionsError
from drivers.serial_pump.link import ListeningLink
from drivers.serial_pump.options import read_json_lines
from drivers.serial_pump.protocols.json_lines import LineReader
from drivers.serial_pump.refusals import Refusals

ITEMS_MAX = 512
"""How many lines one batch takes up."""

SHORTEST_S = 0.0001
"""What a read that brought half a line counts for, in seconds, so that a trickle does not hold ``read`` for ever."""


class JsonLinesDriver:
    """One pump at the end of one line; keeps the contract of ``Driver``."""

    def __init__(self, context: DriverContext) -> None:
        options = read_json_lines(context.options)
        if context.pump is None:
            raise OptionsError(["driver: serial-json-lines serves one pump and belongs under [[pumps]]."])
        self._pump = context.pump
        self._bytes_per_s = options.baud / 10
        self._link = ListeningLink(options)
        self._refusals = Refusals(options.device, context.pump)
        self._lines = LineReader(context.pump)

    def open(self, bookmark: bytes | None) -> None:  # noqa: ARG002 - streams have no place to go on from
        """Open the line. What was said while it was closed is lost, as on any stream."""
        self._link.open()
        self._lines = LineReader(self._pump)

    def read(self, timeout_s: float) -> Batch | None:
        """Return the lines that are there, waiting for the first; None if the line stayed silent."""
        left_s = max(0.0, timeout_s)
        while True:
            if not self._lines.has_lines:
                data = self._link.receive(left_s)
                # Reading takes at least the time that the bytes need on the wire; silence took it all.
                left_s -= max(SHORTEST_S, len(data) / self._bytes_per_s) if data else left_s
                self._lines.feed(data)
            batch = self._batch()
            if batch is not None or left_s <= 0 or not self._link.is_open:
                return batch

    def settle(self, batch: Batch) -> None:
        """Do nothing: a stream cannot be acknowledged."""

    def close(self) -> None:
        """Close the line; a waiting ``read`` returns."""
        self._link.close()

    def _batch(self) -> Batch | None:
        items, bad = self._lines.read(ITEMS_MAX)
        for line in bad:
            self._refusals.add(f"line {line.number}, byte {line.position}", line.cause, line.why, line.raw)
        refused, refused_count = self._refusals.take()
        if not items and not refused_count:
            return None
        return Batch(items=items, refused=refused, refused_count=refused_count)
