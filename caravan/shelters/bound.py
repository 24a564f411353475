"""How few people could be left without a place, whatever the arrangement: a maximum flow of people into beds, without any
solver, and what of the places runs short.

Each person is a unit that may lie in any section its household could use: families may be cut, companions parted and
distances ignored, so the true least is never below the bound. Nights beyond the first and places kept for priority
households are part of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from caravan.basics import Record
from caravan.shelters.flow import Network
from caravan.shelters.model import SECTIONS, Admission, Section
from caravan.shelters.plan import Lodging, Need, Offer, on, usable
from caravan.shelters.sorts import Possible, Signature, bare_signature

_KINDS: tuple[Admission, ...] = ("uam", "fam", "wom", "men")


class Shortage(Record, frozen=True):
    """People who compete for the same places, and more of them than places: ``missing`` stay out whatever is done.

    ``places`` is how many of them can have one, on the night that binds. ``hubs`` are the stations they are at; ``sections``
    and ``shelters`` what they compete for.
    """

    kinds: tuple[Admission, ...]
    people: int
    places: int
    hubs: tuple[str, ...]
    sections: tuple[Section, ...]
    shelters: tuple[str, ...]

    @property
    def missing(self) -> int:
        return self.people - self.places


class Bound(Record, frozen=True):
    """The least people of priority households (``U1``) and people (``U2``) without a place. ``shortages`` is the proof: what
    they miss adds up to ``U2``."""

    U1: int
    U2: int
    shortages: tuple[Shortage, ...]


class _Door(NamedTuple):
    """Where people enter a section: those who stay ``nights``, counted to the last one that could be fuller than those before
    it. Priority people have their own door only where places are kept for them."""

    at: int
    section: Section
    nights: int
    priority: bool


class _Crowd(NamedTuple):
    """People who may enter by the same doors; those who have none are told apart by kind."""

    doors: tuple[_Door, ...]
    priority: bool
    kind: Admission | None


def bound(needs: Iterable[Need], offers: Sequence[Offer]) -> Bound:
    """Pins are obeyed: who is pinned competes only for that shelter."""
    offers = sorted(offers, key=lambda offer: offer.shelter)
    return _Competition(offers, _crowds(needs, offers)).settled()


def _crowds(needs: Iterable[Need], offers: Sequence[Offer]) -> dict[_Crowd, dict[tuple[Admission, str], int]]:
    """People by kind and station of each crowd, in the order of the households."""
    count: defaultdict[Signature, int] = defaultdict(int)
    first: dict[Signature, Need] = {}
    for need in needs:
        key = bare_signature(need)
        count[key] += 1
        first.setdefault(key, need)
    possible = Possible(offers)
    doors_of = _Doors(offers)
    crowds: dict[_Crowd, dict[tuple[Admission, str], int]] = {}
    for key in sorted(first):
        need = first[key]
        ways = possible.ways(need)
        for men, share in _parts(need):
            doors = tuple(
                dict.fromkeys(
                    doors_of[way.at, section, way.nights, need.priority]
                    for way in ways
                    for section in _sections(way.lodging, men=men)
                )
            )
            members = crowds.setdefault(_Crowd(doors, need.priority, None if doors else need.kind), {})
            members[need.kind, need.hub] = members.get((need.kind, need.hub), 0) + share * count[key]
    return crowds


class _Doors(dict[tuple[int, Section, int, bool], _Door]):
    """The door for a stay, by offer, section, nights and priority."""

    def __init__(self, offers: Sequence[Offer]) -> None:
        super().__init__()
        self._offers = offers

    def __missing__(self, stay: tuple[int, Section, int, bool]) -> _Door:
        at, section, nights, priority = stay
        offer = self._offers[at]
        free = [on(offer.free[section], night) for night in range(nights)]
        fuller = max(night for night in range(nights) if free[night] < min([free[night] + 1, *free[:night]]))
        self[stay] = _Door(at, section, fuller + 1, priority or not offer.kept)
        return self[stay]


def _parts(need: Need) -> list[tuple[bool, int]]:
    """Men of a family may sleep apart from it, so they are counted by themselves."""
    if need.kind != "fam":
        return [(False, need.size)]
    return [(men, people) for men, people in ((False, need.size - need.adult_men), (True, need.adult_men)) if people]


def _sections(lodging: Lodging, *, men: bool) -> Iterable[Section]:
    if len(lodging.beds) == 1:
        return lodging.beds
    return [section for section in lodging.beds if (section == "men") == men]


class _Competition:
    """The network: crowds, then sections night by night, then the sink."""

    def __init__(self, offers: Sequence[Offer], crowds: dict[_Crowd, dict[tuple[Admission, str], int]]) -> None:
        self._offers = offers
        self._crowds = list(crowds.items())
        self._network = Network()
        self._nodes = [self._network.node() for _ in self._crowds]
        self._entered: list[list[int]] = [[] for _ in self._crowds]  # nodes behind the doors of each crowd
        self._sections: dict[int, list[tuple[int, Section]]] = {}  # node → what it stands for
        self._leaving: list[tuple[int, int, int]] = []  # from, to, places: every edge with a capacity
        by_section: defaultdict[tuple[int, Section], dict[_Door, list[int]]] = defaultdict(dict)
        for number, (crowd, _) in enumerate(self._crowds):
            for door in crowd.doors:
                by_section[door.at, door.section].setdefault(door, []).append(number)
        self._build(by_section)

    def settled(self) -> Bound:
        network = self._network
        people = [sum(members.values()) for _, members in self._crowds]
        for number, entered in enumerate(self._entered):
            for node in entered:
                network.edge(self._nodes[number], node, people[number])
        least: list[int] = []
        # What flows for priority people goes on flowing when the others come: both figures are least.
        for priority in (True, False):
            asked = [n for n, (crowd, _) in enumerate(self._crowds) if crowd.priority == priority]
            for number in asked:
                network.edge(0, self._nodes[number], people[number])
            least.append(sum(people[number] for number in asked) - network.push())
        return Bound(U1=least[0], U2=sum(least), shortages=self._shortages(people))

    def _build(self, by_section: dict[tuple[int, Section], dict[_Door, list[int]]]) -> None:
        """Sections for which the same crowds compete are one, where nobody stays longer in them than others do."""
        alike: defaultdict[tuple[int, ...], list[_Door]] = defaultdict(list)
        for (at, section), doors in by_section.items():
            if len(doors) == 1:
                door, crowds = next(iter(doors.items()))
                alike[tuple(crowds)].append(door)
            else:
                self._build_nights(at, section, doors)
        for crowds, doors in alike.items():
            node = self._node([(door.at, door.section) for door in doors])
            self._leave(node, 1, sum(self._room(door, 0) for door in doors))
            for number in crowds:
                self._entered[number].append(node)

    def _build_nights(self, at: int, section: Section, doors: dict[_Door, list[int]]) -> None:
        """A chain of nights: who stays three nights takes a place of the third, then with those who stay two one of the
        second, and so on."""
        chains = [
            chain
            for priority in (True, False)
            if (chain := sorted((door for door in doors if door.priority == priority), key=lambda door: -door.nights))
        ]
        out = 1
        if len(chains) > 1:
            out = self._node([(at, section)])
            self._leave(out, 1, self._room(_Door(at, section, min(door.nights for door in doors), True), 0))
        for chain in chains:
            nodes = [self._node([(at, section)]) for _ in chain]
            for node, door in zip(nodes, chain, strict=True):
                for number in doors[door]:
                    self._entered[number].append(node)
            for (node, door), (following, shorter) in pairwise(zip(nodes, chain, strict=True)):
                self._leave(node, following, self._room(door, shorter.nights))
            self._leave(nodes[-1], out, self._room(chain[-1], 0))

    def _node(self, stands_for: list[tuple[int, Section]]) -> int:
        node = self._network.node()
        self._sections[node] = stands_for
        return node

    def _leave(self, node: int, following: int, places: int) -> None:
        self._network.edge(node, following, places)
        self._leaving.append((node, following, places))

    def _room(self, door: _Door, first: int) -> int:
        """The least places of the nights from ``first`` to the last of the stay."""
        offer = self._offers[door.at]
        if door.priority:
            return min(on(offer.free[door.section], night) for night in range(first, door.nights))
        return min(usable(offer, door.section, night, priority=False) for night in range(first, door.nights))

    # --- what cuts the flow ----------------------------------------------------------------------------------------------

    def _shortages(self, people: list[int]) -> tuple[Shortage, ...]:
        """The least cut, apart for people who compete for nothing in common."""
        short = self._network.short_side()
        belongs = list(range(len(short)))  # a forest: nodes that hang together have one root

        def root(node: int) -> int:
            while belongs[node] != node:
                belongs[node] = belongs[belongs[node]]
                node = belongs[node]
            return node

        asking = [number for number, node in enumerate(self._nodes) if short[node] and people[number]]
        for number in asking:
            for node in self._entered[number]:
                belongs[root(node)] = root(self._nodes[number])
        for node, following, _ in self._leaving:
            if short[node] and following != 1 and short[following]:
                belongs[root(node)] = root(following)
        places: defaultdict[int, int] = defaultdict(int)
        rivals: defaultdict[int, list[int]] = defaultdict(list)
        for number in asking:
            rivals[root(self._nodes[number])].append(number)
        for node, following, count in self._leaving:
            if short[node] and not short[following]:
                places[root(node)] += count
        found = [self._shortage(numbers, places[at]) for at, numbers in rivals.items()]
        return tuple(sorted((s for s in found if s.missing), key=lambda s: (-s.missing, s.kinds, s.hubs)))

    def _shortage(self, numbers: list[int], places: int) -> Shortage:
        members = [(kind, hub, count) for n in numbers for (kind, hub), count in self._crowds[n][1].items()]
        wanted = {(door.at, door.section) for n in numbers for door in self._crowds[n][0].doors}
        return Shortage(
            kinds=tuple(kind for kind in _KINDS if any(kind == of for of, _, _ in members)),
            people=sum(count for _, _, count in members),
            places=places,
            hubs=tuple(sorted({hub for _, hub, _ in members})),
            sections=tuple(section for section in SECTIONS if any(section == of for _, of in wanted)),
            shelters=tuple(sorted({self._offers[at].shelter for at, _ in wanted})),
        )
