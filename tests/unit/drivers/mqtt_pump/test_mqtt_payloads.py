"""Shows what messages become: observations of the topic's pump, hints, or refusals with a cause."""

from __future__ import annotations

import json
from typing import Any

import pytest

from drivers.contract import AlarmObserved, LinkChanged, StatusObserved
from drivers.mqtt_pump.packets import DUP, OVERSIZE, RETAIN
from drivers.mqtt_pump.payloads import REFUSED_KEPT_MAX, Ages, Sorted, Sorter
from drivers.mqtt_pump.topics import TopicTemplate

TOPIC = b"pumpwatch/1/home-7/p1/observation"
LINK = b"pumpwatch/1/home-7/p1/link"
MARKER = "pumpwatch/1/monitor/gateway-1/marker"
QOS1 = 2
LIVE = Ages(0.0, 500.0)


def sorter(*, site: str | None = None, after_marker: Ages = LIVE) -> Sorter:
    return Sorter(
        TopicTemplate.parse("pumpwatch/1/{site}/{pump}/observation"),
        TopicTemplate.parse("pumpwatch/1/{site}/{pump}/link"),
        site,
        MARKER,
        lambda _flags, _word: after_marker,
    )


def said(**more: Any) -> bytes:
    return json.dumps({"v": 1, "kind": "status", "delivery": "delivering"} | more).encode()


def sort_one(payload: bytes, *, topic: bytes = TOPIC, flags: int = QOS1, ages: Ages = LIVE) -> Sorted:
    return sorter().sort([(flags, topic, 9, payload)], ages)


def cause(sorted_: Sorted) -> str:
    assert not sorted_.items
    assert sorted_.refused_count == 1
    (refusal,) = sorted_.refused
    assert refusal.why.endswith(".")
    return refusal.cause


def test_the_topic_decides_which_pump_speaks() -> None:
    ((pump, observation),) = sort_one(said(seq=4)).items
    assert pump == "p1"
    assert isinstance(observation, StatusObserved)
    assert (observation.seq, observation.age_max_s) == (4, 0)
    ((pump, _),) = sort_one(said(pump="p1")).items
    assert pump == "p1"


@pytest.mark.parametrize("flags", [QOS1, QOS1 | DUP])
def test_a_payload_that_names_another_pump_is_refused(flags: int) -> None:
    sorted_ = sort_one(said(pump="p2"), flags=flags)
    assert cause(sorted_) == "pump-mismatch"
    assert sorted_.refused[0].pump == "p1"


def test_a_refusal_tells_where_it_stood_and_keeps_its_first_bytes() -> None:
    (refusal,) = sort_one(b"nonsense" * 100).refused
    assert refusal.source == TOPIC.decode()
    assert refusal.position == "packet 9"
    assert refusal.pump == "p1"
    assert len(refusal.raw) == 256


def test_a_retained_observation_is_no_evidence() -> None:
    assert cause(sort_one(said(), flags=QOS1 | RETAIN)) == "retained"
    assert cause(sort_one(said(), flags=QOS1 | RETAIN | DUP)) == "retained"


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        (b"pumpwatch/1/home-7/p 1/observation", "bad-pump-id"),
        (b"pumpwatch/1/home-7//observation", "bad-pump-id"),
        (b"something/else", "unknown-topic"),
        (b"", "unknown-topic"),
        (b"\xff\xfe", "unknown-topic"),
    ],
)
def test_a_topic_that_names_no_pump_is_refused(topic: bytes, expected: str) -> None:
    assert cause(sort_one(said(), topic=topic)) == expected


@pytest.mark.parametrize("payload", [b"", b"null", b"{}", b"\xff", b"x" * 5000])
def test_what_is_no_observation_is_refused(payload: bytes) -> None:
    assert cause(sort_one(payload))


def test_an_oversize_message_is_refused_by_its_head() -> None:
    assert cause(sort_one(said(), flags=QOS1 | OVERSIZE)) == "too-long"


def test_one_bad_message_costs_no_other() -> None:
    messages = [(QOS1, TOPIC, 1, said(seq=1)), (QOS1, TOPIC, 2, b"x"), (QOS1, TOPIC, 3, said(seq=3))]
    sorted_ = sorter().sort(messages, LIVE)
    assert [observation.seq for _, observation in sorted_.items if isinstance(observation, StatusObserved)] == [1, 3]
    assert sorted_.refused_count == 1


def test_a_flood_of_nonsense_is_counted_and_only_a_sample_is_kept() -> None:
    sorted_ = sorter().sort([(QOS1, TOPIC, 1, b"x")] * 1000, LIVE)
    assert sorted_.refused_count == 1000
    assert len(sorted_.refused) == REFUSED_KEPT_MAX


@pytest.mark.parametrize("flags", [QOS1, QOS1 | RETAIN, QOS1 | DUP])
@pytest.mark.parametrize(("word", "online"), [(b"online", True), (b"offline", False)])
def test_a_last_will_is_a_hint_even_if_retained(flags: int, word: bytes, online: bool) -> None:  # noqa: FBT001 - a table
    ((pump, hint),) = sort_one(word, topic=LINK, flags=flags).items
    assert pump == "p1"
    assert isinstance(hint, LinkChanged)
    assert hint.online is online


def test_a_last_will_in_other_words_is_refused() -> None:
    assert cause(sort_one(b"gone", topic=LINK)) == "wrong-word"


def test_what_may_have_been_held_back_carries_its_age() -> None:
    messages = [(QOS1, TOPIC, 1, said(seq=1)), (QOS1 | DUP, TOPIC, 2, said(seq=2)), (QOS1, LINK, 3, b"online")]
    sorted_ = sorter().sort(messages, Ages(30.0, 90.0))
    ages = [item.age_max_s for _, item in sorted_.items if isinstance(item, StatusObserved)]
    assert ages == [30, 90]
    assert sorted_.has_resent
    assert not sort_one(said()).has_resent


def test_a_message_that_is_sent_again_is_old_even_on_a_live_line() -> None:
    ((_, observation),) = sort_one(said(), flags=QOS1 | DUP).items
    assert isinstance(observation, StatusObserved)
    assert observation.age_max_s == 500


def test_the_sender_s_own_bound_is_added() -> None:
    ((_, observation),) = sort_one(said(age_max_s=10), ages=Ages(30.0, 90.0)).items
    assert isinstance(observation, StatusObserved)
    assert observation.age_max_s == 40


def test_alarms_age_like_everything_else() -> None:
    payload = json.dumps({"v": 1, "kind": "alarm", "code": "occl-down", "phase": "start"}).encode()
    ((_, observation),) = sort_one(payload, ages=Ages(30.0, 90.0)).items
    assert isinstance(observation, AlarmObserved)
    assert observation.age_max_s == 30


def test_a_marker_changes_the_age_of_what_follows_it() -> None:
    messages = [(QOS1, TOPIC, 1, said(seq=1)), (QOS1, MARKER.encode(), 2, b"word"), (QOS1, TOPIC, 3, said(seq=2))]
    sorted_ = sorter(after_marker=LIVE).sort(messages, Ages(30.0, 90.0))
    assert [item.age_max_s for _, item in sorted_.items if isinstance(item, StatusObserved)] == [30, 0]
    assert not sorted_.refused_count


def test_one_pump_id_from_two_sites_is_not_mixed() -> None:
    other = b"pumpwatch/1/home-8/p1/observation"
    ours = sorter()
    assert len(ours.sort([(QOS1, TOPIC, 1, said())], LIVE).items) == 1
    assert cause(ours.sort([(QOS1, other, 2, said())], LIVE)) == "two-sites"
    assert cause(ours.sort([(QOS1, other.replace(b"observation", b"link"), 2, b"online")], LIVE)) == "two-sites"
    assert len(ours.sort([(QOS1, TOPIC, 1, said())], LIVE).items) == 1


def test_another_site_than_the_configured_one_is_refused() -> None:
    assert cause(sorter(site="home-8").sort([(QOS1, TOPIC, 1, said())], LIVE)) == "other-site"
    assert len(sorter(site="home-7").sort([(QOS1, TOPIC, 1, said())], LIVE).items) == 1
