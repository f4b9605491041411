"""Every short history of the imagined pump keeps the invariants, and every wrong design is caught breaking one."""

from __future__ import annotations

import pytest

from tests.proof.campaigns import CAMPAIGNS, SMALL, Campaign
from tests.proof.letters import LETTERS
from tests.proof.search import Design, Search
from tests.proof.wrong_designs import WRONG, WrongDesign


@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=lambda campaign: campaign.name)
def test_no_history_breaks_an_invariant(campaign: Campaign) -> None:
    found = campaign.run(campaign.depth)
    if campaign.is_open and found.broken is not None:
        pytest.xfail(f"{campaign.is_open}: {found.broken}")
    assert found.broken is None, f"{found.broken} after: {', '.join(found.history)}"
    assert found.states > 100


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
def test_a_wrong_design_is_caught_by_its_invariant(wrong: WrongDesign) -> None:
    found = Search(wrong.alphabet.split(","), SMALL, wrong.design).run(wrong.depth)
    assert found.broken is not None, f"{found.states} states, and nobody noticed"
    assert found.broken.invariant == wrong.caught_by, str(found.broken)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
def test_what_catches_a_wrong_design_lets_the_right_one_pass(wrong: WrongDesign) -> None:
    caught = Search(wrong.alphabet.split(","), SMALL, wrong.design).run(wrong.depth)
    search = Search(wrong.alphabet.split(","), SMALL, Design())
    situation = search.begin()
    for letter in caught.history:
        after = search.taken(situation, letter)
        assert after is not None
        situation = after


def test_every_letter_of_the_alphabet_is_searched() -> None:
    used = {letter for campaign in CAMPAIGNS for letter in campaign.alphabet.split(",")}
    assert used - {"ladder"} == set(LETTERS)


def test_the_same_search_gives_the_same_count() -> None:
    first, second = (Search(["halt", "start", "bare"], SMALL).run(6) for _ in range(2))
    assert (first.states, first.transitions) == (second.states, second.transitions)
