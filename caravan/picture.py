"""The common operating picture: the fold of the journal, and all that maps, tasks and reports are read from.

Its maps are persistent, so one event costs the same with 100 groups and with 100,000. ``fold`` makes it from the facts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b

from rpds import HashTrieMap, HashTrieSet, List

from caravan import events as e
from caravan.alarms import Alarm
from caravan.basics import Reason, Record
from caravan.cases import Case
from caravan.drafts import Draft
from caravan.groups import Group
from caravan.handoff import Relay
from caravan.kitchens import Larder, MealOrder
from caravan.policies import PublishedPolicy
from caravan.protocol.model import Protocol, Snapshot, Timer
from caravan.protocol.outlook import next_due
from caravan.shelters.model import Placement, Standing
from caravan.shelters.policy import Policy
from caravan.stations import Office, Station
from caravan.tasks import Notice, Task
from caravan.texts import KeptText

# A group that was reported by mistake: nothing of it is due any more, and it counts nowhere.
MISTAKEN: frozenset[str] = frozenset({"merged", "annulled"})


class Activation(Record, frozen=True):
    """A run of a protocol for one place's event; ``station`` is the id of a station or an office. ``people``, ``open_groups`` and
    ``unplaced`` are kept by the fold over its open groups; ``attended`` over those whose care is concluded too. ``groups`` and
    ``cases`` are newest first."""

    id: str
    protocol: str
    version: int
    station: str
    opened_at: datetime
    reason: str
    level: str
    groups: List[str] = List()
    people: int = 0
    open_groups: int = 0
    unplaced: int = 0
    attended: int = 0
    closed: bool = False
    cases: List[str] = List()


class Instance(Record, frozen=True):
    """One running copy of a machine: of an activation, of one of its groups, or of one of its cases. A case's may carry a
    group. ``stopped`` are clocks that ring no more because the protocol could not go on from them."""

    id: str
    activation: str
    group: str | None
    snapshot: Snapshot
    case: str | None = None
    stopped: tuple[Timer, ...] = ()

    @property
    def owner(self) -> str:
        return self.case or self.group or self.activation


class Picture(Record, frozen=True):
    """Everything that is true at journal position ``seq``. All maps are by id.

    ``protocols`` are all published versions and ``latest`` the newest of each protocol; ``in_force`` is the one that answers
    arrivals: the last published that has machines for groups and for their activation, once its day has come; ``coming`` are
    those whose day has not, with the instant. ``packs`` are the texts a draft may extend, by ``id@version``. ``policy`` is the placement
    policy in force and ``policies`` all that were published, by ``id@version``. ``open_at`` is by
    protocol and place. ``cases_in`` are the open cases of an activation, and of a group; ``tasks_in`` the open tasks of an activation and ``tasks_of`` those of an instance;
    ``texts_of`` the erasable texts of an owner, erased ones too. ``orders_in`` are a group's orders of rations, ``orders_on`` those of
    a day's service (``2023-05-16/breakfast``); ``lacking`` what was said last to be missing at a place, by ``lacking_key``. ``plans`` are by group, ``planned`` the groups with a plan for a
    shelter, ``wanting`` those whose plan left somebody out, ``upset`` those to be planned again and why, ``short`` the shelters
    with more people promised than they have places left.
    """

    seq: int = 0
    at: datetime | None = None
    realm: str = ""
    salt: str = ""
    drill: bool = False
    protocols: HashTrieMap[str, Protocol] = HashTrieMap()
    latest: HashTrieMap[str, str] = HashTrieMap()
    in_force: str | None = None
    coming: HashTrieMap[str, datetime] = HashTrieMap()
    packs: HashTrieMap[str, str] = HashTrieMap()
    drafts: HashTrieMap[str, Draft] = HashTrieMap()
    policy: Policy = Policy()
    policies: HashTrieMap[str, PublishedPolicy] = HashTrieMap()
    stations: HashTrieMap[str, Station] = HashTrieMap()
    offices: HashTrieMap[str, Office] = HashTrieMap()
    shelters: HashTrieMap[str, Standing] = HashTrieMap()
    kitchens: HashTrieMap[str, Larder] = HashTrieMap()
    activations: HashTrieMap[str, Activation] = HashTrieMap()
    open_at: HashTrieMap[tuple[str, str], str] = HashTrieMap()
    groups: HashTrieMap[str, Group] = HashTrieMap()
    placements: HashTrieMap[str, Placement] = HashTrieMap()
    living: HashTrieMap[str, HashTrieSet[str]] = HashTrieMap()
    plans: HashTrieMap[str, e.PlanProposed] = HashTrieMap()
    planned: HashTrieMap[str, HashTrieSet[str]] = HashTrieMap()
    wanting: HashTrieSet[str] = HashTrieSet()
    upset: HashTrieMap[str, Reason] = HashTrieMap()
    short: HashTrieMap[str, e.PlacesShort] = HashTrieMap()
    orders: HashTrieMap[str, MealOrder] = HashTrieMap()
    orders_in: HashTrieMap[str, tuple[str, ...]] = HashTrieMap()
    orders_on: HashTrieMap[str, tuple[str, ...]] = HashTrieMap()
    lacking: HashTrieMap[str, e.MealsLacking] = HashTrieMap()
    instances: HashTrieMap[str, Instance] = HashTrieMap()
    machines_of: HashTrieMap[str, tuple[str, ...]] = HashTrieMap()
    cases: HashTrieMap[str, Case] = HashTrieMap()
    cases_in: HashTrieMap[str, HashTrieSet[str]] = HashTrieMap()
    texts: HashTrieMap[str, KeptText] = HashTrieMap()
    texts_of: HashTrieMap[str, HashTrieSet[str]] = HashTrieMap()
    relays: HashTrieMap[str, Relay] = HashTrieMap()
    tasks: HashTrieMap[str, Task] = HashTrieMap()
    tasks_in: HashTrieMap[str, HashTrieSet[str]] = HashTrieMap()
    tasks_of: HashTrieMap[str, HashTrieSet[str]] = HashTrieMap()
    notices: HashTrieMap[str, Notice] = HashTrieMap()
    sends: HashTrieMap[str, e.SendScheduled] = HashTrieMap()
    minted: int = 0
    alarms: Alarm | None = None

    def protocol_of(self, activation: str) -> Protocol:
        """The version this activation started with. Raises ``KeyError`` for an unknown activation."""
        run = self.activations[activation]
        return self.protocols[f"{run.protocol}@{run.version}"]

    @property
    def answering(self) -> Protocol | None:
        """The protocol that answers arrivals."""
        return self.protocols.get(self.in_force or "")

    def running_at(self, place: str, protocol: str | None = None) -> str | None:
        """The open activation of a protocol at a station or an office; by default of the one that answers arrivals."""
        if protocol is None:
            answering = self.answering
            protocol = "" if answering is None else answering.id
        return self.open_at.get((protocol, place))

    def open_cases(self, owner: str) -> list[Case]:
        """The open cases of an activation or a group, in the order in which they were opened."""
        found = (self.cases[ident] for ident in self.cases_in.get(owner, ()))
        return sorted(found, key=lambda case: (case.opened_at, case.id))

    def due_of(self, key: str) -> datetime | None:
        """When that alarm's owner is due now, or ``None`` when nothing of it is."""
        kind, _, ident = key.partition(":")
        if kind == "placement":
            placement = self.placements.get(ident)
            return placement.expires_at if placement is not None and placement.status == "held" else None
        if kind == "protocol":
            return self.coming.get(ident)
        if kind == "send":
            send = self.sends.get(ident)
            return None if send is None else send.due
        instance = self.instances.get(ident)
        if instance is None or self._mute(instance):
            return None
        return next_due(instance.snapshot)

    def _mute(self, instance: Instance) -> bool:
        """A group that was a mistake, and a case that is closed, ring no more."""
        if instance.case is not None:
            return self.cases[instance.case].status == "closed"
        return instance.group is not None and self.groups[instance.group].status in MISTAKEN

    @property
    def next_alarm(self) -> Alarm | None:
        """The next thing that is due, whatever it is. The fold keeps the head of the queue true."""
        return self.alarms

    def placements_in(self, shelter: str) -> Iterator[Placement]:
        """Placements of a shelter that still keep or take places."""
        return (self.placements[p] for p in self.living.get(shelter, HashTrieSet()))

    def placements_of(self, group: str) -> list[Placement]:
        return [self.placements[p] for p in self.groups[group].placements]


def mint(picture: Picture, kind: str, ahead: int = 0) -> str:
    """The id of the next thing of that kind: from the realm's salt and how many ids there were, so that a replay gives the
    same one and an outsider cannot count what is hidden from them. ``ahead`` skips ids minted in the same breath."""
    name = f"{kind}:{picture.minted + ahead}".encode()
    digest = blake2b(name, key=picture.salt.encode(), digest_size=8).digest()
    number = int.from_bytes(digest, "big")
    letters = "".join("0123456789abcdefghjkmnpqrstvwxyz"[number >> shift & 31] for shift in range(0, 50, 5))
    return f"{kind}-{letters}"
