"""A night as the coordination reads it: everybody is in it once, as what they are, and nobody else reads it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from msgspec.structs import replace
from realm import BRIGADE, COMAR, GALILEA, INM, SDH, Night, opened

from caravan import commands as c
from caravan.audiences import Viewer, viewer_of
from caravan.basics import Actor, Reason
from caravan.groups import Household
from caravan.server.web.pages.night_plan import NightPlan, entry_of, household_words, night_plan, whom_words
from caravan.server.web.pages.plan_words import uncounted
from caravan.sharing import SharedPicture, share
from caravan.shelters.model import Places, Standing

TOWN = Viewer(agency="SDH", role="coordination")
BUS = (
    Household(women=1, men=1, children={"0-4": 1, "5-11": 1}, count=2),
    Household(women=1, count=3),
    Household(men=1, count=4),
    Household(children={"12-17": 1}, unaccompanied=True),
)


def _shared(night: Night, by: Actor = SDH) -> SharedPicture:
    return share(night.picture, viewer_of(by), night.now)


def _drawn(plan: NightPlan) -> dict[str, int]:
    """People by kind in the wide picture."""
    found: dict[str, int] = {}
    for kind, title in re.findall(r'data-kind="(\w+)".*?<title>(.*?)</title>', str(plan.wide), re.DOTALL):
        found[kind] = found.get(kind, 0) + int(re.findall(r": (\d+) \(", title)[0])
    return found


def test_everybody_is_in_the_picture_once_as_what_they_are_before_and_after_a_proposal_and_a_hold() -> None:
    night = opened()
    group = night.arrives(16, households=BUS)
    everybody = {"fam": 8, "wom": 3, "men": 4, "uam": 1}
    asked = night_plan(_shared(night))
    assert _drawn(asked) == everybody
    assert (asked.waiting, asked.proposed, asked.unplanned, asked.left) == (16, 0, 16, 0)
    plan = night.plans(group)
    proposed = night_plan(_shared(night))
    assert _drawn(proposed) == everybody
    assert (proposed.proposed + proposed.left, proposed.unplanned) == (16, 0)
    night.do(c.ConfirmPlacement(group=group, plan=plan.plan))
    held = night_plan(_shared(night))
    assert _drawn(held) == everybody
    assert (held.held, held.proposed) == (16 - plan.unplaced, 0)


def test_who_is_lodged_is_no_part_of_the_night() -> None:
    night = opened()
    group = night.arrives(6, households=(Household(men=1, count=6),))
    night.lodges(group)
    assert night_plan(_shared(night)).entries == ()


def test_people_of_whom_nothing_is_known_are_drawn_as_that() -> None:
    night = opened()
    night.arrives(9, households=(Household(women=1, count=2),))
    assert _drawn(night_plan(_shared(night))) == {"wom": 2, "mix": 7}


def test_a_promise_that_no_longer_fits_is_among_those_to_be_placed_and_not_held() -> None:
    night = opened()
    group = night.arrives(6, households=(Household(men=1, count=6),))
    (held,) = night.holds(group, pins={"*": "galilea"}, reason="más cerca")
    night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 0}))
    assert _shared(night).short()[0].placements == (held,)
    night.plans(group)
    entry = entry_of(_shared(night), next(iter(_shared(night).groups())))
    assert (entry.held_people, entry.open_people + entry.left) == (0, 6)


def test_many_groups_are_summed_by_station_and_listed_one_by_one() -> None:
    night = opened()
    for _ in range(25):
        night.arrives(2, "celaya")
    plan = night_plan(_shared(night))
    assert plan.bundled
    assert len(plan.entries) == 25
    assert "50 personas, 25 grupos" in str(plan.wide)
    assert _drawn(plan) == {"mix": 50}


def test_the_table_says_what_the_picture_shows() -> None:
    night = opened()
    group = night.arrives(16, households=BUS)
    night.plans(group)
    plan = night_plan(_shared(night))
    told = sum(int(n) for _source, _sink, who in plan.rows for n in re.findall(r"(\d+) ", who))
    assert told == 16


@pytest.mark.parametrize("by", [INM, COMAR, GALILEA, BRIGADE], ids=lambda actor: actor.agency)
def test_nobody_else_reads_a_proposal_or_a_household(by: Actor) -> None:
    night = opened()
    group = night.arrives(16, households=BUS)
    night.plans(group)
    theirs = _shared(night, by)
    assert theirs.plan(group) is None
    assert theirs.households(group) == {}
    assert theirs.short() == []
    assert theirs.weigh(c.ProposePlacement(group=group, pins={"men": "galilea"})) is None


def test_a_household_is_told_by_what_it_is_and_names_nobody() -> None:
    night = opened()
    group = night.arrives(16, households=BUS)
    mine = _shared(night)
    said = [household_words(need) for need in mine.households(group).values()]
    assert said[0] == "familia de 4 (caso prioritario)"
    assert "mujeres solas: 1" in said
    assert whom_words(mine, group, "*") == "todo el grupo"
    assert whom_words(mine, group, "no such household") == "una persona o familia"


def test_a_plan_that_was_made_again_says_because_of_what() -> None:
    night = opened()
    group = night.arrives(6, households=(Household(men=1, count=6),))
    night.holds(group, pins={"*": "galilea"}, reason="más cerca")
    night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 0}))
    because = night.plans(group).because
    assert isinstance(because, Reason)


def test_figures_that_no_longer_count_and_sites_that_could_be_opened_are_named() -> None:
    night = opened()
    closed = replace(
        night.picture.shelters["galilea"].shelter, id="coecillo", name="El Coecillo", kind="temporary", closed=True,
        sections={"mix": Places(nominal=78)},
    )  # fmt: skip
    policy = replace(night.picture.policy, unknown_after_hours=48)
    picture = replace(
        night.picture, policy=policy, shelters=night.picture.shelters.insert("coecillo", Standing(shelter=closed))
    )  # fmt: skip
    fresh = uncounted(share(picture, viewer_of(SDH), night.now))
    old = uncounted(share(picture, viewer_of(SDH), night.now + timedelta(hours=60)))
    assert not any("cifra vencida" in one for one in fresh)
    assert any("lugares con cifra vencida no se cuentan: llame." in one for one in old)
    assert [one for one in fresh if "se puede habilitar" in one] == [
        "El Coecillo (León, 78 lugares) está cerrado: se puede habilitar."
    ]
