"""The alarm on the night of arrival: «Galilea: hasta el jueves; trámite: 45 días hábiles; faltan 83 lugares desde el jueves»."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from realm import GALILEA, INM, Night, opened, plain, replayed

from caravan import commands as c
from caravan import events as e
from caravan.audiences import Viewer, viewer_of
from caravan.basics import SYSTEM
from caravan.coordination.horizon import shortfall
from caravan.coordination.loop import Outcome
from caravan.geography import Position
from caravan.groups import Composition
from caravan.server.web.pages.horizons import mend_sentence, shortfall_sentence
from caravan.server.web.pages.notices import notice_sentence
from caravan.sharing import SharedPicture, share
from caravan.shelters.model import Places, Shelter

THURSDAY = datetime(2023, 5, 18, 14, tzinfo=UTC)  # 8:00 in León
WEDNESDAY = THURSDAY - timedelta(days=1)
TOWN = Position(lat=21.12, lon=-101.68)
COECILLO = Shelter(
    id="coecillo", name="El Coecillo", kind="temporary", municipality="MX11020", town="León", position=TOWN,
    sections={"mix": Places(nominal=78)}, closed=True,
)  # fmt: skip
SAN_CARLOS = Shelter(
    id="san-carlos", name="San Carlos", kind="permanent", municipality="MX11027", town="Salamanca", position=TOWN,
    sections={"mix": Places(nominal=34)}, closed=True,
)  # fmt: skip


def told(outcome: Outcome) -> list[e.StayFallsShort]:
    return [event for event in outcome.events if isinstance(event, e.StayFallsShort)]


def seen(night: Night, agency: str = "SDH", role: str = "coordination", place: str | None = None) -> SharedPicture:
    return share(night.picture, Viewer(agency=agency, role=role, place=place), night.now)


def held(night: Night, people: int = 30) -> str:
    """A group in León with places held in Galilea."""
    group = night.arrives(people)
    [placement] = night.holds(group, "galilea")
    return placement


def may_2023() -> tuple[Night, Outcome]:
    """Galilea expects 30 and 83 come; the director says that the stay ends on Thursday (AM-GAL, SOLLEON-45)."""
    night = opened()
    night.do(c.RegisterShelter(shelter=COECILLO))
    group = night.arrives(83)
    night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 30}))
    [placement] = night.holds(group, "galilea")
    night.passes(minutes=30)
    return night, night.do(c.RecordPlacementArrival(placement=placement, people=83, until=THURSDAY), GALILEA)


def test_the_night_83_came_to_galilea_the_coordination_hears_that_thursday_comes_before_the_answer() -> None:
    night, outcome = may_2023()
    [event] = told(outcome)
    found = event.shortfall
    assert (found.until, found.needed_until, found.people) == (date(2023, 5, 18), date(2023, 7, 17), 83)
    assert (
        shortfall_sentence(found, seen(night))
        == "Casa Galilea: hasta el jueves 18 de mayo; trámite: 45 días hábiles; faltan 83 lugares desde el jueves."
    )
    notices = [n for n in seen(night).notices() if n.template == "estancia_corta"]
    assert notice_sentence(notices[0], seen(night)) == shortfall_sentence(found, seen(night))


def test_what_would_mend_it_is_said_which_site_how_many_places_and_from_when() -> None:
    night, outcome = may_2023()
    mends = told(outcome)[0].shortfall.mends
    assert sum(mend.places for mend in mends) == 83
    assert [mend_sentence(mend, seen(night)) for mend in mends] == [
        "El Buen Samaritano: 20 lugares desde el jueves 18 de mayo, hasta el viernes 19 de mayo",
        "habilitar El Coecillo: 63 lugares desde el jueves 18 de mayo",
    ]


def test_adult_men_are_not_advised_into_the_house_of_children() -> None:
    night = opened()
    night.lodges(night.arrives(25, composition=Composition(m={"18-59": 25})), "galilea")
    assert [(mend.shelter, mend.places) for short in seen(night).shortfalls() for mend in short.mends] == [
        ("samaritano", 20),
        (None, 5),
    ]


def test_no_place_is_told_to_two_groups_and_none_of_another_house_to_a_house() -> None:
    night = opened()
    for _ in range(2):
        night.lodges(night.arrives(15, composition=Composition(m={"18-59": 15})), "galilea")
    found = [(mend.shelter, mend.places) for short in seen(night).shortfalls() for mend in short.mends]
    assert found == [("samaritano", 15), ("samaritano", 5), (None, 10)]
    own = seen(night, "ALBERGUE", "shelter", "galilea").shortfalls()
    assert [(short.people, short.mends) for short in own] == [(15, ()), (15, ())]


def test_after_midnight_and_after_its_end_a_stay_is_still_somebody_in_a_bed() -> None:
    night = opened()
    night.lodges(night.arrives(30), "galilea")
    for now in (datetime(2023, 5, 18, 7, tzinfo=UTC), night.now + timedelta(days=4)):
        night.now = now
        ahead = seen(night).horizon("galilea")
        assert ahead is not None and [people for _, people in ahead.committed] == [30]


def test_what_no_house_can_take_needs_a_site_that_is_not_there_yet() -> None:
    night, _ = may_2023()
    night.do(c.RegisterShelter(shelter=SAN_CARLOS))
    for shelter, nobody in (("samaritano", {"fam": 0, "men": 0}), ("casa_dif", {"uam": 0, "fam": 0})):
        night.do(c.ReportOccupancy(shelter=shelter, available=nobody))  # pyright: ignore[reportArgumentType]
    [short] = seen(night).shortfalls()
    assert [mend_sentence(mend, seen(night)) for mend in short.mends] == [
        "habilitar El Coecillo: 78 lugares desde el jueves 18 de mayo",
        "abrir un sitio temporal con 5 lugares desde el jueves 18 de mayo",
    ]


def test_the_alarm_sounds_when_places_are_held_and_again_only_when_the_day_or_the_people_change() -> None:
    night = opened()
    placement = held(night)
    assert len(told(Outcome(events=tuple(event for event, _ in night.journal), picture=night.picture))) == 1
    assert told(night.do(c.AcceptPlacement(placement=placement), GALILEA)) == []
    assert told(night.do(c.RecordPlacementArrival(placement=placement, people=30), GALILEA)) == []
    sooner = night.do(c.SetStayEnd(placement=placement, until=WEDNESDAY, source="La directora"), GALILEA)
    assert [event.shortfall.until for event in told(sooner)] == [date(2023, 5, 17)]
    assert told(night.do(c.SetStayEnd(placement=placement, until=WEDNESDAY + timedelta(hours=2)), GALILEA)) == []


def test_more_people_than_were_expected_are_told_again() -> None:
    night = opened()
    placement = held(night)
    assert [
        event.shortfall.people for event in told(night.do(c.RecordPlacementArrival(placement=placement, people=83)))
    ] == [83]


def test_a_stay_as_long_as_the_procedure_raises_no_alarm() -> None:
    night = opened()
    placement = held(night)
    night.do(c.RecordPlacementArrival(placement=placement, people=30))
    assert told(night.do(c.SetStayEnd(placement=placement, until=night.now + timedelta(days=90)))) == []
    assert seen(night).shortfalls() == []


def test_a_stay_without_an_end_is_unknown_and_no_alarm() -> None:
    night = opened()
    group = night.arrives(5)
    outcome = night.do(c.PassTime(), SYSTEM)
    night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 0}))
    night.do(c.ReportOccupancy(shelter="samaritano", available={"fam": 0, "men": 0}))
    [placement] = night.holds(group, "casa_dif")
    assert told(outcome) == []
    assert shortfall(night.picture, night.picture.placements[placement], night.now) is None
    assert [(stay.until, stay.short_nights) for stay in seen(night).stays(group)] == [(None, None)]


def test_the_days_of_the_procedure_are_counted_alike_whether_or_not_somebody_asked_for_asylum() -> None:
    silent, asked = opened(), opened()
    for night in (silent, asked):
        held(night)
    [group] = asked.picture.groups
    asked.do(c.RecordAsylumWish(group=group, people=30))
    assert [s.needed_until for s in seen(asked).stays(group)] == [s.needed_until for s in seen(silent).stays(group)]
    assert seen(asked).shortfalls() == seen(silent).shortfalls()


def test_the_term_of_the_procedure_is_the_policys() -> None:
    night = opened()
    held(night)
    [group] = night.picture.groups
    assert seen(night).stays(group)[0].procedure_days == 45


def test_people_who_have_left_or_were_a_mistake_lack_no_places() -> None:
    night, _ = may_2023()
    [group] = night.picture.groups
    [placement] = night.picture.groups[group].placements
    night.do(
        c.RecordDeparture(group=group, people=83, outcome="left", destination="SLP", source="x", placement=placement)
    )
    assert seen(night).shortfalls() == []
    assert shortfall(night.picture, night.picture.placements[placement], night.now) is None


# --- who may know ---------------------------------------------------------------------------------------------------------


def test_the_house_knows_its_own_nights_and_nobody_elses() -> None:
    night, _ = may_2023()
    host = seen(night, "ALBERGUE", "shelter", "galilea")
    other = seen(night, "ALBERGUE", "shelter", "samaritano")
    own = host.horizon("galilea")
    assert own is not None
    assert (own.committed[0][1], own.longest_until, own.weekly) == (83, date(2023, 5, 18), 83)
    assert [short.shelter for short in host.shortfalls()] == ["galilea"]
    assert (host.horizon("samaritano"), other.horizon("galilea"), other.shortfalls()) == (None, None, [])
    assert seen(night).horizon("galilea") == own


def test_inm_learns_nothing_of_nights_stays_or_calls() -> None:
    night, outcome = may_2023()
    [group] = night.picture.groups
    inm = share(night.picture, viewer_of(INM), night.now)
    assert (inm.shortfalls(), inm.stays(group), inm.call_list(), inm.horizon("galilea")) == ([], [], [], None)
    assert not inm.shows(told(outcome)[0])
    assert [n for n in inm.notices() if n.template == "estancia_corta"] == []


def test_the_coordination_is_given_the_houses_to_phone_with_those_near_the_people_who_wait_first() -> None:
    night = opened(told=False)
    night.do(c.RegisterShelter(shelter=SAN_CARLOS))
    night.arrives(20, station="leon")
    assert [call.shelter for call in seen(night).call_list()] == ["galilea", "casa_dif", "samaritano"]
    night.do(c.ReportOccupancy(shelter="galilea", available={"mix": 30}))
    assert [call.shelter for call in seen(night).call_list()] == ["casa_dif", "samaritano"]
    assert seen(night, "DIF", "agency").call_list() == []


def test_a_phone_is_for_the_coordination_and_the_house_itself() -> None:
    night = opened()
    with_phone = night.picture.shelters["galilea"].shelter
    night.do(
        c.RegisterShelter(
            shelter=Shelter(**{f: getattr(with_phone, f) for f in with_phone.__struct_fields__} | {"phone": "1"})
        )
    )
    viewers = [
        ("SDH", "coordination", None),
        ("ALBERGUE", "shelter", "galilea"),
        ("ALBERGUE", "shelter", "samaritano"),
        ("DIF", "agency", None),
    ]
    found = [standing for who in viewers if (standing := seen(night, *who).shelter("galilea")) is not None]
    assert [standing.shelter.phone for standing in found] == ["1", "1", "", ""]


def test_the_journal_reads_back_as_it_was() -> None:
    night, _ = may_2023()
    assert plain(replayed(night.journal)) == plain(night.picture)


def test_a_house_sees_until_when_its_meals_are_ordered() -> None:
    night, _ = may_2023()
    [group] = night.picture.groups
    own = seen(night, "ALBERGUE", "shelter", "galilea")
    before = own.horizon("galilea")
    night.do(c.ReportRations(kitchen="trigo", rations={"breakfast": 100, "lunch": 100, "dinner": 100}))
    night.do(c.OrderMeals(group=group, day=date(2023, 5, 15), service="dinner"))
    for service in ("breakfast", "lunch", "dinner"):
        night.do(c.OrderMeals(group=group, day=date(2023, 5, 16), service=service))
    after = seen(night, "ALBERGUE", "shelter", "galilea").horizon("galilea")
    assert before is not None
    assert after is not None
    assert (before.food_until, after.food_until) == (None, date(2023, 5, 16))
