"""What notices say of a therapy: the label's words to physicians alone, actions to their audience, nothing cut off."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ladder_stories import Story, at
from monitor.config.therapies import BUILT_IN
from monitor.escalation.advice import never
from monitor.escalation.notice import TEXT_MAX, NoticeSite, Rendered, render
from monitor.escalation.roster import ROLES, Contact
from monitor.escalation.turns import Call, Reason
from monitor.interruption.events import Order
from monitor.interruption.policy import HOUR_US, MINUTE_US, Therapy, Threshold, restart_text, thresholds_in_force
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import OffClass
from monitor.interruption.therapy_rules import Audience, Basis

SITE = NoticeSite(ZoneInfo("America/Chicago"), "+1 555 0100")
CALL = Call(rung="restart-threshold", due_at_us=0, contacts=(), turn=None, attempt=1, reason=Reason.THRESHOLD)
US = BUILT_IN["blinatumomab"].therapy
PHYSICIANS = ("oncologist", "pharmacist", "on-call-physician")
NOT_PHYSICIANS = [role for role in ROLES if role not in PHYSICIANS]


def met(therapy: Therapy, order: Order | None = None, off_us: int = 5 * HOUR_US) -> InterruptionView:
    """Return an interruption of some length under a therapy, with what the core shows of it."""
    reached = [one for one in thresholds_in_force(therapy, order) if one.is_met(off_us)]
    view = Story(stops=((at("09:15"), None),), detected_us=at("09:16")).view(at("14:15"))
    return replace(
        view,
        off_min_us=off_us,
        off_max_us=off_us,
        off_class=OffClass.REACHED if reached else OffClass.BELOW,
        deadline_at_us=None,
        threshold_met_at_us=at("13:15") if reached else None,
        alarm_codes=("occl-down",),
        last_contact_at_us=at("14:13"),
        thresholds_met=tuple(reached),
        restart_text=restart_text(therapy, order) if reached else "",
    )


def told(view: InterruptionView, role: str, therapy: Therapy | None = US) -> Rendered:
    return render(view, CALL, Contact(id="n1", role=role), SITE, therapy)


KINDS = [
    Order(indication=row.indication, age_group=row.age_group.value, cycle=cycle)
    for row in US.restart_texts
    for cycle in (1, 2)
    if row.cycles.holds(cycle)
]


@pytest.mark.parametrize("order", KINDS, ids=lambda order: f"{order.indication}-{order.age_group}-{order.cycle}")
@pytest.mark.parametrize("therapy", ["blinatumomab", "blinatumomab-eu"])
def test_a_physicians_notice_has_the_labels_words_whole_with_age_code_and_what_not_to_do(
    therapy: str, order: Order
) -> None:
    profile = BUILT_IN[therapy].therapy
    rendered = told(met(profile, order), "oncologist", profile)
    assert restart_text(profile, order) in rendered.text
    assert rendered.data["restart"] == restart_text(profile, order)
    assert "Last contact 2 min ago." in rendered.text
    assert "Pump alarm: occl-down." in rendered.text
    assert "do not restart, do not change settings, do not flush; call +1 555 0100. Case K7-1." in rendered.text
    assert len(rendered.text) <= TEXT_MAX


@pytest.mark.parametrize("role", [*NOT_PHYSICIANS, "neighbour"])
def test_nobody_else_reads_of_premedication(role: str) -> None:
    for order in KINDS:
        rendered = told(met(US, order), role)
        whole = (rendered.text + str(rendered.data)).lower()
        assert not any(word in whole for word in ("dexamethasone", "prednisone", "premedication", "label", "mg"))


@pytest.mark.parametrize("role", PHYSICIANS)
def test_below_the_threshold_no_physician_reads_of_it_either(role: str) -> None:
    rendered = told(met(US, KINDS[0], 3 * HOUR_US), role)
    assert "dexamethasone" not in rendered.text
    assert "restart" not in rendered.data


def test_an_action_is_told_to_its_audience() -> None:
    def spoken(audience: Audience) -> set[str]:
        threshold = Threshold(HOUR_US, action="do this", audience=audience)
        view = replace(met(US), thresholds_met=(threshold,))
        return {role for role in ROLES if "From 60 min: do this." in told(view, role).text}

    assert spoken(Audience.EVERYONE) == set(ROLES)
    assert spoken(Audience.CLINICIANS) == set(ROLES) - {"patient", "caregiver"}
    assert spoken(Audience.PHYSICIANS) == set(PHYSICIANS)


@pytest.mark.parametrize(
    ("threshold", "words"),
    [
        (Threshold(3 * HOUR_US, inclusive=False, action="a", basis=Basis.LABEL), "Over 3 h 00 min: Label rule: a."),
        (Threshold(90 * MINUTE_US, action="a.", basis=Basis.PUBLISHED), "From 90 min: a."),
        (Threshold(90 * MINUTE_US, action="a", basis=Basis.OURS), "From 90 min: a."),
    ],
)
def test_label_rule_stands_only_before_what_a_label_says(threshold: Threshold, words: str) -> None:
    text = told(replace(met(US), thresholds_met=(threshold,)), "oncologist").text
    assert words in text
    assert ("Label rule: a" in text) is (threshold.basis is Basis.LABEL)


def test_a_threshold_that_the_clinic_set_is_shown_as_its_own() -> None:
    tightened = Threshold(3 * HOUR_US, basis=Basis.OURS)
    view = replace(met(US, None, HOUR_US), threshold=tightened)
    assert "Threshold here: 3 h 00 min, not a label's." in told(view, "home-nurse").text
    assert "Threshold here" not in told(view, "patient").text
    assert "Threshold here" not in told(replace(view, threshold=US.restart), "home-nurse").text


@pytest.mark.parametrize("name", ["foslevodopa", "insulin", "epoprostenol", "levodopa-gel", "fluorouracil"])
@pytest.mark.parametrize("role", [*ROLES])
def test_where_a_restart_is_not_forbidden_nobody_is_told_not_to(name: str, role: str) -> None:
    therapy = BUILT_IN[name].therapy
    rendered = told(met(therapy), role, therapy)
    assert "restart at home" not in rendered.text + rendered.title
    assert "do not restart" not in rendered.text
    assert "must not be started" not in rendered.text
    assert never(therapy) in rendered.text


def test_without_a_therapy_or_a_word_of_it_the_strictest_holds() -> None:
    assert never(None) == "Meanwhile do not restart, do not change settings, do not flush"
    assert never(replace(US, do_not=())) == "Meanwhile change nothing"


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(BUILT_IN)),
    st.sampled_from([*ROLES, "other"]),
    st.sampled_from([None, *KINDS]),
    st.integers(0, 30 * HOUR_US),
    st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True),
    st.booleans(),
)
def test_every_notice_fits_and_says_what_not_to_do(
    name: str, role: str, order: Order | None, off_us: int, pump: str, found_late: object
) -> None:
    therapy = BUILT_IN[name].therapy
    view = replace(met(therapy, order, off_us), id=f"{pump}-12345", found_late=bool(found_late))
    text = told(view, role, therapy).text
    assert len(text) <= TEXT_MAX
    assert f"{never(therapy)}; call +1 555 0100. Case {pump}-12345." in text
