"""A small state at night: places as published, people who act, and a driver that keeps the journal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rpds import HashTrieMap, HashTrieSet, List

from caravan import commands as c
from caravan import events as e
from caravan.alarms import Alarm
from caravan.basics import SYSTEM, Actor, Refusal
from caravan.coordination.loop import Outcome, coordinate
from caravan.coordination.placing import plan_for
from caravan.fold import fold
from caravan.geography import Position
from caravan.groups import Group
from caravan.kitchens import Kitchen
from caravan.picture import Picture
from caravan.shelters.model import Places, Shelter
from caravan.stations import Station

PROTOCOLS = Path(__file__).parents[1] / "protocols"
PROTOCOL = (PROTOCOLS / "guanajuato.yaml").read_text(encoding="utf-8")
PACKS = {"base-legal@1": (PROTOCOLS / "base-legal.yaml").read_text(encoding="utf-8")}
NIGHTFALL = datetime(2023, 5, 16, 2, 0, tzinfo=UTC)  # 15 May, 20:00 in León: the intake hours of every house are open

SDH = Actor(agency="SDH", role="coordination", user="u1")
BRIGADE = Actor(agency="PC", role="brigade", place="leon")
GALILEA = Actor(agency="ALBERGUE", role="shelter", place="galilea")
SAMARITANO = Actor(agency="ALBERGUE", role="shelter", place="samaritano")
COOK = Actor(agency="COMEDOR", role="kitchen", place="trigo")
INM = Actor(agency="INM", role="agency")
COMAR = Actor(agency="COMAR", role="agency")
DIF = Actor(agency="DIF", role="agency")

LEON = Position(lat=21.12, lon=-101.68)
CELAYA = Position(lat=20.53, lon=-100.81)

STATIONS = (
    Station(id="leon", name="Central de León", kind="bus", municipality="MX11020", town="León", position=LEON),
    Station(id="celaya", name="Central de Celaya", kind="bus", municipality="MX11007", town="Celaya", position=CELAYA),
)
SHELTERS = (
    Shelter(
        id="galilea", name="Casa Galilea", kind="permanent", municipality="MX11020", town="León", position=LEON,
        address="Independencia 878", sections={"mix": Places(nominal=30)}, max_stay_hours=72,
    ),
    Shelter(
        id="samaritano", name="El Buen Samaritano", kind="permanent", municipality="MX11007", town="Celaya", position=CELAYA,
        address="Santa Teresita s/n", sections={"fam": Places(nominal=20), "men": Places(nominal=20)},
        intake_from="17:00", intake_until="21:00", max_stay_hours=18,
    ),
    Shelter(
        id="casa_dif", name="Casa DIF", kind="permanent", municipality="MX11020", town="León", position=LEON, agency="DIF",
        address="Domicilio reservado 1", sections={"uam": Places(nominal=10), "fam": Places(nominal=10)},
        admits=("fam", "wom", "uam"), services=("dif", "medical"),
    ),
)  # fmt: skip
EMPTY: dict[str, dict[str, int]] = {
    "galilea": {"mix": 30}, "samaritano": {"fam": 20, "men": 20}, "casa_dif": {"uam": 10, "fam": 10},
}  # fmt: skip
KITCHENS = (
    Kitchen(
        id="trigo", name="Trigo y Miel", municipality="MX11020", town="León", position=LEON, rations={"dinner": 60}
    ),
    Kitchen(id="banco", name="Banco de Alimentos", municipality="MX11020", town="León", position=LEON),
)


class Night:
    """Carries out commands one after another and keeps every fact, as the desk does."""

    def __init__(self, picture: Picture | None = None, now: datetime = NIGHTFALL) -> None:
        self.picture = Picture() if picture is None else picture
        self.now = now
        self.journal: list[tuple[e.Event, datetime]] = []

    def do(self, command: c.Command, by: Actor = SDH) -> Outcome:
        outcome = coordinate(self.picture, command, by=by, now=self.now)
        self.picture = outcome.picture
        self.journal += [(event, self.now) for event in outcome.events]
        return outcome

    def create(self, command: c.Command, by: Actor = SDH) -> str:
        created = self.do(command, by).created
        assert created is not None
        return created

    def refusal(self, command: c.Command, by: Actor = SDH) -> Refusal:
        """The refusal of a command that must be refused; it changed nothing."""
        before = self.picture
        try:
            self.do(command, by)
        except Refusal as refusal:
            assert self.picture is before
            return refusal
        raise AssertionError(f"{type(command).__name__} was carried out")

    def passes(self, **time: float) -> Outcome:
        self.now += timedelta(**time)
        return self.do(c.PassTime(), SYSTEM)

    def arrives(self, people: int, station: str = "leon", **known: Any) -> str:
        return self.create(c.ReportArrival(station=station, people=people, declared_by="Brigada", **known))

    def asks(self, wish: c.ProposePlacement) -> c.OfferPlan:
        """What the desk makes of a wish for places: the search, and the plans it offers."""
        return plan_for(self.picture, wish, self.now)

    def refuses(self, wish: c.ProposePlacement) -> Refusal:
        """The refusal of a wish for which nothing is searched."""
        try:
            self.asks(wish)
        except Refusal as refusal:
            return refusal
        raise AssertionError("there is a plan")

    def plans(self, group: str, **wish: Any) -> e.PlanProposed:
        self.do(self.asks(c.ProposePlacement(group=group, **wish)))
        return self.picture.plans[group]

    def holds(self, group: str, *shelters: str, **wish: Any) -> list[str]:
        """Plans for the group and holds the places; the ids of the placements."""
        plan = self.plans(group, **wish)
        outcome = self.do(c.ConfirmPlacement(group=group, plan=plan.plan, shelters=shelters))
        return [event.placement.id for event in outcome.events if isinstance(event, e.PlacementHeld)]

    def lodges(self, group: str, *shelters: str, people: int | None = None) -> list[str]:
        """Holds the places and lets the people arrive: ``people`` in the first shelter, else as many as expected."""
        held = self.holds(group, *shelters)
        for placement in held:
            came = self.picture.placements[placement].people if people is None else people
            self.do(c.RecordPlacementArrival(placement=placement, people=came))
        return held

    def group(self, ident: str) -> Group:
        return self.picture.groups[ident]

    def free(self, shelter: str) -> int:
        free = self.picture.shelters[shelter].free_total
        assert free is not None
        return free

    def steps(self, owner: str) -> set[str]:
        return {s for i in self.picture.machines_of[owner] for s in self.picture.instances[i].snapshot.active}


def opened(*, protocol: str = PROTOCOL, told: bool = True) -> Night:
    """The realm with its places on record; ``told`` says that every shelter has reported its empty places."""
    night = Night()
    night.do(c.OpenRealm(name="Guanajuato", salt="sal-de-los-ensayos-01"), SYSTEM)
    night.do(c.PublishProtocol(text=protocol, packs=PACKS), SYSTEM)
    for station in STATIONS:
        night.do(c.RegisterStation(station=station))
    for shelter in SHELTERS:
        night.do(c.RegisterShelter(shelter=shelter))
        if told:
            night.do(c.ReportOccupancy(shelter=shelter.id, available=dict(EMPTY[shelter.id])))  # pyright: ignore[reportArgumentType]
    for kitchen in KITCHENS:
        night.do(c.RegisterKitchen(kitchen=kitchen))
    return night


def alarms(queue: Alarm | None) -> Iterator[tuple[datetime, str]]:
    """Every alarm of a queue, stale ones too, in no order."""
    if queue is not None:
        yield queue.due, queue.key
        yield from alarms(queue.left)
        yield from alarms(queue.right)


def plain(thing: object) -> object:
    """A picture, or a part of it, in values that are equal when they say the same."""
    if isinstance(thing, HashTrieMap):
        return {key: plain(thing[key]) for key in thing}
    if isinstance(thing, HashTrieSet):
        return set(thing)
    if isinstance(thing, List):
        return [plain(each) for each in thing]
    if isinstance(thing, Picture):
        kept = {
            name: plain(getattr(thing, name)) for name in thing.__struct_fields__ if name not in ("protocols", "alarms")
        }
        due = {alarm for alarm in alarms(thing.alarms) if thing.due_of(alarm[1]) == alarm[0]}
        return kept | {"protocols": set(thing.protocols), "alarms": due}
    if hasattr(thing, "__struct_fields__") and any(
        isinstance(getattr(thing, n), List) for n in thing.__struct_fields__
    ):
        return {name: plain(getattr(thing, name)) for name in thing.__struct_fields__}
    return thing


def replayed(journal: list[tuple[e.Event, datetime]]) -> Picture:
    """The picture of a journal read back from its JSON lines."""
    picture = Picture()
    for event, at in journal:
        picture = fold(picture, e.decode(e.encode(event)), at)
    return picture
