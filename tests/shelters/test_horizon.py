"""How far places reach: nights committed, stays against the procedure, and what would mend a stay that is too short."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caravan.geography import Position
from caravan.protocol.workdays import LFPA28
from caravan.shelters.horizon import (
    Mend,
    Site,
    beds_wanted,
    came_since,
    ends_on,
    horizon,
    mends_for,
    places_on,
    published_places,
    stay_of,
)
from caravan.shelters.model import Placement, Places, Section, Shelter, Standing
from caravan.shelters.plan import Need

MEXICO = ZoneInfo("America/Mexico_City")
NOW = datetime(2023, 5, 17, 4, tzinfo=UTC)  # 16 May, 22:00 in León
TONIGHT = date(2023, 5, 16)
THURSDAY = date(2023, 5, 18)
LEON = Position(lat=21.12, lon=-101.68)


def house(ident: str = "galilea", **known: Any) -> Shelter:
    known = {"sections": {"mix": Places(nominal=30)}} | known
    return Shelter(
        id=ident, name=ident, kind=known.pop("kind", "permanent"), municipality="MX11020", town="León", position=LEON, **known
    )  # fmt: skip


def lodged(people: int, ident: str = "p1", **known: Any) -> Placement:
    known = {"beds": {"mix": people}, "status": "arrived", "came": people, "arrived_at": NOW, "held_at": NOW} | known
    return Placement(id=ident, group="g1", shelter="galilea", activation="a1", people=people, **known)


def nights(count: int) -> datetime:
    return NOW + timedelta(days=count)


# --- stays ----------------------------------------------------------------------------------------------------------------


def test_a_stay_ends_when_somebody_said_else_when_the_house_says() -> None:
    assert ends_on(lodged(5, ends_at=nights(2)), house(max_stay_hours=24), MEXICO) == THURSDAY
    assert ends_on(lodged(5), house(max_stay_hours=72), MEXICO) == date(2023, 5, 19)
    assert ends_on(lodged(5, status="held", came=None, arrived_at=None), house(max_stay_hours=18), MEXICO) == date(
        2023, 5, 17
    )
    assert ends_on(lodged(5), house(), MEXICO) is None


def test_a_stay_is_measured_against_the_working_days_of_the_procedure() -> None:
    stay = stay_of(lodged(83, ends_at=nights(2)), house(), NOW, 45, LFPA28, MEXICO)
    assert (stay.until, stay.needed_until) == (THURSDAY, date(2023, 7, 18))
    assert stay.short_nights == 61
    assert stay_of(lodged(83), house(), NOW, 45, LFPA28, MEXICO).short_nights is None
    assert stay_of(lodged(83, ends_at=nights(90)), house(), NOW, 45, LFPA28, MEXICO).short_nights == 0


# --- mends ----------------------------------------------------------------------------------------------------------------


def test_the_places_of_a_coming_night_are_those_free_now_and_those_of_stays_that_end_by_then() -> None:
    living = [lodged(10, ends_at=nights(1)), lodged(7, "p2", ends_at=nights(3)), lodged(4, "p3")]
    assert places_on({"mix": 2}, living, house(), TONIGHT, MEXICO) == {"mix": 2}
    assert places_on({"mix": 2}, living, house(), date(2023, 5, 17), MEXICO) == {"mix": 12}
    assert places_on({"mix": 2}, living, house(), date(2023, 5, 19), MEXICO) == {"mix": 19}


def test_people_who_came_beyond_the_places_need_one_too() -> None:
    assert beds_wanted(lodged(30, came=83, beds={"mix": 30}), {}) == {"mix": 83}
    assert beds_wanted(lodged(6, beds={"fam": 4, "uam": 2}), {}) == {"uam": 2, "fam": 4}


def test_what_is_known_of_people_counts_and_not_where_they_happen_to_lie() -> None:
    known = {
        "g1/m1": Need(household="g1/m1", group="g1", kind="men", size=3),
        "g1/f1": Need(household="g1/f1", group="g1", kind="fam", size=4),
        "g1/w1": Need(household="g1/w1", group="g1", kind="wom", size=9),
    }
    there: dict[str, Any] = {"households": ("g1/f1", "g1/m1", "g1/p1")}
    assert beds_wanted(lodged(9, beds={"mix": 9}, **there), known) == {"fam": 4, "men": 3, "mix": 2}
    assert beds_wanted(lodged(9, beds={"fam": 7, "mix": 2}, **there), known) == {"fam": 6, "men": 3}
    assert beds_wanted(lodged(9, beds={"mix": 9}, left=6, **there), known) == {"men": 3}


def test_nobody_unknown_is_sent_among_children_who_are_alone() -> None:
    dif = Site(
        shelter=house("dif", admits=("uam", "fam"), services=("dif",)), places={"uam": 5, "fam": 5}, distance_hm=1
    )
    assert [m.kind for m in mends_for({"mix": 3}, [dif], THURSDAY)] == ["new_site"]
    assert [m.shelter for m in mends_for({"fam": 3}, [dif], THURSDAY)] == ["dif"]


def test_no_place_is_given_to_two() -> None:
    site = Site(shelter=house("cerca"), places={"mix": 10}, distance_hm=4)
    taken = Counter[tuple[str, Section]]()
    first, second = (mends_for({"fam": 6}, [site], THURSDAY, taken) for _ in range(2))
    assert [(m.shelter, m.places) for m in first + second] == [("cerca", 6), ("cerca", 4), (None, 2)]


def test_mends_are_open_houses_then_sites_to_open_then_one_that_is_not_there_yet() -> None:
    sites = [
        Site(shelter=house("coecillo", kind="temporary", closed=True), places={"mix": 20}, distance_hm=5, opens=True),
        Site(shelter=house("abba", max_stay_hours=72), places={"mix": 15}, distance_hm=900, away=True),
        Site(shelter=house("cerca"), places={"mix": 10}, distance_hm=40),
    ]
    assert mends_for({"mix": 83}, sites, THURSDAY) == (
        Mend(kind="places", places=10, since=THURSDAY, shelter="cerca"),
        Mend(kind="places", places=15, since=THURSDAY, shelter="abba", until=date(2023, 5, 21)),
        Mend(kind="open", places=20, since=THURSDAY, shelter="coecillo"),
        Mend(kind="new_site", places=38, since=THURSDAY),
    )


def test_a_house_of_one_night_still_mends_one_night() -> None:
    site = Site(shelter=house("samaritano", max_stay_hours=18), places={"men": 9}, distance_hm=1)
    assert mends_for({"men": 3}, [site], THURSDAY) == (
        Mend(kind="places", places=3, since=THURSDAY, shelter="samaritano", until=date(2023, 5, 19)),
    )


def test_children_who_are_alone_go_only_to_dif_and_men_not_among_women() -> None:
    anywhere = Site(
        shelter=house("mixta", admits=("fam", "wom", "men", "uam")),
        places={"uam": 5, "mix": 0, "wom": 9},
        distance_hm=1,
    )
    assert mends_for({"uam": 2, "men": 1}, [anywhere], THURSDAY) == (Mend(kind="new_site", places=3, since=THURSDAY),)
    dif = Site(shelter=house("dif", admits=("uam",), services=("dif",)), places={"uam": 5, "mix": 5}, distance_hm=1)
    assert mends_for({"uam": 2, "men": 1}, [dif], THURSDAY) == (
        Mend(kind="places", places=2, since=THURSDAY, shelter="dif"),
        Mend(kind="new_site", places=1, since=THURSDAY),
    )


def test_a_house_that_admits_no_men_mends_nothing_for_them() -> None:
    women = Site(shelter=house("mujeres", admits=("wom", "fam")), places={"mix": 9}, distance_hm=1)
    assert [m.kind for m in mends_for({"men": 4}, [women], THURSDAY)] == ["new_site"]
    assert [m.kind for m in mends_for({"wom": 4}, [women], THURSDAY)] == ["places"]


def test_a_site_to_be_opened_has_what_is_published_less_what_is_out_of_use() -> None:
    site = house(sections={"mix": Places(nominal=78, blocked=8), "fam": Places(), "men": Places(nominal=5, blocked=5)})
    assert published_places(site) == {"mix": 70}


SITES = st.lists(
    st.builds(
        Site,
        shelter=st.sampled_from(
            [house("a"), house("b", services=("dif",), admits=("uam", "fam")), house("c", admits=("men",)), house("d", kind="temporary")]
        ),
        places=st.dictionaries(st.sampled_from(["fam", "wom", "men", "uam", "mix"]), st.integers(0, 40)),
        distance_hm=st.integers(0, 900),
        away=st.booleans(),
        opens=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda site: site.shelter.id,
)  # fmt: skip
WANTED = st.dictionaries(st.sampled_from(["fam", "wom", "men", "uam", "mix"]), st.integers(0, 60))


@settings(max_examples=200, deadline=None)
@given(wanted=WANTED, sites=SITES)
def test_mends_add_up_to_everybody_and_no_site_gives_more_than_it_has(
    wanted: dict[Section, int], sites: list[Site]
) -> None:
    mends = mends_for(wanted, sites, THURSDAY)
    assert sum(mend.places for mend in mends) == sum(wanted.values())
    had = {site.shelter.id: sum(site.places.values()) for site in sites}
    assert all(mend.places <= had[mend.shelter] for mend in mends if mend.shelter is not None)
    lawful = sum(s.places.get("uam", 0) for s in sites if "dif" in s.shelter.services and "uam" in s.shelter.admits)
    missing = sum(mend.places for mend in mends if mend.kind == "new_site")
    assert missing >= max(0, wanted.get("uam", 0) - lawful)


# --- one house ahead ------------------------------------------------------------------------------------------------------


def ahead(living: list[Placement], free: dict[Section, int] | None, weekly: int = 0) -> Any:
    standing = Standing(shelter=house(), available=free)
    return horizon(standing, living, free, weekly=weekly, today=TONIGHT, zone=MEXICO)


def test_a_house_tells_the_people_it_has_night_by_night() -> None:
    found = ahead([lodged(10, ends_at=nights(1)), lodged(7, "p2", ends_at=nights(3)), lodged(4, "p3")], {"mix": 2})
    assert [(night.day, people) for night, people in found.committed] == [(16, 21), (17, 11), (18, 11)]
    assert (found.open_ended, found.longest_until, found.frees_on) == (4, date(2023, 5, 19), date(2023, 5, 17))


def test_an_end_is_no_departure_so_whoever_is_there_takes_tonight() -> None:
    assert ahead([lodged(10, ends_at=nights(0))], {"mix": 2}).committed == ((TONIGHT, 10),)
    late = ahead([lodged(10, ends_at=nights(-3)), lodged(7, "p2", ends_at=nights(2))], {"mix": 2})
    assert [people for _, people in late.committed] == [17, 7]
    assert ahead([lodged(10)], {"mix": 2}).committed == ((TONIGHT, 10),)


def test_an_empty_house_has_nothing_committed() -> None:
    found = ahead([], {"mix": 30})
    assert (found.committed, found.longest_until, found.frees_on, found.full_on) == ((), None, None, None)


@pytest.mark.parametrize(
    ("free", "weekly", "full_on"),
    [(0, 0, TONIGHT), (30, 0, None), (30, 70, date(2023, 5, 19)), (30, 7, date(2023, 6, 15)), (1, 1, date(2023, 5, 23))],
)  # fmt: skip
def test_a_house_is_full_when_as_many_have_come_as_it_has_places(free: int, weekly: int, full_on: date | None) -> None:
    assert ahead([], {"mix": free}, weekly).full_on == full_on


def test_stays_that_end_put_off_the_night_on_which_a_house_is_full() -> None:
    assert ahead([lodged(20, ends_at=nights(2))], {"mix": 10}, 35).full_on == date(2023, 5, 22)
    assert ahead([lodged(20)], {"mix": 10}, 35).full_on == THURSDAY


def test_places_for_children_who_are_alone_do_not_keep_a_house_from_being_full() -> None:
    assert ahead([], {"uam": 10, "mix": 0}).full_on == TONIGHT


def test_when_a_house_that_tells_nothing_is_full_is_unknown() -> None:
    assert ahead([lodged(5)], None, 35).full_on is None


def test_those_who_came_this_week_count_even_if_they_have_gone() -> None:
    week = [
        lodged(10), lodged(4, "p2", arrived_at=nights(-6), status="ended", left=4), lodged(9, "p3", arrived_at=nights(-7)),
        lodged(6, "p4", arrived_at=None, status="held", came=None), lodged(3, "p5", arrived_at=nights(1)),
    ]  # fmt: skip
    assert came_since(week, NOW) == {"galilea": 14}
