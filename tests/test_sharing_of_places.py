"""Where people sleep and eat, as each reader may know it: on a page, on the map and in a line of the log alike."""

from __future__ import annotations

import pytest
from realm import COOK, SAMARITANO, Night

from caravan import commands as c
from caravan import events as e
from caravan.audiences import Viewer
from caravan.groups import Composition, Household
from caravan.kitchens import serving
from caravan.server.web.pages.story import told, worth_telling
from caravan.sharing import SharedPicture, share

PARTNER = Viewer(agency="PRODHEG", role="agency")
COMAR = Viewer(agency="COMAR", role="agency")
KITCHEN = Viewer(agency="COMEDOR", role="kitchen", place="trigo")
OTHER_KITCHEN = Viewer(agency="COMEDOR", role="kitchen", place="banco")
HOST = Viewer(agency="ALBERGUE", role="shelter", place="galilea")
OTHER_HOUSE = Viewer(agency="ALBERGUE", role="shelter", place="samaritano")
BRIGADE_ELSEWHERE = Viewer(agency="PC", role="brigade", place="celaya")
BRIGADE = Viewer(agency="PC", role="brigade", place="leon")
COORDINATION = Viewer(agency="SDH", role="coordination")
DIF = Viewer(agency="DIF", role="agency")

OUTSIDERS = pytest.mark.parametrize(
    "who", [PARTNER, COMAR, OTHER_KITCHEN, OTHER_HOUSE, BRIGADE_ELSEWHERE], ids=lambda who: who.key
)


def seen(night: Night, who: Viewer) -> SharedPicture:
    return share(night.picture, who, night.now)


def lines(night: Night, who: Viewer, *kinds: type[e.Event]) -> list[str]:
    """The log as this reader gets it, only those kinds of lines."""
    mine = seen(night, who)
    events = [
        event for event, _ in night.journal if type(event) in kinds and mine.shows(event) and worth_telling(event)
    ]
    return [told(event, mine) for event in events]


@pytest.fixture
def few_apart(night: Night) -> str:
    """28 people, three of them children who are alone: 25 sleep in Galilea and the three in Casa DIF; their dinner is ordered."""
    night.do(c.ReportRations(kitchen="trigo", rations={"dinner": 60}), COOK)
    group = night.arrives(28, unaccompanied=3)
    night.lodges(group)
    night.do(c.OrderMeals(group=group))
    placed = {(p.shelter, p.people) for p in night.picture.placements_of(group)}
    assert placed == {("galilea", 25), ("casa_dif", 3)}
    return group


# ------------------------------------------------------------------------------------------------- who sleeps where

LODGING = (e.PlacementHeld, e.PlacementAccepted, e.PlacementDeclined, e.PlacementExpired, e.PlacementArrived, e.PlacementEnded)  # fmt: skip


@OUTSIDERS
def test_the_log_says_no_more_of_where_people_sleep_than_the_pages_do(
    night: Night, few_apart: str, who: Viewer
) -> None:
    mine = seen(night, who)
    assert [mine.placement(p) for p in night.group(few_apart).placements] == [None, None]
    said = " ".join(lines(night, who, *LODGING))
    assert "Se apartaron lugares en un albergue." in said
    assert not [word for word in ("Casa DIF", "Galilea", "25", "menos de 5") if word in said]
    assert "Se apartaron lugares para 3 personas en Casa DIF" in " ".join(lines(night, COORDINATION, *LODGING))


@OUTSIDERS
def test_what_a_house_writes_when_it_refuses_is_read_by_those_who_may_know_who_was_to_come(
    night: Night, who: Viewer
) -> None:
    group = night.arrives(3)
    held = night.holds(group, pins={"*": "samaritano"})
    night.do(c.DeclinePlacement(placement=held[0], reason="Son tres niñas solas"), SAMARITANO)
    declined = lines(night, who, e.PlacementDeclined)
    assert declined == ["Un albergue no pudo recibir a personas de un grupo."]
    assert "tres niñas" in lines(night, COORDINATION, e.PlacementDeclined)[0]


@OUTSIDERS
def test_where_children_alone_sleep_is_told_to_nobody_who_need_not_know_however_many_they_are(
    night: Night, who: Viewer
) -> None:
    alone = Household(children={"12-17": 1}, unaccompanied=True, count=7)
    group = night.arrives(27, households=(alone, Household(men=1, count=20)))
    night.lodges(group)
    mine = seen(night, who)
    assert [mine.placement(p) for p in night.group(group).placements] == [None, None]
    assert "Casa DIF" not in " ".join(lines(night, who, *LODGING))
    shown = mine.group(group)
    assert shown is not None
    assert shown.placements == ()


@OUTSIDERS
def test_that_the_agency_of_a_house_wrote_a_line_does_not_say_which_house(
    night: Night, few_apart: str, who: Viewer
) -> None:
    lodging = [event for event, _ in night.journal if isinstance(event, e.PlacementArrived)]
    assert [seen(night, who).tells_actor(event) for event in lodging] == [False, False]
    assert [seen(night, HOST).tells_actor(event) for event in lodging].count(True) == 1
    assert all(seen(night, COORDINATION).tells_actor(event) for event, _ in night.journal)


def test_a_partner_reads_where_a_group_sleeps_of_which_nobody_is_apart(night: Night) -> None:
    held = night.lodges(night.arrives(28))[0]
    placement = seen(night, PARTNER).placement(held)
    assert placement is not None
    assert (placement.people, placement.beds, placement.households) == (28, {}, ())
    assert lines(night, PARTNER, e.PlacementHeld)[0].startswith("Se apartaron lugares para 28 personas en Casa Galilea")


def test_a_house_knows_whom_it_lodges_and_not_where_the_rest_of_the_group_is(night: Night, few_apart: str) -> None:
    mine = seen(night, HOST)
    mapped = [p for p in map(mine.placement, night.group(few_apart).placements) if p is not None]
    assert [(p.shelter, p.people, p.beds) for p in mapped] == [("galilea", 25, {"mix": 25})]
    shown = mine.group(few_apart)
    assert shown is not None
    assert shown.placements == (mapped[0].id,)
    assert [stay.shelter for stay in mine.stays(few_apart)] == ["galilea"]
    assert [(order.place, order.rations) for order in mine.orders()] == [("shelter:galilea", 25)]
    assert "Casa DIF" not in " ".join(lines(night, HOST, *LODGING, e.MealsOrdered))
    assert {p.shelter for p in map(seen(night, BRIGADE).placement, night.group(few_apart).placements) if p} == {
        "galilea", "casa_dif"
    }  # fmt: skip


def test_the_households_a_house_reads_are_not_those_of_children_alone(night: Night) -> None:
    alone = Household(children={"12-17": 1}, unaccompanied=True, count=7)
    family = Household(women=1, children={"0-4": 1}, count=10)
    group = night.arrives(27, households=(alone, family))
    night.holds(group)
    told_to = {who.key: seen(night, who).group(group) for who in (HOST, DIF)}
    assert [shown.households for shown in told_to.values() if shown is not None] == [(family,), (alone, family)]


def test_a_house_is_told_that_a_stay_ends_too_soon_and_not_how_many_places_others_have(night: Night) -> None:
    night.lodges(night.arrives(25), "galilea")
    assert seen(night, COORDINATION).shortfalls()[0].mends
    assert [(one.shelter, one.mends) for one in seen(night, HOST).shortfalls()] == [("galilea", ())]


@OUTSIDERS
def test_the_log_does_not_count_the_places_of_a_house_one_report_after_the_other(night: Night, who: Viewer) -> None:
    night.lodges(night.arrives(3, unaccompanied=3))
    night.do(c.ReportOccupancy(shelter="casa_dif", available={"uam": 7, "fam": 10}))
    assert lines(night, who, e.OccupancyReported)[-1] == "Casa DIF informó sus lugares vacíos."
    assert "7 NNA" in lines(night, DIF, e.OccupancyReported)[-1]
    assert "30" in lines(night, HOST, e.OccupancyReported)[0]


@OUTSIDERS
def test_counts_and_departures_stay_out_of_the_log_where_a_few_are_apart(
    night: Night, few_apart: str, who: Viewer
) -> None:
    night.do(c.RecordCount(group=few_apart, people=25, method="headcount", source="Casa Galilea", whole=False))
    night.do(c.RecordDeparture(group=few_apart, people=6, outcome="left", destination="León", source="Galilea"))
    said = lines(night, who, e.CountRecorded, e.DepartureRecorded)
    assert said == ["Se registró un conteo.", "Salieron personas del grupo."]


# ------------------------------------------------------------------------------------------------- who eats what

FOOD = (e.MealsOrdered, e.MealsAccepted, e.MealsServed, e.MealsCancelled)


@pytest.mark.parametrize("who", [PARTNER, COMAR, OTHER_HOUSE, BRIGADE_ELSEWHERE], ids=lambda who: who.key)
def test_the_food_of_those_who_are_together_does_not_give_away_the_few_who_are_not(
    night: Night, few_apart: str, who: Viewer
) -> None:
    mine = seen(night, who)
    assert (mine.orders(), mine.orders(group=few_apart), mine.orders(kitchen="trigo")) == ([], [], [])
    for ident in night.picture.orders:
        assert mine.order(ident) is None
    for ident in list(night.picture.orders):
        night.do(c.AcceptMeals(order=ident), COOK)
    night.do(c.RecordMealsServed(order=_order_of(night, "casa_dif"), rations=3), COOK)
    night.do(c.CancelMeals(order=_order_of(night, "galilea"), reason="Son 25"), COOK)
    said = lines(night, who, *FOOD)
    assert said == [
        "Se pidieron raciones.", "Se pidieron raciones.", "Un comedor sirvió raciones.", "Se canceló un pedido de raciones."
    ]  # fmt: skip


def _order_of(night: Night, shelter: str) -> str:
    return next(i for i in night.picture.orders if night.picture.orders[i].place == f"shelter:{shelter}")


def test_whoever_cooks_reads_the_exact_figure_of_the_own_orders_and_nothing_of_the_others(
    night: Night, few_apart: str
) -> None:
    night.do(c.RecordMealsServed(order=_order_of(night, "casa_dif"), rations=3), COOK)
    assert lines(night, KITCHEN, e.MealsServed) == ["Trigo y Miel sirvió 3 raciones de 3 (cena)."]
    assert any(line.startswith("Se pidieron 3 raciones") for line in lines(night, KITCHEN, e.MealsOrdered))
    assert lines(night, OTHER_KITCHEN, *FOOD) == ["Se pidieron raciones."] * 2 + ["Un comedor sirvió raciones."]


def test_food_that_few_people_miss_is_not_worked_out_from_what_was_ordered(night: Night) -> None:
    night.do(c.ReportRations(kitchen="trigo", rations={"dinner": 26}), COOK)
    night.do(c.OrderMeals(group=night.arrives(28)))
    assert [order.rations for order in seen(night, COORDINATION).orders()] == [26]
    assert seen(night, PARTNER).orders() == []


def test_a_small_order_is_not_the_difference_between_a_kitchen_and_its_orders(night: Night) -> None:
    night.do(c.ReportRations(kitchen="trigo", rations={"dinner": 60}), COOK)
    night.do(c.OrderMeals(group=night.arrives(3, composition=Composition(m={"18-59": 3}))))
    dinner = serving(night.picture.orders[next(iter(night.picture.orders))].day, "dinner")
    for who in (PARTNER, OTHER_KITCHEN):
        larder = seen(night, who).kitchen("trigo")
        assert larder is not None
        assert larder.committed == {}
    night.do(c.OrderMeals(group=night.arrives(40)))
    for who, told_to in ((PARTNER, {}), (OTHER_KITCHEN, {dinner: 43}), (KITCHEN, {dinner: 43})):
        larder = seen(night, who).kitchen("trigo")
        assert larder is not None
        assert larder.committed == told_to


def test_a_page_of_the_log_looks_each_order_up_once(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    night.do(c.ReportRations(kitchen="trigo", rations={"dinner": 10_000}), COOK)
    for _ in range(30):
        night.do(c.OrderMeals(group=night.arrives(40)))
    mine = seen(night, PARTNER)
    ordered = [event for event, _ in night.journal if isinstance(event, e.MealsOrdered)]
    monkeypatch.setattr(type(mine), "orders", None)
    assert all("40 raciones" in told(event, mine) for event in ordered)
