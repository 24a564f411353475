"""What a free place will be worth to those still to come: bid prices, in thousandths of a person a place.

A bus placed as well as it can be, without regard to who comes next, takes the places only others could have used. The
price of a place is what one more of it would add to the people placed, together with those expected: the dual of its section in
a linear programme, averaged over several nights that may come (Ahani et al., Operations Research 72(3) 2024).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import ceil, inf
from typing import NamedTuple

from msgspec.structs import replace

from caravan.shelters import solver
from caravan.shelters.model import Section
from caravan.shelters.plan import NIGHT_APART, Mode, Need, Offer, barrier, is_far, lodgings, on
from caravan.shelters.policy import Policy

PERSON = 1_000  # what a person without priority is worth
PRIORITY = 2_000  # what a priority person is worth: they count among all people and before them
FAR = 100  # what it takes off to send a person to another municipality

_SECTION: dict[Mode, Section] = {
    "F": "fam", "W": "wom", "M": "men", "U": "uam", "FM": "fam", "WM": "wom", "X": "mix"
}  # fmt: skip

_SPECIAL = ("medical", "lgbt")
_RANK = 5

Prices = dict[str, dict[Section, int]]


class Forecast(NamedTuple):
    """``prices`` of tonight's places, and how many of them priority households will take (``priority``), in the mean of the
    nights that may come, rounded up."""

    prices: Prices
    priority: Prices


class _Crowd(NamedTuple):
    """People who have the same places to go to: one of them, how many they are, and the adult men in their families."""

    need: Need
    people: int
    men: int
    accessible: int


class _Arc(NamedTuple):
    crowd: int
    offer: Offer
    beds: dict[Section, int]  # thousandths of a place a person
    value: int


_Place = tuple[str, Section]


def forecast(
    waiting: Sequence[Need], futures: Sequence[Sequence[Need]], offers: Sequence[Offer], policy: Policy
) -> Forecast:
    """What those who wait and those who may still come will want of tonight's places; each of ``futures`` is everybody who
    comes later in one night that may come. Needs the solver."""
    worth, taken = Counter[_Place](), Counter[_Place]()
    for future in futures:
        _add_night(_crowds([*waiting, *future]), offers, policy, worth, taken)
    nights = max(1, len(futures))
    return Forecast(
        prices=_by_house({place: round(price / nights) for place, price in worth.items()}),
        priority=_by_house({place: ceil(people / nights / 1_000 - 0.05) for place, people in taken.items()}),
    )


def _by_house(amounts: Mapping[_Place, int]) -> Prices:
    prices: Prices = {}
    for (shelter, section), amount in sorted(amounts.items()):
        if amount:
            prices.setdefault(shelter, {})[section] = amount
    return prices


def _crowds(needs: Iterable[Need]) -> list[_Crowd]:
    alike: defaultdict[tuple[object, ...], list[Need]] = defaultdict(list)
    for need in needs:
        men = bool(need.adult_men), need.adult_men == need.size
        key = need.hub, need.kind, men, bool(need.accessible), need.needs, need.priority, need.men_apart
        alike[key].append(need)
    return [
        _Crowd(
            need=members[0],
            people=sum(need.size for need in members),
            men=sum(need.adult_men for need in members),
            accessible=sum(need.accessible for need in members),
        )
        for _, members in sorted(alike.items(), key=lambda item: str(item[0]))
    ]


def _add_night(
    crowds: list[_Crowd], offers: Sequence[Offer], policy: Policy, worth: Counter[_Place], taken: Counter[_Place]
) -> None:
    """Places as many people as one night can, priority people before others, and adds what its places were worth and those that
    priority people took."""
    arcs = [arc for n, crowd in enumerate(crowds) for offer in offers for arc in _arcs(n, crowd, offer, policy)]
    if not arcs:
        return
    rooms: defaultdict[_Place, dict[int, int]] = defaultdict(dict)
    ramps: defaultdict[str, dict[int, int]] = defaultdict(dict)
    everybody: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for column, arc in enumerate(arcs):
        crowd = crowds[arc.crowd]
        everybody[arc.crowd][column] = 1
        for section, thousandths in arc.beds.items():
            rooms[arc.offer.shelter, section][column] = thousandths
        if crowd.accessible:
            ramps[arc.offer.shelter][column] = 1_000 * crowd.accessible // crowd.people
    free = {offer.shelter: offer for offer in offers}
    rows = [_room(terms, on(free[house].free[section], 0)) for (house, section), terms in rooms.items()]
    rows += [_room(terms, on(free[house].accessible, 0)) for house, terms in ramps.items()]
    rows += [solver.Row(terms, crowds[n].people) for n, terms in everybody.items()]
    model = solver.Model([inf] * len(arcs), range(len(arcs)), rows, node_limit=1)
    found = model.amounts({column: -arc.value for column, arc in enumerate(arcs)})
    for place, price in zip(rooms, found.prices, strict=False):
        worth[place] += round(1_000 * price)
    for arc, people in zip(arcs, found.values, strict=True):
        if crowds[arc.crowd].need.priority:
            for section, thousandths in arc.beds.items():
                taken[arc.offer.shelter, section] += round(people * thousandths)


def _room(terms: dict[int, int], places: int) -> solver.Row:
    """In thousandths of a place, and a hundredth of one too few: where exactly enough are left, the price is what it costs to
    take one, which is what is asked, and not what one more would bring."""
    return solver.Row(terms, max(0, 1_000 * places - 10))


def _arcs(number: int, crowd: _Crowd, offer: Offer, policy: Policy) -> Iterable[_Arc]:
    if barrier(crowd.need, offer) is not None:
        return
    value = (PRIORITY if crowd.need.priority else PERSON) - (FAR if is_far(crowd.need, offer, policy) else 0)
    for lodging in lodgings(crowd.need, offer):
        men = 1_000 * crowd.men // crowd.people if lodging.points else 0
        worth = value - NIGHT_APART * bool(lodging.points)
        beds: dict[Section, int] = {_SECTION[lodging.mode]: 1_000 - men}
        if men:
            beds["men"] = men
        yield _Arc(number, offer, {section: n for section, n in beds.items() if n}, worth)


def starting_prices(offers: Iterable[Offer]) -> Prices:
    """Prices before there is a record of nights, and beside those learnt from one, which say nothing where all places are
    equally scarce: only which places others could use less well. They are too small for anything to be kept because of them.

    Places for families take women alone too, men's places beside them the fathers, and a house with one figure everybody: they
    are left to those who have no others. A house with a service or with accessible places is left to those who need them.
    """
    prices: Prices = {}
    for offer in offers:
        special = sum(service in offer.offers for service in _SPECIAL) + bool(offer.accessible)
        for section in offer.free:
            beside = section == "men" and "fam" in offer.free
            rank = 2 * special + (2 if section == "mix" else section == "fam" or beside)
            if rank and section != "uam":
                prices.setdefault(offer.shelter, {})[section] = _RANK * rank
    return prices


def with_prices(offers: Iterable[Offer], *prices: Prices) -> list[Offer]:
    """The offers with a price for each of their sections: the sum of what is given, or 0."""
    return [
        replace(
            offer,
            prices={section: sum(p.get(offer.shelter, {}).get(section, 0) for p in prices) for section in offer.free},
        )
        for offer in offers
    ]
