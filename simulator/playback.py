"""Plays a story on a simulated pump: applies each action at its instant and reports what concerns the line.

Pure: the caller passes the time. The pump goes on living after the story's last action.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from simulator.acts import ACTS, LINE_ACTS
from simulator.pump import SimulatedPump
from simulator.scenario import Scenario, StoryAction
from simulator.setup import PumpSetup


class Playback:
    """One story in progress.

    Attributes:
        scenario: The story.
        start_us: When it began, in microseconds since 1970.
        pump: The pump now in use; another one after a swap.
        refused: Actions that the pump did not take, as a note for the author.
    """

    def __init__(
        self, scenario: Scenario, start_us: int, setup: PumpSetup | None = None, now_us: int | None = None
    ) -> None:
        """Begin a story.

        Args:
            scenario: What happens.
            start_us: When it begins.
            setup: The pump, where it differs from the story's own (another serial number in a fleet).
            now_us: The present, if the story is yet to begin; the pump is there a little before.
        """
        self.scenario = scenario
        self.start_us = start_us
        self.pump = SimulatedPump(setup or scenario.setup, start_us, now_us=now_us)
        self._keeps_serials = self.pump.serial == scenario.setup.serial
        self.refused: list[StoryAction] = []
        self._next = 0

    @property
    def end_us(self) -> int:
        """When the story is over."""
        return self.start_us + self.scenario.duration_us

    def next_due_us(self) -> int | None:
        """Return the next instant at which anything happens to the pump, or None if nothing will."""
        dues = (self._next_action_us(), self.pump.next_event_us())
        return min((each for each in dues if each is not None), default=None)

    def advance(self, to_us: int) -> list[StoryAction]:
        """Let the story go on to an instant and return the actions that concern the line, in order."""
        for_the_line = []
        while (at_us := self._next_action_us()) is not None and at_us <= to_us:
            action = self.scenario.actions[self._next]
            self._next += 1
            self.pump.advance(max(at_us, self.pump.now_us))
            if action.act in LINE_ACTS:
                for_the_line.append(action)
            elif not self._apply(action):
                self.refused.append(action)
        self.pump.advance(to_us)
        return for_the_line

    def _next_action_us(self) -> int | None:
        actions = self.scenario.actions
        return self.start_us + actions[self._next].at_us if self._next < len(actions) else None

    def _apply(self, action: StoryAction) -> bool:
        if action.act == "swap":
            self._swap(action)
            return True
        do = ACTS[action.act].do
        return do is not None and do(self.pump, action.arguments)

    def _swap(self, action: StoryAction) -> None:
        """Put another pump in: the patient, the bag and the line stay, everything else is new."""
        old = self.pump
        changed: dict[str, Any] = dict(action.arguments)
        changed.setdefault("rate_ml_per_h", old.programmed_rate_ml_per_h)
        # In a fleet the story's serial number would be given to many.
        if not (self._keeps_serials and "serial" in changed):
            changed["serial"] = f"SW{old.serial[2:]}"
        new = SimulatedPump(replace(old.setup, **changed, infused_ml=0.0), old.now_us, old.truth)
        new.tubing = old.tubing
        self.pump = new
