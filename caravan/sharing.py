"""What each agency may see of the picture: the only door out.

Maps, pages, feeds, notices and exports take a ``SharedPicture``, which only ``share`` makes. Which audience may know which
field of a group is the table of ``audiences.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NewType

from msgspec.structs import replace

from caravan import events as e
from caravan.audiences import (
    ASYLUM,
    CHILDREN,
    EXACT,
    GROUP_FIELDS,
    HEALTH,
    RESTRICTED,
    RESTRICTED_FACTS,
    SMALL,
    Audience,
    OpenStep,
    SharedActivation,
    SharedGroup,
    Town,
    Viewer,
    shared_group,
    tells,
    without_small_promises,
)
from caravan.basics import Scalar
from caravan.coordination.activations import possible_for
from caravan.coordination.authority import is_theirs
from caravan.geography import Position
from caravan.groups import Group, reconcile
from caravan.kitchens import Larder, MealOrder
from caravan.picture import Activation, Instance, Picture
from caravan.protocol.chart import chart_of
from caravan.protocol.model import Protocol
from caravan.protocol.outlook import ActiveState, PossibleEvent, waiting, who_may_know
from caravan.shelters.model import Placement, Standing
from caravan.stations import Office, Station
from caravan.tasks import Notice, Task

# Roles that are somebody to a group that is theirs.
_NEAR: dict[str, Audience] = {"brigade": "station", "shelter": "host"}


class _Share:
    """A picture seen through one viewer's eyes. Reads what is asked for and nothing else."""

    def __init__(self, picture: Picture, viewer: Viewer, now: datetime) -> None:
        self._picture = picture
        self.viewer = viewer
        self.now = now
        self._audiences = _audiences(picture, viewer)
        self._exact = bool(EXACT & self._audiences)
        # A share lives for one answer, and a map asks for each group several times.
        self._seen: dict[str, SharedGroup | None] = {}

    # --- places ---

    @property
    def drill(self) -> bool:
        return self._picture.drill

    @property
    def restricted(self) -> bool:
        return "restricted" in self._audiences

    @property
    def leads(self) -> bool:
        """The coordination that may know of every track."""
        return {"coordination", "asylum"} <= self._audiences

    @property
    def coordinates(self) -> bool:
        return "coordination" in self._audiences

    def stations(self) -> list[Station]:
        return [self._picture.stations[i] for i in sorted(self._picture.stations)]

    def station(self, ident: str) -> Station | None:
        return self._picture.stations.get(ident)

    def offices(self) -> list[Office]:
        return [self._picture.offices[i] for i in sorted(self._picture.offices)]

    def office(self, ident: str) -> Office | None:
        return self._picture.offices.get(ident)

    def shelters(self) -> list[Standing]:
        return [s for i in sorted(self._picture.shelters) if (s := self.shelter(i)) is not None]

    def shelter(self, ident: str) -> Standing | None:
        """A shelter, for those who may know where it is: not for a restricted viewer, unless the house agreed."""
        standing = self._picture.shelters.get(ident)
        if standing is None or (self.restricted and not standing.shelter.shares_address_with_inm):
            return None
        if self._exact or (self.viewer.role == "shelter" and self.viewer.place == ident):
            return standing
        return without_small_promises(standing)

    def municipalities(self) -> list[str]:
        return sorted({self._picture.shelters[i].shelter.municipality for i in self._picture.shelters})

    def municipal_total(self, pcode: str) -> tuple[Town, int, int | None] | None:
        """For a restricted viewer: the town, how many shelters it has beside those shown by name, and their free places in all
        (``None`` where fewer than two tell a figure, because then the total would be one house's)."""
        if not self.restricted:
            return None
        houses = (
            without_small_promises(self._picture.shelters[i])
            for i in sorted(self._picture.shelters)
            if self.shelter(i) is None
        )
        there = [s for s in houses if s.shelter.municipality == pcode]
        town = self._town(pcode) if there else None
        if town is None:
            return None
        told = [sum(s.free.values()) for s in there if s.free]
        return town, len(there), sum(told) if len(told) >= 2 else None

    def _town(self, pcode: str) -> Town | None:
        shelters = (self._picture.shelters[i].shelter for i in sorted(self._picture.shelters))
        for place in (*self.stations(), *(s for s in shelters if s.position.precision == "town_seat")):
            if place.municipality == pcode:
                seat = Position(lat=place.position.lat, lon=place.position.lon)
                return Town(municipality=pcode, town=place.town, position=seat)
        return None

    def kitchens(self) -> list[Larder]:
        return [k for i in sorted(self._picture.kitchens) if (k := self.kitchen(i)) is not None]

    def kitchen(self, ident: str) -> Larder | None:
        larder = self._picture.kitchens.get(ident)
        if larder is None or self.restricted:
            return None
        if self._exact or "cook" in self._audiences:
            return larder
        return replace(larder, committed={serving: n for serving, n in larder.committed.items() if n >= SMALL})

    # --- groups ---

    def groups(self) -> Iterator[SharedGroup]:
        for ident in self._picture.groups:
            group = self.group(ident)
            if group is not None and group.status == "open":
                yield group

    def group(self, ident: str) -> SharedGroup | None:
        if ident not in self._seen:
            self._seen[ident] = self._see(ident)
        return self._seen[ident]

    def _see(self, ident: str) -> SharedGroup | None:
        group = self._picture.groups.get(ident)
        if group is None:
            return None
        audiences = self._audiences | self._near(group)
        shared = shared_group(group, audiences, small=not EXACT & audiences and self._has_small_part(group))
        return replace(shared, status=self._status(group))

    def _status(self, group: Group) -> str:
        leads = self.viewer.agency in self._picture.protocol_of(group.activation).coordination()
        if leads or group.status not in ("open", "concluded"):
            return group.status
        instances = (self._picture.instances[ident] for ident in self._picture.machines_of.get(group.id, ()))
        protocol = self._picture.protocol_of(group.activation)
        seen = any(self.may_know(visible) for one in instances for visible in who_may_know(protocol, one.snapshot))
        return "open" if seen else "concluded"

    def _has_small_part(self, group: Group) -> bool:
        """Whether a few people of the group are somewhere apart: then no figure of who is where may be told, because the
        others give it away."""
        parts = reconcile(group)
        figures = [
            parts.arrived, parts.hosted, parts.elsewhere, parts.left, parts.transferred, parts.hospital, parts.unknown,
            group.unplaced, group.promised, group.promised - group.hosted, *(d.people for d in group.departures),
            *(group.people - c.people for c in group.counts if not c.whole),
        ]  # fmt: skip
        for placement in self._picture.placements_of(group.id):
            figures += [placement.people, placement.promised, placement.came or 0, placement.left]
        return any(0 < abs(n) < SMALL for n in figures)

    def reads(self, field: str, ident: str) -> bool:
        """Whether this viewer may read that field of that group; if so, ``None`` in it means that nobody has said."""
        group = self._picture.groups.get(ident)
        return group is not None and bool(GROUP_FIELDS[field] & (self._audiences | self._near(group)))

    def told(self, people: int, ident: str | None = None) -> int | None:
        """A number of people of that group; ``None`` where it is small and this viewer need not know."""
        group = self._picture.groups.get(ident or "")
        audiences = self._audiences if group is None else self._audiences | self._near(group)
        return people if bool(EXACT & audiences) or not 0 < people < SMALL else None

    def _near(self, group: Group) -> frozenset[Audience]:
        """What this viewer is to this group: its host, or its station's brigade."""
        role = self.viewer.role
        if role not in _NEAR or not is_theirs(self._picture, group, role, self.viewer.place):
            return frozenset()
        return frozenset({_NEAR[role]})

    def placement(self, ident: str) -> Placement | None:
        """A placement, for those who may know where the group sleeps."""
        placement = self._picture.placements.get(ident)
        if placement is None or self.restricted or "cook" in self._audiences:
            return None
        group = self._picture.groups[placement.group]
        if self._exact or EXACT & self._near(group):
            return placement
        # Households and sections would tell of children and of needs.
        return None if self._has_small_part(group) else replace(placement, households=(), beds={}, why=())

    def placements_in(self, shelter: str) -> list[Placement]:
        known = (self.placement(p.id) for p in self._picture.placements_in(shelter))
        return sorted((p for p in known if p is not None), key=lambda p: (p.held_at, p.id))

    def plan(self, group: str) -> e.PlanProposed | None:
        return self._picture.plans.get(group) if self.coordinates else None

    def orders(self, group: str | None = None, kitchen: str | None = None) -> list[MealOrder]:
        if self.restricted:
            return []
        if group is not None:
            found = [self._picture.orders[i] for i in self._picture.orders_in.get(group, ())]
        else:
            found = [self._picture.orders[i] for i in self._picture.orders]
        if self.viewer.role == "kitchen":
            found = [o for o in found if o.kitchen == self.viewer.place]
        else:
            found = [o for o in found if self._may_count(o)]
        return sorted((o for o in found if kitchen in (None, o.kitchen)), key=lambda o: (o.ordered_at, o.id))

    def _may_count(self, order: MealOrder) -> bool:
        small = any(0 < n < SMALL for n in (order.rations, order.served or 0))
        return not small or self._exact or bool(EXACT & self._near(self._picture.groups[order.group]))

    # --- the protocol ---

    def activations(self) -> list[SharedActivation]:
        """Open ones first, then in the order they were opened."""
        return [self._run(run) for run in self._runs()]

    def _runs(self) -> list[Activation]:
        return sorted(
            (self._picture.activations[i] for i in self._picture.activations),
            key=lambda a: (a.closed, a.opened_at, a.id),
        )

    def running_at(self, station: str) -> tuple[str, str] | None:
        """Id and level of the station's open activation. Cheap: the map asks for it at every step of the protocol."""
        ident = self._picture.open_at.get(station)
        return None if ident is None else (ident, self._picture.activations[ident].level)

    def open_activation(self, station: str) -> SharedActivation | None:
        """The station's open activation."""
        ident = self._picture.open_at.get(station)
        return None if ident is None else self.activation(ident)

    def activation(self, ident: str) -> SharedActivation | None:
        run = self._picture.activations.get(ident)
        return None if run is None else self._run(run)

    def _run(self, run: Activation) -> SharedActivation:
        open_groups, people, unplaced = run.open_groups, run.people, run.unplaced
        if not self._exact:
            shown = [g for i in run.groups if (g := self.group(i)) is not None and g.status == "open"]
            open_groups = len(shown)
            hidden = any(g.people is None for g in shown)
            people = None if hidden or not tells(people) else people
            unplaced = None if any(g.waiting is None for g in shown) or not tells(unplaced) else unplaced
        return SharedActivation(
            id=run.id, protocol=run.protocol, version=run.version, station=run.station, opened_at=run.opened_at,
            level=run.level, closed=run.closed, groups=run.groups, open_groups=open_groups,
            reason="" if self.restricted else run.reason, people=people, unplaced=None if self.restricted else unplaced,
        )  # fmt: skip

    def protocol_words(self, activation: str) -> tuple[str, int]:
        run = self._picture.activations[activation]
        return run.protocol, run.version

    def protocols(self) -> list[Protocol]:
        """Every published version, the one in force first. Protocols are public documents."""
        picture = self._picture
        keys = sorted(picture.protocols, key=lambda key: (key != picture.in_force, picture.protocols[key].id, key))
        return [picture.protocols[key] for key in keys]

    def protocol(self, key: str) -> Protocol | None:
        """A published version by ``id@version``."""
        return self._picture.protocols.get(key)

    @property
    def in_force(self) -> Protocol | None:
        return self._picture.protocols.get(self._picture.in_force or "")

    def state_words(self, activation: str, state: str) -> dict[str, str]:
        """A state's label by language; empty for one this viewer may not know of."""
        protocol = self._picture.protocol_of(activation)
        for machine in protocol.machines:
            node = chart_of(protocol, machine).by_id.get(state)
            if node is not None and self.may_know(node.visible):
                return node.state.label
        return {}

    def agency_name(self, activation: str | None, agency: str) -> str:
        picture = self._picture
        key = picture.in_force if activation is None else None
        protocol = picture.protocol_of(activation) if activation is not None else picture.protocols.get(key or "")
        known = protocol.agencies.get(agency) if protocol is not None else None
        return known.name if known is not None else agency

    def waiting(self, owner: str) -> list[ActiveState]:
        """The steps of a group or an activation that wait, as far as this viewer may know of them."""
        return [s for i, s in self._states(owner) if self._may_follow(i.group, s.owner, s.visible)]

    def _states(self, owner: str) -> Iterator[tuple[Instance, ActiveState]]:
        for ident in self._picture.machines_of.get(owner, ()):
            instance = self._picture.instances[ident]
            for state in waiting(self._picture.protocol_of(instance.activation), instance.snapshot):
                yield instance, state

    def possible(self, owner: str) -> list[PossibleEvent]:
        group = self._picture.groups.get(owner)
        if group is not None and not is_theirs(self._picture, group, self.viewer.role, self.viewer.place):
            return []
        return [event for _, event in possible_for(self._picture, owner, self.viewer.agency)]

    def may_know(self, visible: tuple[str, ...] | None) -> bool:
        return visible is None or self.viewer.agency in visible

    def _may_follow(self, group: str | None, owner: str | None, visible: tuple[str, ...] | None) -> bool:
        """Whether a step or a task is this viewer's to know of. The steps of a group's care tell of children, needs and places: a
        restricted viewer and a kitchen follow only their own, and those that name them."""
        apart = self.restricted or "cook" in self._audiences
        if apart and group is not None and owner != self.viewer.agency and visible is None:
            return False
        return self.may_know(visible)

    def steps(self, activation: str | None = None, owner: str | None = None) -> list[OpenStep]:
        """Waiting steps and open tasks, the late ones first, then by deadline; those without a date come after."""
        found: list[OpenStep] = []
        for run in self._runs():
            # What was dismissed as a false alarm may leave people in somebody's care.
            if (run.closed and not run.open_groups) or (activation is not None and run.id != activation):
                continue
            found += self._steps_of(run)
        if owner is not None:
            found = [s for s in found if s.owner == owner]
        never = datetime.max.replace(tzinfo=self.now.tzinfo)
        return sorted(found, key=lambda s: (s.deadline or never, s.kind, s.id))

    def _steps_of(self, run: Activation) -> Iterator[OpenStep]:
        owners = [run.id, *(g for g in run.groups if self._picture.groups[g].status == "open")]
        for one in owners:
            for instance, state in self._states(one):
                if not self._may_follow(instance.group, state.owner, state.visible):
                    continue
                yield OpenStep(
                    kind="step", id=f"{instance.id}/{state.state}", activation=run.id, group=instance.group,
                    label=state.label, owner=state.owner, deadline=state.deadline, track=state.track,
                    counted_from=state.counted_from, lasts=state.lasts, provenance=state.provenance,
                )  # fmt: skip
        for ident in self._picture.tasks_in.get(run.id, ()):
            task = self.task(ident)
            if task is not None:
                yield OpenStep(
                    kind="task", id=task.id, activation=run.id, group=task.group, label=task.title, owner=task.owner,
                    deadline=task.due, evidence=task.evidence,
                )  # fmt: skip

    def task(self, ident: str) -> Task | None:
        task = self._picture.tasks.get(ident)
        return task if task is not None and self._may_follow(task.group, task.owner, task.visible) else None

    def notices(self) -> list[Notice]:
        """Unseen notices to this viewer's agency; a shelter or kitchen hears only of its own."""
        own = self.viewer.role in ("shelter", "kitchen")
        place = f"{self.viewer.role}:{self.viewer.place}"
        found = (self._picture.notices[i] for i in self._picture.notices)
        mine = (n for n in found if n.to == self.viewer.agency and self.may_know(n.visible))
        told = [self._told(n) for n in mine if not own or n.place in (None, place)]
        return sorted(told, key=lambda n: (n.queued_at, n.id), reverse=True)

    def _told(self, notice: Notice) -> Notice:
        """The notice without the figures that this viewer would not be shown on a page."""
        facts = notice.facts
        if self.restricted:
            return replace(
                notice,
                place=None,
                facts={k: v for k, v in facts.items() if k in RESTRICTED_FACTS and self._may_tell(k, v)},
            )
        group = self._picture.groups.get(notice.group or "")
        near = self._near(group) if group is not None else frozenset[Audience]()
        if self._exact or "cook" in self._audiences or EXACT & near:
            return notice
        return replace(notice, facts={k: v for k, v in facts.items() if self._may_tell(k, v)})

    def _may_tell(self, name: str, value: Scalar) -> bool:
        return name != "personas" or not isinstance(value, int) or tells(value)

    # --- the log ---

    def shows(self, event: e.Event) -> bool:
        """Whether this viewer may read that line of the journal."""
        match event:
            case _ if type(event) in _LEADERS_LOG:
                return self.leads
            case e.TaskOpened(task=task):
                return self._may_follow(task.group, task.owner, task.visible)
            case e.NoticeQueued(notice=notice):
                return self.may_know(notice.visible) and (self.coordinates or notice.to == self.viewer.agency)
            case e.DeadlineMissed():
                return self._may_follow(event.group, None, event.visible)
            case e.Remarked():
                # The protocol's notes quote what officials wrote, as an activation's reason does.
                return not self.restricted and self._may_follow(event.group, None, event.visible)
            case _:
                return self.coordinates or (type(event) in _PARTNER_LOG and not self.restricted)


# Lines that move with a hidden track and do not say so themselves: for those who may know of all of them.
_LEADERS_LOG: frozenset[type[e.Event]] = frozenset(
    {
        e.AsylumWishRecorded, e.ProtocolStepped, e.EventDropped, e.TaskCompleted, e.TaskWithdrawn, e.NoticeSeen,
        e.GroupConcluded,
    }
)  # fmt: skip
# Lines of the log a partner may read: who came, who got a place. Steps, plans and wishes are the coordination's.
_PARTNER_LOG: frozenset[type[e.Event]] = frozenset(
    {
        e.ActivationOpened, e.LevelSet, e.GroupArrived, e.CountRecorded, e.GroupsMerged, e.GroupSplit, e.GroupAnnulled,
        e.PlacementHeld, e.PlacementAccepted, e.PlacementDeclined, e.PlacementExpired, e.PlacementArrived, e.PlacementEnded,
        e.OccupancyReported, e.MealsOrdered, e.MealsServed, e.MealsCancelled, e.DepartureRecorded,
    }
)  # fmt: skip

SharedPicture = NewType("SharedPicture", _Share)


def share(picture: Picture, viewer: Viewer, now: datetime) -> SharedPicture:
    """The picture as ``viewer`` may see it at ``now``. Costs nothing until something is asked of it."""
    return SharedPicture(_Share(picture, viewer, now))


def _audiences(picture: Picture, viewer: Viewer) -> frozenset[Audience]:
    found: set[Audience] = set()
    agency = viewer.agency
    protocol = picture.protocols.get(picture.in_force or "")
    leads = protocol is not None and agency in protocol.coordination()
    if agency in RESTRICTED:
        return frozenset({"restricted"})
    if viewer.role == "coordination":
        found.add("coordination")
        if leads:
            found.add("asylum")
    if agency in ASYLUM:
        found.add("asylum")
    if agency in CHILDREN:
        found.add("children")
    if agency in HEALTH:
        found.add("health")
    if viewer.role == "kitchen":
        found.add("cook")
    return frozenset(found or {"partner"})
