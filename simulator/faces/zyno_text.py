"""Answers the SCPI-style text queries that share the Zyno frame.

Pure. Words may be cut to their first letters as in the protocol description (INFUsion, PROTocol).
Truth values are TRUE and FALSE; figures are decimal text, life times are hex seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simulator.pump import SimulatedPump

_LONG_FORMS = {"INFU": "INFUSION", "PROT": "PROTOCOL", "BOL": "BOLUS", "RUN": "RUNNING", "SERV": "SERVICE"}


def answer_text(payload: str, pump: SimulatedPump, firmware: str) -> str | None:
    """Return the answer to a text query, or None if there is no such query."""
    if payload == "*IDN?":
        return f"ZYNO MEDICAL,MIVA,{pump.serial},{firmware}"
    if not (payload.startswith(":") and payload.endswith("?")):
        return None
    words = payload[1:-1].upper().split(":")
    answer = _ANSWERS.get(":".join(_LONG_FORMS.get(word, word) for word in words))
    return None if answer is None else answer(pump)


_ANSWERS: Mapping[str, Callable[[SimulatedPump], str]] = {
    "SERIAL": lambda pump: pump.serial,
    "INFUSION:RUNNING": lambda pump: "TRUE" if pump.motor_turns else "FALSE",
    "INFUSION:RATE": lambda pump: f"{pump.rate_ml_per_h:.2f}",
    "INFUSION:RATE:UNIT": lambda _: "ML/HR",
    "INFUSION:MODE": lambda _: "CONT",
    "INFUSION:TIME": lambda pump: str(pump.infusing_s),
    "INFUSION:VINF": lambda pump: f"{pump.infused_ml(0.01):.2f}",
    "INFUSION:VTBI": lambda pump: f"{pump.programmed_ml:.2f}",
    "INFUSION:BOLUS:RUNNING": lambda _: "FALSE",
    "PROTOCOL:RATE": lambda pump: f"{pump.programmed_rate_ml_per_h:.2f}",
    "PROTOCOL:RATE:UNIT": lambda _: "ML/HR",
    "PROTOCOL:VTBI": lambda pump: f"{pump.programmed_ml:.2f}",
    "PROTOCOL:NAME": lambda _: "DAILY 1",
    "TOTAL:TIME": lambda pump: f"{pump.on_s:08X}",
    "SERVICE:TIME": lambda pump: f"{pump.infusing_s:08X}",
}
