"""Shows how topic templates become subscriptions and how topics are read back."""

from __future__ import annotations

import pytest

from drivers.mqtt_pump.topics import Origin, TopicTemplate, check_topic, is_id

PUBLISHED = TopicTemplate.parse("pumpwatch/1/{site}/{pump}/observation")


def test_a_template_subscribes_to_all_pumps_of_all_sites_or_of_one() -> None:
    assert PUBLISHED.subscription(None) == "pumpwatch/1/+/+/observation"
    assert PUBLISHED.subscription("home-7") == "pumpwatch/1/home-7/+/observation"


def test_a_topic_is_read_back_by_its_levels() -> None:
    assert PUBLISHED.read("pumpwatch/1/home-7/p1/observation") == Origin("home-7", "p1")
    assert TopicTemplate.parse("devices/{pump}/said").read("devices/p1/said") == Origin(None, "p1")


@pytest.mark.parametrize(
    "topic",
    ["pumpwatch/1/home-7/p1/link", "pumpwatch/2/home-7/p1/observation", "pumpwatch/1/p1/observation", "", "///"],
)
def test_another_topic_is_not_read(topic: str) -> None:
    assert PUBLISHED.read(topic) is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("pumps/all", "{pump} once"),
        ("{pump}/{pump}", "{pump} once"),
        ("{site}/{site}/{pump}", "{site} once"),
        ("pump-{pump}/said", "no level"),
        ("{bed}/{pump}", "no level"),
        ("+/{pump}", "'+'"),
        ("{pump}/#", "'+'"),
        ("$share/g/{pump}", "'$'"),
        ("", "1 to 256"),
        ("x" * 300, "1 to 256"),
        ("a\0b/{pump}", "printed"),
    ],
)
def test_a_template_that_cannot_work_is_refused_with_a_sentence(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=r"\.$") as raised:
        TopicTemplate.parse(text)
    assert complaint in str(raised.value)


def test_two_templates_overlap_where_a_topic_fits_both() -> None:
    assert PUBLISHED.overlaps(TopicTemplate.parse("pumpwatch/1/{site}/{pump}/observation"))
    assert PUBLISHED.overlaps(TopicTemplate.parse("pumpwatch/{pump}/a/b/observation"))
    assert not PUBLISHED.overlaps(TopicTemplate.parse("pumpwatch/1/{site}/{pump}/link"))
    assert not PUBLISHED.overlaps(TopicTemplate.parse("{pump}/observation"))


def test_a_plain_topic_has_no_placeholders() -> None:
    check_topic("pumpwatch/1/monitor/gateway/marker")
    with pytest.raises(ValueError, match="without placeholders"):
        check_topic("pumpwatch/{pump}")


@pytest.mark.parametrize(("text", "good"), [("p1", True), ("A.b_c-9", True), ("", False), ("a b", False), ("ü", False)])
def test_ids_are_plain(text: str, good: bool) -> None:  # noqa: FBT001 - a table
    assert is_id(text) is good
