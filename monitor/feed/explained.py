"""Shows one interruption with its stops one by one, what set each of their instants, and the sentences that say so."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from monitor.escalation.explanation import explain
from monitor.escalation.reasons import Instant, Reason, reason_of
from monitor.feed.answers import InterruptionAnswer
from monitor.feed.plan_answers import Text
from monitor.feed.records import InterruptionRecord, Site
from monitor.feed.render import interruption_answer
from monitor.feed.wire import instant, seconds
from monitor.interruption.offtime import Stop
from monitor.interruption.state import Phase


class StopAnswer(BaseModel):
    """One stretch without therapy flow: four instants and what set each, and its bounds."""

    model_config = ConfigDict(frozen=True)

    onset_earliest_at: datetime
    onset_earliest_why: Reason
    onset_latest_at: datetime | None = Field(description="Null where no moment of the stop is certain.")
    onset_latest_why: Reason
    resume_earliest_at: datetime | None = Field(description="Null where no moment of the stop is certain.")
    resume_earliest_why: Reason
    resume_latest_at: datetime = Field(description="With `now` as its reason it moves on with time.")
    resume_latest_why: Reason
    off_min_s: float
    off_max_s: float


class ExplainedAnswer(InterruptionAnswer):
    """One interruption with everything people did about it and the reason of every number."""

    stops: list[StopAnswer] = Field(description="Oldest first; at most the last 32, see `merged_stops`.")
    explanation: list[Text] = Field(description="Sentences for people, with local wall times.")


def explained_answer(record: InterruptionRecord, site: Site) -> ExplainedAnswer:
    """Return one interruption with its stops and their explanation, in the site's wall time."""
    view = record.view
    return ExplainedAnswer.model_validate(
        dict(interruption_answer(record))
        | {
            "stops": [_stop_answer(stop, view.phase) for stop in view.stops],
            "explanation": explain(view, record.rule, ZoneInfo(site.time_zone)),
        }
    )


def _stop_answer(stop: Stop, phase: Phase) -> StopAnswer:
    whys = [reason_of(place, stop.whys[place], phase) for place in Instant]
    return StopAnswer(
        onset_earliest_at=instant(stop.onset_earliest_us),
        onset_earliest_why=whys[Instant.ONSET_EARLIEST],
        onset_latest_at=instant(stop.onset_latest_us),
        onset_latest_why=whys[Instant.ONSET_LATEST],
        resume_earliest_at=instant(stop.resume_earliest_us),
        resume_earliest_why=whys[Instant.RESUME_EARLIEST],
        resume_latest_at=instant(stop.resume_latest_us),
        resume_latest_why=whys[Instant.RESUME_LATEST],
        off_min_s=seconds(stop.min_us),
        off_max_s=seconds(stop.max_us),
    )
