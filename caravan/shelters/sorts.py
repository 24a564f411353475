"""Households by sort: those of one sort are interchangeable but for the group they belong to. What is possible is worked out
once a sort, so that a hundred thousand people cost what their few hundred sorts cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from caravan.shelters.plan import Lodging, Need, Offer, barrier, lodgings, on, stay, usable

Signature = tuple[str | int | bool | tuple[str, ...], ...]


class Sort(NamedTuple):
    """Households alike, in the order of their ids; ``need`` is the first and stands for all."""

    need: Need
    households: list[Need]


class Way(NamedTuple):
    """One way to stay in the shelter at place ``at`` of the offers, for so many of its nights."""

    at: int
    lodging: Lodging
    nights: int


def signature(need: Need) -> Signature:
    """What placement asks of a household, but for its group."""
    return (*bare_signature(need), need.language or "", need.pet, need.proposed or "")


def bare_signature(need: Need) -> Signature:
    """What says where a household may stay at all."""
    return (
        need.hub, need.kind, need.size, need.adult_men, need.accessible, need.needs, need.nights, need.priority,
        need.pinned or "", need.declined, need.waived, need.men_apart,
    )  # fmt: skip


def sort_out(needs: Iterable[Need]) -> list[Sort]:
    """The sorts in the order of their signatures."""
    alike: defaultdict[Signature, list[Need]] = defaultdict(list)
    for need in needs:
        alike[signature(need)].append(need)
    return [
        Sort(households[0], households)
        for _, households in sorted(
            (key, sorted(households, key=lambda need: need.household)) for key, households in alike.items()
        )
    ]


class Possible:
    """Where and how a household could stay if the houses were as empty as they can be for it."""

    def __init__(self, offers: Sequence[Offer]) -> None:
        self._offers = offers
        self._anywhere: dict[Signature, list[Way]] = {}

    def ways(self, need: Need) -> list[Way]:
        """In the order of the offers; the usual lodging first."""
        key = bare_signature(need)[1:]  # but for the hub
        if key not in self._anywhere:
            self._anywhere[key] = self._without_hub(need)
        return [way for way in self._anywhere[key] if need.hub in self._offers[way.at].distance_hm]

    def _without_hub(self, need: Need) -> list[Way]:
        """As if the household stood wherever each shelter can be reached from: most of the work is the same for all hubs."""
        found: list[Way] = []
        for at, offer in enumerate(self._offers):
            hub = next(iter(offer.distance_hm), None)
            if hub is None or need.pinned not in (None, offer.shelter):
                continue
            standing = replace(need, hub=hub)
            if barrier(standing, offer) is None:
                nights = stay(need, offer)
                found.extend(
                    Way(at, lodging, nights)
                    for lodging in lodgings(need, offer)
                    if _holds(need, offer, lodging, nights)
                )
        return found


def _holds(need: Need, offer: Offer, lodging: Lodging, nights: int) -> bool:
    return all(
        on(offer.accessible, night) >= need.accessible
        and all(usable(offer, section, night, priority=need.priority) >= beds for section, beds in lodging.beds.items())
        for night in range(nights)
    )
