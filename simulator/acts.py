"""Names what can happen in a story and does it to a pump.

Pure. A story's entry names an act and its arguments; the table here is the only list of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from simulator.pump import SimulatedPump

Arguments = Mapping[str, str | float]

LINE_FAULT_KEYS = ("tear", "drop", "repeat", "late", "corrupt", "late_s_max")


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can happen.

    Attributes:
        summary: What it is, for the list that a person reads.
        do: Does it to the pump and says whether the pump took it; None for what concerns the line or the
            choice of the pump.
        needs: Arguments that must be given, all of them numbers.
        may_have: Arguments that may be given; ``serial`` is text, the others are numbers.
    """

    summary: str
    do: Callable[[SimulatedPump, Arguments], bool] | None = None
    needs: tuple[str, ...] = ()
    may_have: tuple[str, ...] = ()


def _plainly(method: Callable[[SimulatedPump], bool]) -> Callable[[SimulatedPump, Arguments], bool]:
    def do(pump: SimulatedPump, _: Arguments) -> bool:
        return method(pump)

    return do


def _change_bag(pump: SimulatedPump, arguments: Arguments) -> bool:
    return pump.change_bag(float(arguments["volume_ml"]) if "volume_ml" in arguments else None)


ACTS: Mapping[str, Act] = {
    "run": Act("start is pressed", _plainly(SimulatedPump.run)),
    "stop": Act("stop is pressed", _plainly(SimulatedPump.stop)),
    "acknowledge": Act("OK is pressed", _plainly(SimulatedPump.acknowledge)),
    "power_on": Act("switched on", _plainly(SimulatedPump.power_on)),
    "power_off": Act("switched off", _plainly(SimulatedPump.power_off)),
    "power_loss": Act("all power gone, without alarm or log", _plainly(SimulatedPump.lose_power)),
    "set_rate": Act(
        "the program is changed", lambda pump, has: pump.set_rate(float(has["rate_ml_per_h"])), ("rate_ml_per_h",)
    ),
    "clear_counter": Act("the volume counter is cleared", _plainly(SimulatedPump.clear_counter)),
    "set_clock_ahead": Act(
        "the pump's clock is set", lambda pump, has: pump.set_clock_ahead(float(has["by_s"])), ("by_s",)
    ),
    "detach_set": Act("the set is taken out", _plainly(SimulatedPump.detach_set)),
    "attach_set": Act("the set is put in", _plainly(SimulatedPump.attach_set)),
    "change_bag": Act("a new bag, counter cleared", _change_bag, may_have=("volume_ml",)),
    "clear_air": Act("the air is got out of the line", _plainly(SimulatedPump.clear_air)),
    "change_battery": Act("a full battery", _plainly(SimulatedPump.change_battery)),
    "battery_empty": Act("the battery is empty", _plainly(SimulatedPump.empty_battery)),
    "plug_mains": Act("on the mains", _plainly(SimulatedPump.plug_mains)),
    "unplug_mains": Act("off the mains", _plainly(SimulatedPump.unplug_mains)),
    "occlude_downstream": Act("blocked before the patient", _plainly(SimulatedPump.occlude_downstream)),
    "occlude_upstream": Act("blocked behind the bag", _plainly(SimulatedPump.occlude_upstream)),
    "release": Act("whatever is blocked opens", _plainly(SimulatedPump.release)),
    "air": Act("a bubble in the line", _plainly(SimulatedPump.let_air_in)),
    "disconnect": Act("the line is off the patient, unnoticed", _plainly(SimulatedPump.disconnect_line)),
    "reconnect": Act("the line is on the patient again", _plainly(SimulatedPump.reconnect_line)),
    "stall": Act("the drive slips, unnoticed", _plainly(SimulatedPump.stall_drive)),
    "unstall": Act("the drive grips again", _plainly(SimulatedPump.free_drive)),
    "fault": Act("system fault", _plainly(SimulatedPump.break_down)),
    "comm_fault": Act("radio module fault, which stops the pump", _plainly(SimulatedPump.break_radio)),
    "swap": Act("another pump takes over, stopped", needs=(), may_have=("serial", "rate_ml_per_h")),
    "unplug": Act("the cable or network is lost"),
    "replug": Act("the cable or network is back"),
    "line_faults": Act("the line spoils messages from now on", may_have=LINE_FAULT_KEYS),
}
"""All acts by name, as stories write them."""

LINE_ACTS = frozenset({"unplug", "replug", "line_faults"})
"""Acts that concern the line and not the pump."""
