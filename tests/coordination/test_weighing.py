"""What it costs to send people where somebody chose, before it is done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from realm import NIGHTFALL, Night, opened

from caravan import commands as c
from caravan.basics import Refusal
from caravan.coordination.weighing import WAIVABLE, Weighed, weigh
from caravan.groups import Household

FAMILIES = (Household(women=1, men=1, children={"5-11": 1}, count=4), Household(men=1, count=6))


def _arrived(night: Night, people: int = 18, station: str = "leon") -> str:
    return night.arrives(people, station, households=FAMILIES)


def _weighed(night: Night, group: str, shelter: str, whom: str = "*", **wish: Any) -> Weighed:
    return weigh(night.picture, c.ProposePlacement(group=group, pins={whom: shelter}, **wish), night.now)


def test_the_house_that_would_be_proposed_anyway_costs_nothing() -> None:
    night = opened()
    group = _arrived(night)
    (best,) = {part.shelter for part in night.plans(group).parts}
    weighed = _weighed(night, group, best)
    assert (weighed.people, weighed.fits) == (18, 18)
    assert weighed.before == weighed.after
    assert weighed.obstacles == ()


def test_a_house_that_is_too_small_leaves_people_without_a_place() -> None:
    night = opened()
    group = _arrived(night)
    night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 7}))
    weighed = _weighed(night, group, "galilea")
    assert weighed.fits < weighed.people == 18
    assert 18 - weighed.fits == weighed.after.U2 - weighed.before.U2


def test_only_those_who_were_chosen_are_counted() -> None:
    night = opened()
    weighed = _weighed(night, _arrived(night), "samaritano", whom="men")
    assert (weighed.people, weighed.fits) == (6, 6)
    assert weighed.after.FAR - weighed.before.FAR == 6


def test_a_closed_door_may_be_opened_by_the_house_and_by_nobody_else() -> None:
    night = opened()
    night.now = NIGHTFALL + timedelta(hours=3)  # 23:00 in Celaya: it receives until 21:00
    group = _arrived(night, station="celaya")
    shut = _weighed(night, group, "samaritano", whom="men")
    assert shut.fits == 0
    assert [(one.reason.code, one.waiver, one.people) for one in shut.obstacles] == [("intake_over", "intake_over", 6)]
    opened_for_us = _weighed(
        night, group, "samaritano", whom="men", waived=("intake_over",), reason="lo dijo el director"
    )
    assert opened_for_us.fits == 6
    assert [one.waiver for one in opened_for_us.obstacles] == [
        "intake_over"
    ]  # what was ticked stays there to be unticked


def test_what_no_house_may_waive_is_said_without_a_waiver() -> None:
    night = opened()
    weighed = _weighed(night, _arrived(night), "samaritano", whom="fam")
    women = night.arrives(3, households=(Household(women=1, needs=("reduced_mobility",), count=3),))
    barred = _weighed(night, women, "samaritano")
    assert weighed.obstacles == ()
    assert [(one.reason.code, one.waiver) for one in barred.obstacles] == [("no_accessible_places", "")]
    assert barred.fits == 0


def test_children_who_are_alone_are_sent_nowhere_but_to_dif() -> None:
    night = opened()
    group = night.arrives(2, households=(Household(children={"12-17": 1}, unaccompanied=True, count=2),))
    with pytest.raises(Refusal) as refused:
        _weighed(night, group, "galilea", whom="uam")
    assert refused.value.code == "pin_breaks_law"


def test_people_of_others_whose_proposal_would_change_are_counted() -> None:
    night = opened()
    first, second = _arrived(night), _arrived(night)
    (home,) = {part.shelter for part in night.plans(first).parts}
    night.plans(second)
    assert _weighed(night, second, home).others in range(19)
    assert night.picture.plans[first].parts[0].shelter == home  # weighing changes nothing


def test_every_rule_that_may_be_waived_is_one_a_wish_may_name() -> None:
    assert {"intake_over", "does_not_admit", "declined", "kept_until", "stale_figure"} == set(WAIVABLE)
