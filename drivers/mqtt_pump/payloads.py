"""Turns messages of a broker into observations, and into refusals where they are none.

Pure. The topic decides which pump speaks; what a payload says of itself may only agree. What a broker
kept as retained is never evidence: it is an answer to "what was last said", not to "how is it now".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from drivers.contract import RAW_KEPT_BYTES, LinkChanged, Observation, Refused
from drivers.mqtt_pump.packets import DUP, OVERSIZE, PACKET_MAX_BYTES, RETAIN, Arrived
from drivers.mqtt_pump.topics import TopicTemplate, is_id
from drivers.observation_json import PayloadError, decode_observation

REFUSED_KEPT_MAX = 64
"""How many refusals of one batch are kept with their bytes; the others are only counted."""

TOPICS_KEPT_MAX = 200_000
"""How many topics are remembered with the pump they stand for."""

_SPECIAL = DUP | RETAIN | OVERSIZE
_LINK_WORDS = {b"online": True, b"offline": False}


class Sorted(NamedTuple):
    """What became of a list of messages, and whether the broker sent any of them again."""

    items: list[tuple[str, Observation]]
    refused: list[Refused]
    refused_count: int
    has_resent: bool


class Ages(NamedTuple):
    """How old messages may be, in seconds: one that comes for the first time, and one that is sent again."""

    first_s: float
    resent_s: float


class _RefusedError(Exception):
    """One message is not accepted; carries the cause, the sentence and the pump where it is known."""

    def __init__(self, cause: str, why: str, pump: str | None = None) -> None:
        super().__init__(why)
        self.cause = cause
        self.why = why
        self.pump = pump


class Sorter:
    """Sorts the messages of one link; remembers topics, and nothing of the messages."""

    def __init__(
        self,
        observations: TopicTemplate,
        links: TopicTemplate | None,
        site: str | None,
        marker_topic: str,
        marker_came: Callable[[int, bytes], Ages],
    ) -> None:
        """Make a sorter.

        Args:
            observations: The topics of the observations.
            links: The topics of last wills, if they are subscribed to.
            site: The only site that is listened to; None listens to all.
            marker_topic: The topic of our own markers.
            marker_came: Called with flags and payload of what came on that topic; returns the ages of
                what follows it.
        """
        self._observations = observations
        self._links = links
        self._site = site
        self._marker_topic = marker_topic.encode()
        self._marker_came = marker_came
        self._pump_of: dict[bytes, str] = {}
        self._site_of: dict[str, str | None] = {}

    def sort(self, arrived: list[Arrived], ages: Ages) -> Sorted:
        """Return what the messages say, in the order of their arrival."""
        items: list[tuple[str, Observation]] = []
        refused: list[Refused] = []
        refused_count = 0
        has_resent = False
        pump_of = self._pump_of
        for message in arrived:
            flags, topic, _packet_id, payload = message
            try:
                pump = pump_of.get(topic)
                if pump is None or flags & _SPECIAL or ages.first_s:
                    if topic == self._marker_topic:
                        ages = self._marker_came(flags, payload)
                    else:
                        has_resent = has_resent or flags & DUP != 0
                        items.append(self._take_with_care(message, ages))
                    continue
                named, observation = decode_observation(payload)
                if named is not None and named != pump:
                    raise _mismatch(pump, named)
                items.append((pump, observation))
            except (PayloadError, _RefusedError) as error:
                refused_count += 1
                if len(refused) < REFUSED_KEPT_MAX:
                    refused.append(self._refusal(message, error))
        return Sorted(items, refused, refused_count, has_resent)

    def _take_with_care(self, message: Arrived, ages: Ages) -> tuple[str, Observation]:
        """Return what one message says that is new, old, flagged, or no observation."""
        flags, topic, _packet_id, payload = message
        pump = self._pump_of.get(topic)
        if pump is None:
            text = _topic_text(topic)
            if self._links is not None and (origin := self._links.read(text)) is not None:
                return self._checked(origin.site, origin.pump), _link_changed(payload)
            pump = self._remember(topic, text)
        if flags & OVERSIZE:
            raise _RefusedError("too-long", f"The message is longer than {PACKET_MAX_BYTES} bytes.", pump)
        if flags & RETAIN:
            raise _RefusedError("retained", "A retained observation may be of any age; it is no evidence.", pump)
        named, observation = decode_observation(payload)
        if named is not None and named != pump:
            raise _mismatch(pump, named)
        age_s = ages.resent_s if flags & DUP else ages.first_s
        if age_s and not isinstance(observation, LinkChanged):
            # A sender's own bound is about the way to the broker, ours about the way from there.
            observation = msgspec.structs.replace(observation, age_max_s=observation.age_max_s + age_s)
        return pump, observation

    def _remember(self, topic: bytes, text: str) -> str:
        """Return the pump of an observation's topic that is seen for the first time."""
        origin = self._observations.read(text)
        if origin is None:
            raise _RefusedError("unknown-topic", "The topic is none of those that were subscribed to.")
        pump = self._checked(origin.site, origin.pump)
        if len(self._pump_of) >= TOPICS_KEPT_MAX:
            self._pump_of.clear()
            self._site_of.clear()
        self._pump_of[topic] = pump
        # Two homes with one pump id would be read as one pump, and one patient's flow hide the other's stop.
        self._site_of[pump] = origin.site
        return pump

    def _checked(self, site: str | None, pump: str) -> str:
        if not is_id(pump):
            raise _RefusedError("bad-pump-id", "The topic names a pump with characters that no pump id has.")
        # The broker's session may still hold the subscription of an earlier configuration.
        if self._site is not None and site is not None and site != self._site:
            raise _RefusedError("other-site", f"Site {site} is not {self._site}, the one that is listened to.", pump)
        if self._site_of.get(pump, site) != site:
            raise _RefusedError(
                "two-sites",
                f"Pump {pump} speaks from site {site}, and before from {self._site_of[pump]}; set the option site.",
                pump,
            )
        return pump

    def _refusal(self, message: Arrived, error: PayloadError | _RefusedError) -> Refused:
        _flags, topic, packet_id, payload = message
        return Refused(
            source=topic.decode(errors="backslashreplace"),
            position=f"packet {packet_id}" if packet_id else "a packet without number",
            cause=error.cause,
            why=error.why,
            raw=payload[:RAW_KEPT_BYTES],
            pump=error.pump if isinstance(error, _RefusedError) else self._pump_of.get(topic),
        )


def _mismatch(pump: str, named: str) -> _RefusedError:
    return _RefusedError("pump-mismatch", f"The topic is that of pump {pump}, the payload says {named}.", pump)


def _topic_text(topic: bytes) -> str:
    try:
        return topic.decode()
    except UnicodeDecodeError:
        raise _RefusedError("unknown-topic", "The topic is not UTF-8.") from None


def _link_changed(payload: bytes) -> LinkChanged:
    """Read a last will; retained or not, it is a hint."""
    online = _LINK_WORDS.get(payload)
    if online is None:
        raise _RefusedError("wrong-word", "A link message says neither online nor offline.")
    return LinkChanged(online=online, why=f"The pump's sender says it is {'online' if online else 'offline'}.")
