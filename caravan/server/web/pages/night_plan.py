"""The placement of one night as the coordination reads it: everybody without a place, what is proposed and what is held, as a
list and as a picture of the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from caravan.audiences import SharedGroup
from caravan.basics import Record
from caravan.events import PlanProposed
from caravan.server.web.drawn_plan import KINDS, Kind, Ribbon, Sink, Source, Wording, drawn_plan
from caravan.server.web.pages.names import group_name, shelter_name, station_name
from caravan.server.web.pages.plan_words import (
    Certainty,
    certainty,
    kept_of_free,
    kept_words,
    policy_words,
    uncounted,
    waived_words,
)
from caravan.server.web.pages.wording import ago, number, opening, reason, when
from caravan.server.web.words import gettext as _
from caravan.server.web.words import mark
from caravan.sharing import SharedPicture
from caravan.shelters.model import LIVE, WAITING_FOR_PEOPLE, Placement
from caravan.shelters.plan import Explanation, Need

KIND_WORDS: dict[Kind, str] = {
    "fam": mark("en familia"), "wom": mark("mujeres solas"), "men": mark("hombres solos"),
    "uam": mark("NNA no acompañados"), "mix": mark("sin más datos"),
}  # fmt: skip
# Beyond so many rows a picture tells less than its sums: groups by station, houses by town.
_GROUPS, _HOUSES = 24, 30
_LACKS = 4
_NOWHERE, _UNPLANNED = "·nowhere", "·unplanned"


class PlanLine(Record, frozen=True):
    """A part of a plan: where, whom by kind, why there; ``held`` once its places are. ``start`` is the house in which these people
    have no bed, empty for those who are in none."""

    placement: Placement
    kinds: dict[Kind, int]
    why: tuple[Explanation, ...]
    held: bool
    start: str = ""


class Floor(Record, frozen=True):
    """People of a group who are in a house without a bed and have none promised elsewhere."""

    shelter: str
    people: int


class Entry(Record, frozen=True):
    """A group of the night. ``open_people`` are proposed, ``held_people`` have a place held for them and are still to come, ``left``
    have neither; ``left_kinds`` are these by kind. ``against`` says of each other house why not. ``floors``
    are those who are in a house without a bed; with a proposal or without, they count as lodged."""

    group: SharedGroup
    name: str
    plan: PlanProposed | None
    lines: tuple[PlanLine, ...]
    left: int
    left_kinds: dict[Kind, int]
    against: tuple[Explanation, ...]
    sure: Certainty | None
    floors: tuple[Floor, ...] = ()

    @property
    def open_people(self) -> int:
        return sum(line.placement.people for line in self.lines if not line.held)

    @property
    def waiting(self) -> int:
        """People in no house for whom none is held."""
        return self.left + sum(line.placement.people for line in self.lines if not line.held and not line.start)

    @property
    def without_bed(self) -> int:
        return sum(floor.people for floor in self.floors)

    @property
    def held_people(self) -> int:
        return sum(line.placement.people for line in self.lines if line.held)

    @property
    def is_open(self) -> bool:
        return any(not line.held for line in self.lines)


class NightPlan(Record, frozen=True):
    """All of it, with the picture twice: for a wide screen and for a telephone. ``rows`` are the picture as a table."""

    entries: tuple[Entry, ...]
    wide: Markup
    narrow: Markup
    rows: tuple[tuple[str, str, str], ...]
    bundled: bool

    @property
    def waiting(self) -> int:
        return sum(e.waiting for e in self.entries)

    @property
    def without_bed(self) -> int:
        return sum(e.without_bed for e in self.entries)

    @property
    def proposed(self) -> int:
        return sum(e.open_people for e in self.entries)

    @property
    def held(self) -> int:
        return sum(e.held_people for e in self.entries)

    @property
    def left(self) -> int:
        return sum(e.left for e in self.entries if e.plan is not None)

    @property
    def unplanned(self) -> int:
        return sum(e.left for e in self.entries if e.plan is None)

    @property
    def open_entries(self) -> list[Entry]:
        return [e for e in self.entries if e.is_open]


def night_plan(share: SharedPicture) -> NightPlan:
    """Everybody who has no bed yet tonight: without a place, with one proposed, on the way to one that is held, or in a house that
    has no bed for them."""
    entries = tuple(e for group in _in_order(share) if (e := entry_of(share, group)).lines or e.left or e.floors)
    picture = _Picture(share, entries)
    wide, narrow = picture.drawn()
    return NightPlan(entries=entries, wide=wide, narrow=narrow, rows=picture.rows(), bundled=picture.bundled)


def _in_order(share: SharedPicture) -> list[SharedGroup]:
    return sorted(share.groups(), key=lambda g: (g.arrived_at, g.id))


def entry_of(share: SharedPicture, group: SharedGroup) -> Entry:
    placed = [p for i in group.placements if (p := share.placement(i)) is not None]
    plan = share.plan(group.id)
    replaced = frozenset(() if plan is None else plan.replaces)
    coming = [p for p in placed if p.status in WAITING_FOR_PEOPLE]
    gone = [p for p in coming if p.id in replaced]
    waiting = (group.waiting or 0) + sum(p.counted for p in gone)
    lying = share.without_bed(group.id) if group.status == "open" else {}
    asked = plan is not None and (plan.without_bed or any(part.moves_from for part in plan.parts))
    plan = plan if waiting or gone or (lying and asked) else None
    households = share.households(group.id)
    lines = [
        PlanLine(p, _kinds(households, p), _own(p), held=True, start=_start(share, p)) for p in coming if p not in gone
    ]
    if plan is not None:
        known = frozenset(p.id for p in placed)
        lines += [
            PlanLine(p, _kinds(households, p), _why(plan, p), held=False, start=_start(share, p))
            for p in plan.parts
            if p.id not in known and (waiting if p.moves_from is None else lying or gone)
        ]
    left = max(0, waiting - sum(line.placement.people for line in lines if not line.held and not line.start))
    settled = [p for p in placed if p not in gone and (p.status in LIVE or p.left)]
    somewhere = {h for p in (*settled, *(line.placement for line in lines)) for h in p.households}
    return Entry(
        group=group, name=opening(group_name(share, group.id)), plan=plan, lines=tuple(lines), left=left,
        left_kinds=_known([need for h, need in households.items() if h not in somewhere], left),
        against=() if plan is None else tuple(why for why in plan.reasons if not why.chosen),
        sure=None if plan is None else certainty(plan),
        floors=tuple(Floor(p.shelter, lying[p.id]) for p in placed if p.id in lying),
    )  # fmt: skip


def _start(share: SharedPicture, part: Placement) -> str:
    origin = None if part.moves_from is None else share.placement(part.moves_from)
    return "" if origin is None else origin.shelter


def _why(plan: PlanProposed, part: Placement) -> tuple[Explanation, ...]:
    return (*_own(part), *(one for one in plan.reasons if one.shelter == part.shelter and one.chosen))


def _own(part: Placement) -> tuple[Explanation, ...]:
    return tuple(Explanation(shelter=part.shelter, chosen=True, people=part.people, reason=why) for why in part.why)


def _kinds(households: Mapping[str, Need], part: Placement) -> dict[Kind, int]:
    """Who they are, where that is known of all of them; else where they would sleep."""
    known = [households[h] for h in part.households if h in households]
    return _by_kind(known, part.people) or {section: part.beds[section] for section in KINDS if part.beds.get(section)}


def _by_kind(needs: Iterable[Need], people: int) -> dict[Kind, int]:
    """Nothing where the households do not account for exactly these people."""
    counted = Counter[Kind]()
    for need in needs:
        counted[need.kind] += need.size
    return {kind: counted[kind] for kind in KINDS if counted[kind]} if counted.total() == people else {}


def _known(needs: Sequence[Need], people: int) -> dict[Kind, int]:
    """Who these people are as far as it was said; of the rest, that nobody knows."""
    told = sum(need.size for need in needs)
    if told > people:
        return {"mix": people}
    rest: dict[Kind, int] = {"mix": people - told} if told < people else {}
    return _by_kind(needs, told) | rest


def kinds_told(kinds: Mapping[Kind, int]) -> str:
    """«12 en familia, 3 mujeres solas»."""
    return ", ".join(f"{number(kinds[kind])} {_(KIND_WORDS[kind])}" for kind in KINDS if kinds.get(kind))


WHOM: dict[str, str] = {
    "*": mark("todo el grupo"), "fam": mark("familias"), "wom": mark("mujeres solas"), "men": mark("hombres solos"),
    "uam": mark("NNA no acompañados"),
}  # fmt: skip


def whom_words(share: SharedPicture, group: str, key: str) -> str:
    """Whom a choice is about: everybody, a kind, or one household."""
    if key in WHOM:
        return _(WHOM[key])
    need = share.households(group).get(key)
    return _("una persona o familia") if need is None else household_words(need)


def household_words(need: Need) -> str:
    """One household without naming anybody: what it is and how many they are."""
    told = f"{_(WHOM[need.kind])}: {number(need.size)}"
    if need.kind == "fam":
        told = _("familia de %(n)s", n=number(need.size))
    extra = [_("caso prioritario")] if need.priority else []
    extra += [_("necesita lugar accesible")] if need.accessible else []
    return f"{told} ({', '.join(extra)})" if extra else told


# --- the picture ---------------------------------------------------------------------------------------------------------


class _Flow(Record, frozen=True):
    """People of one kind from a group to a house; without a house, because none has room or because nobody has asked yet."""

    group: SharedGroup
    shelter: str
    kind: Kind
    people: int
    sure: bool


class _Picture:
    def __init__(self, share: SharedPicture, entries: tuple[Entry, ...]) -> None:
        self.share = share
        self.entries = entries
        self.flows = [flow for entry in entries for flow in _flows(entry)]
        houses = {flow.shelter for flow in self.flows} - {_NOWHERE, _UNPLANNED}
        self.by_station = len(entries) > _GROUPS
        self.by_town = len(houses) > _HOUSES
        self.bundled = self.by_station or self.by_town

    def drawn(self) -> tuple[Markup, Markup]:
        sources, sinks, ribbons = self.sources(), self.sinks(), self.ribbons()
        words = Wording(
            title=_("Colocación de la noche"), told=self.told(), kinds={kind: _(text) for kind, text in KIND_WORDS.items()},
            sure=_("ya apartado"), proposed=_("propuesto"),
        )  # fmt: skip
        # Every text of it is escaped where it is drawn.
        return (
            Markup(drawn_plan(sources, sinks, ribbons, words, room="wide", mark="a")),
            Markup(drawn_plan(sources, sinks, ribbons, words, room="narrow", mark="b")),
        )

    def rows(self) -> tuple[tuple[str, str, str], ...]:
        """From where, to where, who."""
        sources = {source.key: source.title for source in self.sources()}
        sinks = {sink.key: sink.title for sink in self.sinks()}
        told: dict[tuple[str, str, bool], Counter[Kind]] = defaultdict(Counter)
        for ribbon in self.ribbons():
            told[ribbon.source, ribbon.sink, ribbon.sure][ribbon.kind] += ribbon.people
        return tuple(
            (sources[source], sinks[sink] + (f" ({_('ya apartado')})" if sure else ""), kinds_told(kinds))
            for (source, sink, sure), kinds in told.items()
        )

    def told(self) -> str:
        return " ".join(f"{source} → {sink}: {who}." for source, sink, who in self.rows())

    def from_key(self, flow: _Flow) -> str:
        return flow.group.station if self.by_station else flow.group.id

    def to_key(self, flow: _Flow) -> str:
        standing = self.share.shelter(flow.shelter) if self.by_town else None
        return flow.shelter if standing is None else standing.shelter.municipality

    def ribbons(self) -> list[Ribbon]:
        people: dict[tuple[str, str, Kind, bool], int] = defaultdict(int)
        for flow in self.flows:
            people[self.from_key(flow), self.to_key(flow), flow.kind, flow.sure] += flow.people
        return [Ribbon(source=a, sink=b, kind=kind, people=n, sure=sure) for (a, b, kind, sure), n in people.items()]

    def sources(self) -> list[Source]:
        groups = {flow.group.id: flow.group for flow in self.flows}
        if not self.by_station:
            people = _sums(self.flows, self.from_key)
            return [
                Source(
                    key=group.id, title=station_name(self.share, group.station),
                    notes=(_("%(n)s personas, llegó %(at)s", n=number(people[group.id]), at=when(group.arrived_at)),),
                )
                for group in groups.values()
            ]  # fmt: skip
        people, count = _sums(self.flows, self.from_key), Counter(group.station for group in groups.values())
        return [
            Source(
                key=station, title=station_name(self.share, station),
                notes=(_("%(n)s personas, %(groups)s grupos", n=number(people[station]), groups=number(count[station])),),
            )
            for station in dict.fromkeys(group.station for group in groups.values())
        ]  # fmt: skip

    def sinks(self) -> list[Sink]:
        people = _sums(self.flows, self.to_key)
        return [self.sink(key, people[key]) for key in people]

    def sink(self, key: str, people: int) -> Sink:
        kinds = Counter[Kind]()
        for flow in self.flows:
            if self.to_key(flow) == key:
                kinds[flow.kind] += flow.people
        told = _("%(n)s personas: %(kinds)s", n=number(people), kinds=kinds_told(kinds))
        match key:
            case _ if key == _NOWHERE:
                title = _("sin lugar: %(n)s", n=number(people))
                return Sink(key=key, title=opening(title), notes=self.lacks(), lacking=True)
            case _ if key == _UNPLANNED:
                title = _("sin propuesta: %(n)s", n=number(people))
                return Sink(key=key, title=opening(title), notes=(_("Pida una propuesta."),), lacking=True)
            case _ if self.by_town:
                houses = [s for s in self.share.shelters() if s.shelter.municipality == key]
                used = {flow.shelter for flow in self.flows}
                there = [s for s in houses if s.shelter.id in used]
                note = _("%(n)s albergues", n=number(len(there)))
                return Sink(key=key, title=there[0].shelter.town, notes=(told, note))
            case _:
                return self.house(key, told)

    def lacks(self) -> tuple[str, ...]:
        """What is missing, each thing once: groups that were placed together say the same."""
        met: dict[tuple[object, ...], str] = {}
        for entry in sorted(self.entries, key=lambda e: -e.left):
            for lack in () if entry.plan is None else entry.plan.lacking:
                met.setdefault((lack.code, lack.details.get("kinds"), lack.details.get("service")), reason(lack))
        return tuple(opening(text) for text in met.values())[:_LACKS]

    def house(self, key: str, told: str) -> Sink:
        standing = self.share.shelter(key)
        if standing is None:
            return Sink(key=key, title=shelter_name(self.share, key), notes=(told,))
        proposed = sum(flow.people for flow in self.flows if flow.shelter == key and not flow.sure)
        free = max(0, (standing.free_total or 0) - proposed)
        plan = next((e.plan for e in self.entries if e.plan is not None and e.plan.kept.get(key)), None)
        kept = 0 if plan is None else min(free, sum(plan.kept[key].values()))
        notes = [told, _("quedan %(n)s lugares libres", n=number(free)) if free else _("queda lleno")]
        if plan is not None and kept:
            notes.append(kept_of_free(kept, plan.kept_until))
        notes.append(_("dato de %(ago)s", ago=ago(standing.reported_at, self.share.now)))
        return Sink(key=key, title=standing.shelter.name, notes=tuple(notes), free=free, kept=kept)


def _sums(flows: Iterable[_Flow], key: Callable[[_Flow], str]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for flow in flows:
        found[key(flow)] += flow.people
    return found


def _flows(entry: Entry) -> Iterable[_Flow]:
    for line in entry.lines:
        for kind, people in line.kinds.items():
            yield _Flow(entry.group, line.placement.shelter, kind, people, line.held)
    if entry.left:
        for kind, people in entry.left_kinds.items():
            yield _Flow(entry.group, _UNPLANNED if entry.plan is None else _NOWHERE, kind, people, False)


PLAN_WORDS: dict[str, Any] = {
    "kinds_told": kinds_told,
    "kept_words": kept_words,
    "whom": whom_words,
    "waived_words": waived_words,
    "policy_words": policy_words,
    "uncounted": uncounted,
}
"""What the templates of proposals call."""
