"""What each agency learns, and that nothing else leaves: not in a figure, not in a step, not in a list of what may be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import fields, replace
from realm import COMAR, INM, SDH, SHELTERS, Night
from rpds import List

from caravan import commands as c
from caravan import events as e
from caravan.audiences import GROUP_FIELDS, NAMING, SMALL, SharedGroup, Viewer, viewer_of
from caravan.basics import Actor
from caravan.groups import BANDS, Band, Composition, Household
from caravan.sharing import SharedPicture, share

COORDINATION = Viewer(agency="SDH", role="coordination")
TOWN_HALL = Viewer(agency="MUNICIPIO", role="coordination")
VIEWERS: dict[str, Viewer] = {
    "coordination": COORDINATION,
    "town hall": TOWN_HALL,
    "INM": viewer_of(INM),
    "COMAR": viewer_of(COMAR),
    "ACNUR": Viewer(agency="ACNUR", role="agency"),
    "DIF": Viewer(agency="DIF", role="agency"),
    "SALUD": Viewer(agency="SALUD", role="agency"),
    "brigade": Viewer(agency="PC", role="brigade", place="leon"),
    "brigade elsewhere": Viewer(agency="PC", role="brigade", place="celaya"),
    "host": Viewer(agency="ALBERGUE", role="shelter", place="galilea"),
    "other shelter": Viewer(agency="ALBERGUE", role="shelter", place="samaritano"),
    "cook": Viewer(agency="COMEDOR", role="kitchen", place="trigo"),
    "partner": Viewer(agency="PRODHEG", role="agency"),
}
OUTSIDE_ASYLUM = [name for name in VIEWERS if name not in ("coordination", "COMAR", "ACNUR")]
INEXACT = ["COMAR", "other shelter", "partner", "brigade elsewhere", "cook", "INM"]

HIDDEN_STEPS = ("asilo", "deteccion", "por_avisar", "por_presentar", "asilo_no_aplica", "COMAR a", "Asilo", "asylum")

# ------------------------------------------------------------------------------------- all that a share answers


def _waiting_families(night: Night) -> list[Any]:
    groups = (night.picture.groups[i] for i in sorted(night.picture.groups))
    return [g for g in groups if g.status == "open" and g.unplaced and any(h.children for h in g.households)]


def _plain(thing: object) -> Any:
    return msgspec.to_builtins(thing, enc_hook=lambda each: list(each) if isinstance(each, List) else None)


def _derived(standing: Any) -> Any:
    return [standing, standing.free, standing.free_total, standing.incoming, standing.without_bed, standing.status]


ANSWERS: dict[str, Callable[[SharedPicture, Night], Any]] = {
    "drill": lambda s, n: s.drill,
    "restricted": lambda s, n: s.restricted,
    "coordinates": lambda s, n: s.coordinates,
    "leads": lambda s, n: s.leads,
    "now": lambda s, n: s.now,
    "viewer": lambda s, n: s.viewer,
    "stations": lambda s, n: s.stations(),
    "station": lambda s, n: [s.station(i) for i in sorted(n.picture.stations)],
    "offices": lambda s, n: s.offices(),
    "office": lambda s, n: [s.office(i) for i in sorted(n.picture.offices)],
    "shelters": lambda s, n: [_derived(each) for each in s.shelters()],
    "shelter": lambda s, n: [
        _derived(found) for i in sorted(n.picture.shelters) if (found := s.shelter(i)) is not None
    ],
    "food": lambda s, n: s.food(n.now.date()),
    "ledger": lambda s, n: [s.ledger(i) for i in sorted(n.picture.shelters)],
    "municipalities": lambda s, n: s.municipalities(),
    "municipal_total": lambda s, n: [s.municipal_total(m) for m in s.municipalities()],
    "kitchens": lambda s, n: s.kitchens(),
    "kitchen": lambda s, n: [s.kitchen(i) for i in sorted(n.picture.kitchens)],
    "groups": lambda s, n: sorted(s.groups(), key=lambda g: g.id),
    "group": lambda s, n: [s.group(i) for i in sorted(n.picture.groups)],
    "placement": lambda s, n: [s.placement(i) for i in sorted(n.picture.placements)],
    "placements_in": lambda s, n: [s.placements_in(i) for i in sorted(n.picture.shelters)],
    "plan": lambda s, n: [s.plan(i) for i in sorted(n.picture.groups)],
    "households": lambda s, n: [s.households(i) for i in sorted(n.picture.groups)],
    "short": lambda s, n: s.short(),
    "without_bed": lambda s, n: [s.without_bed(i) for i in sorted(n.picture.groups)],
    "beds_to_spare": lambda s, n: [s.beds_to_spare(i) for i in sorted(n.picture.placements)],
    "weigh": lambda s, n: [
        s.weigh(c.ProposePlacement(group=g.id, pins={"fam": "galilea"})) for g in _waiting_families(n)
    ],
    "orders": lambda s, n: [
        s.orders(),
        *(s.orders(group=g) for g in sorted(n.picture.groups)),
        s.orders(kitchen="trigo"),
    ],
    "order": lambda s, n: [s.order(i) for i in sorted(n.picture.orders)],
    "told_rations": lambda s, n: [s.told_rations(i, few) for i in sorted(n.picture.orders) for few in (3, 80)],
    "told_places": lambda s, n: [s.told_places(one) for one, _ in n.journal if isinstance(one, e.OccupancyReported)],
    "tells_where": lambda s, n: [s.tells_where(i) for i in sorted(n.picture.groups)],
    "tells_actor": lambda s, n: [s.tells_actor(event) for event, _ in n.journal if s.shows(event)],
    "activations": lambda s, n: s.activations(),
    "running_at": lambda s, n: [s.running_at(i) for i in sorted(n.picture.stations)],
    "open_activation": lambda s, n: [s.open_activation(i) for i in sorted(n.picture.stations)],
    "activation": lambda s, n: [s.activation(i) for i in sorted(n.picture.activations)],
    "protocol_words": lambda s, n: [s.protocol_words(i) for i in sorted(n.picture.activations)],
    "agency_name": lambda s, n: [s.agency_name(i, "SDH") for i in (None, *sorted(n.picture.activations))],
    "protocols": lambda s, n: [(p.id, p.version) for p in s.protocols()],
    "protocol": lambda s, n: s.protocol("guanajuato@2") is not None,
    "standing_of": lambda s, n: s.standing_of("guanajuato@2") == "in_force",
    "drafts": lambda s, n: s.drafts(),
    "packs": lambda s, n: sorted(s.packs()),
    "draft": lambda s, n: [s.draft(i) for i in sorted(n.picture.drafts)],
    "may_with": lambda s, n: [sorted(s.may_with(n.picture.drafts[i])) for i in sorted(n.picture.drafts)],
    "beside": lambda s, n: [p.id for p in s.beside()],
    "policy": lambda s, n: s.policy(),
    "call_list": lambda s, n: s.call_list(),
    "horizon": lambda s, n: [s.horizon(i) for i in sorted(n.picture.shelters)],
    "stays": lambda s, n: [s.stays(i) for i in sorted(n.picture.groups)],
    "shortfalls": lambda s, n: s.shortfalls(),
    "policies": lambda s, n: s.policies(),
    "in_force": lambda s, n: s.in_force is not None,
    "state_words": lambda s, n: [
        s.state_words(i, state) for i in sorted(n.picture.activations) for state in HIDDEN_STEPS
    ],
    "reads": lambda s, n: [s.reads(field, i) for i in sorted(n.picture.groups) for field in sorted(GROUP_FIELDS)],
    "told": lambda s, n: [s.told(people, i) for i in sorted(n.picture.groups) for people in (0, 3, 80)],
    "waiting": lambda s, n: [s.waiting(i) for i in _owners(n)],
    # Which states of a published protocol are one's own is no secret; which of them are active is.
    "machines": lambda s, n: [(m.machine, m.active) for i in _owners(n) for m in s.machines(i)],
    "shown_states": lambda s, n: [s.shown_states(p, machine) is None for p in s.protocols() for machine in p.machines],
    "possible": lambda s, n: [s.possible(i) for i in _owners(n)],
    "may_know": lambda s, n: [s.may_know(None), s.may_know(("COMAR",))],
    "steps": lambda s, n: [
        s.steps(),
        *(s.steps(activation=i) for i in sorted(n.picture.activations)),
        s.steps(owner="SDH"),
    ],
    "task": lambda s, n: [found for i in sorted(n.picture.tasks) if (found := s.task(i)) is not None],
    "notices": lambda s, n: s.notices(),
    "cases": lambda s, n: [s.cases(i) for i in sorted(n.picture.activations)],
    "case": lambda s, n: [s.case(i) for i in sorted(n.picture.cases)],
    "openable": lambda s, n: [s.openable(i) for i in sorted(n.picture.activations)],
    "texts": lambda s, n: [s.texts(i) for i in _owners(n)],
    "text": lambda s, n: [s.text(i) for i in sorted(n.picture.texts)],
    "relays": lambda s, n: [s.relays(i) for i in sorted(n.picture.activations)],
    "taken": lambda s, n: [
        s.taken(event) for event, _ in n.journal if isinstance(event, e.ProtocolStepped) and s.shows(event)
    ],
    "shows": lambda s, n: [type(event).__name__ for event, _ in n.journal if s.shows(event)],
}


def _owners(night: Night) -> list[str]:
    return sorted(night.picture.machines_of)


def seen(night: Night, who: str) -> SharedPicture:
    return share(night.picture, VIEWERS[who], night.now)


def everything(night: Night, who: str) -> dict[str, Any]:
    """All that a viewer could ever be answered, as JSON would say it."""
    mine = seen(night, who)
    return {name: _plain(ask(mine, night)) for name, ask in ANSWERS.items()}


def text(night: Night, who: str) -> str:
    return msgspec.json.encode(everything(night, who)).decode()


def group(night: Night, who: str, ident: str) -> SharedGroup:
    found = seen(night, who).group(ident)
    assert found is not None
    return found


@pytest.fixture
def bus(night: Night) -> str:
    """The bus of León: families, a child alone, an asylum wish, needs; part of them at Galilea, part on the way."""
    ident = night.arrives(
        83,
        composition=Composition(f={"0-4": 1, "18-59": 31}, m={"0-4": 1, "5-11": 2, "18-59": 48}),
        asylum=7, needs={"pregnant": 2, "medical": 6}, note="Salieron de Tláhuac", unaccompanied=1, languages=("ht",),
        entered_country=date(2023, 5, 1),
    )  # fmt: skip
    night.do(c.ActivateProtocol(station="leon", reason="Varios días sin comer"))
    plan = night.plans(ident)
    night.do(c.ConfirmPlacement(group=ident, plan=plan.plan, shelters=("galilea", "casa_dif")))
    galilea = next(p for p in night.picture.placements_of(ident) if p.shelter == "galilea")
    night.do(c.RecordPlacementArrival(placement=galilea.id, people=30))
    night.do(c.OrderMeals(group=ident, service="dinner"))
    return ident


# ------------------------------------------------------------------------------------------------- the tables


def test_every_field_of_a_shared_group_has_its_rule() -> None:
    named = {field.name for field in fields(SharedGroup)}
    assert named == GROUP_FIELDS.keys() | NAMING
    assert not GROUP_FIELDS.keys() & NAMING


def test_these_tests_ask_a_share_everything_it_can_answer(night: Night) -> None:
    mine = seen(night, "partner")
    assert {name for name in dir(mine) if not name.startswith("_")} == set(ANSWERS)


SEES: dict[str, set[str]] = {
    "asylum": {"coordination", "COMAR", "ACNUR"},
    "children": {"coordination", "town hall", "ACNUR", "DIF", "SALUD", "brigade", "host"},
    "entered_country": {"coordination", "town hall", "COMAR", "ACNUR"},
    "unaccompanied": {"coordination", "town hall", "ACNUR", "DIF", "brigade"},
    "needs": {"coordination", "town hall", "COMAR", "ACNUR", "DIF", "SALUD", "brigade", "host"},
    "note": {"coordination", "town hall", "brigade"},
    "people": set(VIEWERS),
    "languages": set(VIEWERS) - {"INM"},
    "composition": set(VIEWERS) - {"INM", "cook"},
}


@pytest.mark.parametrize("field", SEES)
def test_each_agency_sees_what_its_task_needs_and_no_more(night: Night, bus: str, field: str) -> None:
    saw = {who for who in VIEWERS if getattr(group(night, who, bus), field) not in (None, (), {}, "")}
    assert saw == SEES[field]


# --------------------------------------------------------------------------------------------------------- INM


def test_inm_learns_how_many_came_and_nothing_of_who_they_are_or_where_they_sleep(night: Night, bus: str) -> None:
    shown = group(night, "INM", bus)
    told = {name for name in GROUP_FIELDS if getattr(shown, name) not in (None, (), {}, "", False)}
    assert told == {"people"}
    answers = everything(night, "INM")
    for method in ("shelters", "kitchens", "plan", "orders", "placement", "placements_in"):
        assert not [each for each in answers[method] if each]


def test_no_answer_to_inm_holds_an_address_a_need_an_age_or_a_house(night: Night, bus: str) -> None:
    said = text(night, "INM")
    for word in (
        *(s.name for s in SHELTERS),
        *(s.address for s in SHELTERS),
        "galilea",
        "Trigo",
        "Tláhuac",
        "Varios días",
    ):
        assert word not in said
    for word in ("pregnant", "0-4", "albergue:", "shelter:", *HIDDEN_STEPS[1:6], "ninez", "salud", "alojamiento"):
        assert word not in said


def test_a_house_that_agreed_is_shown_to_inm_and_does_not_give_the_others_away(night: Night) -> None:
    assert seen(night, "INM").municipal_total("MX11020") is not None
    night.do(c.RegisterShelter(shelter=replace(SHELTERS[0], shares_address_with_inm=True)))
    mine = seen(night, "INM")
    assert [standing.shelter.id for standing in mine.shelters()] == ["galilea"]
    total = mine.municipal_total("MX11020")
    assert total is not None
    assert total[1:] == (1, None)


def test_the_total_of_a_town_stands_on_no_house(night: Night) -> None:
    night.do(c.LocatePlace(place="shelter:galilea", lat=21.1234, lon=-101.6789))
    night.do(c.LocatePlace(place="shelter:casa_dif", lat=21.1111, lon=-101.6666))
    total = seen(night, "INM").municipal_total("MX11020")
    assert total is not None
    assert (total[0].position.lat, total[0].town, total[1], total[2]) == (21.12, "León", 2, 40)
    assert "21.1234" not in text(night, "INM")


@pytest.mark.parametrize("who", VIEWERS)
def test_the_places_of_a_house_tell_of_promises_and_of_children_only_whom_they_concern(night: Night, who: str) -> None:
    night.holds(night.arrives(3, unaccompanied=3), "casa_dif")
    night.holds(night.arrives(24), pins={"*": "galilea"})
    few = night.holds(night.arrives(3), pins={"*": "galilea"})[0]
    night.do(c.AcceptPlacement(placement=few))
    share = seen(night, who)
    galilea, dif = share.ledger("galilea"), share.ledger("casa_dif")
    if who == "INM":
        assert (galilea, dif) == (None, None)
        return
    assert galilea is not None
    assert dif is not None
    exact = who in ("coordination", "town hall", "ACNUR", "DIF", "SALUD", "host")
    first = galilea["mix"][0]
    assert (first.held, first.confirmed) == ((24, 3) if exact else (0, 0))
    assert (first.free, len(galilea["mix"]) > 1) == (3, exact)
    assert ("uam" in dif) == (exact and who != "host")


def test_inm_still_follows_the_steps_that_are_its_own(night: Night, bus: str) -> None:
    assert {state.owner for state in seen(night, "INM").waiting(bus)} == {"INM"}
    assert "tramite_iniciado" in {event.event for event in seen(night, "INM").possible(bus)}


def test_a_notice_to_inm_says_neither_house_nor_need(night: Night, bus: str) -> None:
    told = seen(night, "INM").notices()
    assert told
    assert all(
        notice.place is None and set(notice.facts) <= {"nivel", "personas", "estado", "vence"} for notice in told
    )


# ----------------------------------------------------------------------------- what one may not know leaves no trace


def _wish(night: Night, bus: str) -> None:
    night.do(c.RecordAsylumWish(group=bus, people=15), COMAR)


def _hidden_region_advances(night: Night, bus: str) -> None:
    night.do(c.SendEvent(event="aviso_enviado", group=bus, payload={"documento": "oficio 12"}))


def _another_wish(night: Night, bus: str) -> None:
    night.do(c.SendEvent(event="manifiestan_temor", group=bus), COMAR)


def _hidden_task_is_done(night: Night, bus: str) -> None:
    task = next(i for i in night.picture.tasks if night.picture.tasks[i].evidence == "documento")
    night.do(c.CompleteTask(task=task, evidence="oficio 12"))


@pytest.mark.parametrize("who", OUTSIDE_ASYLUM)
@pytest.mark.parametrize("change", [_wish, _hidden_region_advances, _another_wish, _hidden_task_is_done])
def test_asylum_moves_and_nothing_that_others_can_see_moves_with_it(
    night: Night, bus: str, change: Callable[[Night, str], None], who: str
) -> None:
    before, known = everything(night, who), everything(night, "COMAR")
    change(night, bus)
    assert everything(night, who) == before
    assert everything(night, "COMAR") != known


@pytest.mark.parametrize("who", OUTSIDE_ASYLUM)
def test_a_missed_legal_term_is_told_only_to_those_who_may_know_of_it(night: Night, who: str) -> None:
    buses = [night.arrives(40, asylum=5), night.arrives(40, asylum=5)]
    night.passes(minutes=55)
    night.do(c.SendEvent(event="aviso_enviado", group=buses[0], payload={"documento": "oficio 1"}))
    before = night.picture
    missed = [event for event in night.passes(minutes=6).events if isinstance(event, e.DeadlineMissed)]
    hidden = [event for event in missed if event.state == "por_avisar"]
    assert hidden
    mine = share(night.picture, VIEWERS[who], night.now)
    assert not any(mine.shows(event) for event in hidden)
    assert night.picture.seq > before.seq


@pytest.mark.parametrize("who", OUTSIDE_ASYLUM)
def test_steps_events_tasks_and_notices_of_a_hidden_track_reach_nobody_outside_it(
    night: Night, bus: str, who: str
) -> None:
    mine = seen(night, who)
    tracks = {state.track for state in mine.waiting(bus)} | {step.track for step in mine.steps()}
    events = {event.event for event in mine.possible(bus)}
    labels = {step.label.get("es", "") for step in mine.steps()}
    assert "asilo" not in tracks
    assert not events & {"aviso_enviado", "manifiestan_temor", "solicitud_presentada"}
    assert "Aviso por escrito a COMAR" not in labels
    assert not any(notice.facts.get("estado") == "por_avisar" for notice in mine.notices())


@pytest.mark.parametrize("who", ["coordination", "COMAR", "ACNUR"])
def test_those_who_may_know_of_asylum_find_its_step(night: Night, bus: str, who: str) -> None:
    assert "asilo" in {state.track for state in seen(night, who).waiting(bus)}


@pytest.mark.parametrize("who", OUTSIDE_ASYLUM)
def test_that_only_asylum_is_pending_does_not_show(night: Night, who: str) -> None:
    pending, free = night.arrives(30, asylum=6), night.arrives(30)
    night.do(c.SendEvent(event="nadie_manifiesta", group=free))
    for ident in (pending, free):
        _all_else_ends(night, ident)
    assert (night.group(pending).status, night.group(free).status) == ("open", "concluded")
    assert group(night, who, pending).status == group(night, who, free).status == "concluded"
    assert group(night, "coordination", pending).status == "open"
    assert [run.open_groups for run in seen(night, "partner").activations()] == [0]


def _all_else_ends(night: Night, ident: str) -> None:
    """Everybody goes and whatever people still have to send is sent, but for asylum."""
    night.do(c.RecordDeparture(group=ident, people=30, outcome="left", destination="SLP", source="Brigada"))
    for _ in range(40):
        steps = [event for event in seen(night, "coordination").possible(ident) if event.visible is None]
        again = ("entregar_pendientes", "incidente", "queja", "vulneracion", "puesta_a_disposicion")
        forward = [event for event in steps if event.event not in again]
        if not forward:
            return
        night.do(c.SendEvent(event=forward[0].event, group=ident, payload=dict.fromkeys(forward[0].requires, "x")))


# ------------------------------------------------------------------------------------------------- small numbers

cells = st.dictionaries(st.sampled_from(BANDS), st.integers(0, 40))


def _small_figures(shown: SharedGroup) -> list[int]:
    parts = [shown.people, shown.waiting, shown.hosted, shown.children]
    parts += [n for row in (shown.composition or {}).values() for n in row.values()]
    parts += [count.people for count in shown.counts] + [departure.people for departure in shown.departures]
    parts += list(shown.needs.values()) + list(shown.spread or ())
    if shown.reconciliation is not None:
        parts += [abs(getattr(shown.reconciliation, name)) for name in shown.reconciliation.__struct_fields__]
    return [n for n in parts if n is not None and 0 < n < SMALL]


@settings(max_examples=80, derandomize=True, deadline=None)
@given(cells, cells, st.integers(0, 3))
def test_a_hidden_cell_cannot_be_worked_out_from_the_others(
    f: dict[Band, int], m: dict[Band, int], unsaid: int
) -> None:
    whole = Composition(f=f, m=m)
    night = _evening(whole, whole.total + unsaid)
    if night is None:
        return
    shown = group(night, "COMAR", next(iter(night.picture.groups)))
    assert not _small_figures(shown)
    table = shown.composition or {}
    for sex, row in (("f", f), ("m", m)):
        assert all(table[sex][band] is None or table[sex][band] == n for band, n in row.items())
    hidden = [n for sex, row in (("f", f), ("m", m)) for band, n in row.items() if table[sex][band] is None]
    if (
        any(n < SMALL for n in hidden)
        and shown.people is not None
        and any(n >= SMALL for n in (*f.values(), *m.values()))
    ):
        assert len(hidden) > 1
        assert sum(hidden) > len(hidden)
    if shown.children is not None:
        assert not any(table[sex].get(band, 0) is None for sex in table for band in ("0-4", "5-11", "12-17"))


def _evening(composition: Composition, people: int) -> Night | None:
    if not people:
        return None
    night = Night(_AT_NIGHTFALL.picture, _AT_NIGHTFALL.now)
    night.arrives(people, composition=composition)
    return night


@pytest.mark.parametrize("who", INEXACT)
@pytest.mark.parametrize("in_shelter", [3, 28, 30])
def test_a_few_people_apart_from_the_rest_are_told_to_nobody_who_need_not_know(
    night: Night, who: str, in_shelter: int
) -> None:
    ident = night.arrives(31)
    held = night.holds(ident, "galilea")[0]
    night.do(c.RecordPlacementArrival(placement=held, people=in_shelter))
    shown = group(night, who, ident)
    assert not _small_figures(shown)
    assert shown.people == 31
    assert (shown.hosted, shown.waiting, shown.placements, shown.reconciliation) == (None, None, (), None)
    assert seen(night, who).placement(held) is None
    assert seen(night, "host").placement(held) is not None


@pytest.mark.parametrize("who", INEXACT)
def test_a_group_of_three_shows_neither_its_number_nor_that_of_its_activation(night: Night, who: str) -> None:
    night.arrives(82)
    ident = night.arrives(3, composition=Composition(m={"18-59": 3}))
    night.plans(ident)
    night.do(c.ConfirmPlacement(group=ident, plan=night.picture.plans[ident].plan))
    night.do(c.OrderMeals(group=ident, service="dinner"))
    shown = group(night, who, ident)
    assert shown.people is None
    assert not _small_figures(shown)
    assert shown.figure_why is None
    run = seen(night, who).activations()[0]
    assert (run.people, run.open_groups) == (None, 2)
    assert all(order.rations >= SMALL for order in seen(night, who).orders() if who != "cook")
    for standing in seen(night, who).shelters():
        assert all(n >= SMALL for n in standing.committed.values())
    assert not any(
        notice.facts.get("personas") in (1, 2, 3, 4) for notice in seen(night, who).notices() if who != "cook"
    )


def test_children_alone_on_their_way_to_dif_show_in_no_partner_s_count_of_places(night: Night) -> None:
    ident = night.arrives(7, households=(Household(children={"12-17": 1}, unaccompanied=True, count=7),))
    night.holds(ident, "casa_dif")
    for who in ("partner", "COMAR", "other shelter"):
        standing = seen(night, who).shelter("casa_dif")
        assert standing is not None
        assert "uam" not in {*(standing.available or {}), *standing.committed}
        assert all(not p.beds and not p.households for p in seen(night, who).placements_in("casa_dif"))
    own = seen(night, "DIF").shelter("casa_dif")
    assert own is not None
    assert own.committed == {"uam": 7}


def test_the_people_in_a_house_of_dif_do_not_tell_a_partner_how_many_children_are_alone(night: Night) -> None:
    night.do(c.ReportOccupancy(shelter="casa_dif", available={"uam": 9, "fam": 10}))
    for who in ("partner", "COMAR", "other shelter", "cook"):
        standing = seen(night, who).shelter("casa_dif")
        assert standing is not None
        assert (standing.occupied, standing.available) == (None, {"fam": 10})
    own = seen(night, "DIF").shelter("casa_dif")
    assert own is not None
    assert own.occupied == 1


def test_those_who_care_for_a_group_see_its_exact_numbers(night: Night, bus: str) -> None:
    for who in ("coordination", "brigade", "host"):
        shown = group(night, who, bus)
        assert shown.composition is not None
        assert (shown.people, shown.hosted, shown.composition["f"]["0-4"]) == (83, 30, 1)


# ----------------------------------------------------------------------------------------------- own place only


def test_a_shelter_and_a_kitchen_hear_only_of_themselves(night: Night, bus: str) -> None:
    assert {notice.place for notice in seen(night, "host").notices()} <= {None, "shelter:galilea"}
    assert "shelter:galilea" not in {notice.place for notice in seen(night, "other shelter").notices()}
    assert {order.kitchen for order in seen(night, "cook").orders()} == {"trigo"}
    stranger = share(night.picture, Viewer(agency="COMEDOR", role="kitchen", place="banco"), night.now)
    assert stranger.orders() == []


def test_a_kitchen_follows_its_own_steps_and_hears_nothing_of_children_or_health(night: Night, bus: str) -> None:
    of_the_group = {
        who: {s.owner for s in seen(night, who).steps() if s.group == bus} for who in ("cook", "coordination")
    }
    assert {"DIF", "SALUD"} <= of_the_group["coordination"]
    assert of_the_group["cook"] <= {"COMEDOR"}
    opened = [event.task for event, _ in night.journal if isinstance(event, e.TaskOpened)]
    assert any(task.group == bus and task.owner == "DIF" for task in opened)
    assert not any(task.group == bus and seen(night, "cook").task(task.id) for task in opened)


def test_what_officials_wrote_into_the_protocol_s_notes_is_not_inm_s_to_read(night: Night, bus: str) -> None:
    written = e.Remarked(
        activation=group(night, "INM", bus).activation, group=None, text="Duermen en Galilea", visible=None
    )
    assert not seen(night, "INM").shows(written)
    assert seen(night, "partner").shows(written)


def test_people_of_a_dismissed_alert_stay_on_the_list_while_somebody_cares_for_them(night: Night) -> None:
    ident = night.arrives(35)
    run = night.group(ident).activation
    night.do(c.SendEvent(event="descartar", activation=run, payload={"motivo": "Pasaron de largo"}))
    assert "Tamizaje de niñez" in {step.label["es"] for step in seen(night, "DIF").steps() if step.group == ident}


def test_only_the_coordination_sees_plans(night: Night, bus: str) -> None:
    saw = {who for who in VIEWERS if seen(night, who).plan(bus) is not None}
    assert saw == {"coordination", "town hall"}


def test_a_protocol_decides_who_leads_and_a_town_hall_does_not_read_asylum_in_the_log(night: Night, bus: str) -> None:
    _wish(night, bus)
    mine = seen(night, "town hall")
    assert seen(night, "coordination").leads and not mine.leads
    shown = {type(event) for event, _ in night.journal if mine.shows(event)}
    assert e.AsylumWishRecorded not in shown
    assert e.ProtocolStepped not in shown
    assert e.AsylumWishRecorded in {
        type(event) for event, _ in night.journal if seen(night, "coordination").shows(event)
    }


def test_viewers_with_the_same_rights_have_the_same_key() -> None:
    first, second = (Actor(agency="DIF", role="agency", user=user) for user in ("a", "b"))
    assert viewer_of(first).key == viewer_of(second).key != viewer_of(SDH).key


@pytest.fixture(autouse=True, scope="module")
def _nightfall(picture_at_nightfall: tuple[Any, Night]) -> None:
    _AT_NIGHTFALL.picture, _AT_NIGHTFALL.now = picture_at_nightfall[0], picture_at_nightfall[1].now


_AT_NIGHTFALL = Night()


# --- food


def test_what_people_eat_is_known_to_those_who_cook_it_and_those_who_care_for_them(night: Night) -> None:
    night.do(
        c.ReportRations(kitchen="trigo", rations={"dinner": 90}, per_diet={"dinner": {"infant": 20, "no_pork": 20}})
    )
    ident = night.arrives(60, needs={"infant": 9, "no_pork": 8})
    night.do(c.OrderMeals(group=ident))
    diets = {who: {o.diet for o in seen(night, who).orders(group=ident)} for who in VIEWERS}
    whole = {"standard", "infant", "no_pork"}
    assert {who for who, told in diets.items() if told == whole} == {
        "coordination", "town hall", "ACNUR", "DIF", "SALUD", "brigade", "cook"
    }  # fmt: skip
    assert all(told <= {"standard"} for told in diets.values() if told != whole)
    larders = {who: seen(night, who).kitchen("trigo") for who in VIEWERS}
    assert {who for who, larder in larders.items() if larder is not None and larder.by_diet} == {
        "coordination", "town hall", "ACNUR", "DIF", "SALUD", "cook"
    }  # fmt: skip
    assert {who for who in VIEWERS if seen(night, who).food(night.now.date()) is not None} == {
        "coordination", "town hall"
    }  # fmt: skip
