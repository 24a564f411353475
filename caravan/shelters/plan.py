"""The words of placement: what households need, what shelters offer, what was planned, and the rules of who may
sleep where.

People are counted in persons, places in beds, distances in hm (100 m), stays in nights; night 0 is tonight. All are
integers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from caravan.basics import Reason, Record
from caravan.shelters.model import Admission, Section
from caravan.shelters.policy import Policy

Mode = Literal["F", "W", "M", "U", "FM", "WM", "X"]


class Need(Record, frozen=True):
    """One household, which is never cut. ``group`` is its bus or contingent, kept together where that can be; ``hub`` the
    station it is at.

    ``accessible`` are its people who need an accessible place; ``needs`` are services the shelter must have (medical,
    lgbt). ``pinned`` is the shelter an official chose for it; ``proposed`` that of a proposal not yet confirmed;
    ``solo`` says that the group is this household alone; ``provisional`` that the household was supposed, not
    declared. ``declined`` are shelters that said no to these people; ``waived`` the codes of ``barrier`` that its pinned shelter
    does not hold to, because the house said so. ``men_apart`` says whether its men may sleep in another section than the rest of
    it; not where its children would be without an adult of theirs. Raises ``ValueError`` for a household without people or without nights, or
    with parts larger than itself.
    """

    household: str
    group: str
    kind: Admission
    size: int
    adult_men: int = 0
    accessible: int = 0
    needs: tuple[str, ...] = ()
    language: str | None = None
    pet: bool = False
    nights: int = 1
    priority: bool = False
    provisional: bool = False
    solo: bool = False
    pinned: str | None = None
    proposed: str | None = None
    hub: str = ""
    declined: tuple[str, ...] = ()
    waived: tuple[str, ...] = ()
    men_apart: bool = True

    def __post_init__(self) -> None:
        if self.size < 1 or self.nights < 1:
            raise ValueError(f"household without people or nights: {self.household}")
        if not (0 <= self.adult_men <= self.size and 0 <= self.accessible <= self.size):
            raise ValueError(f"household smaller than its parts: {self.household}")

    @property
    def keeps_together(self) -> bool:
        """Whether it counts in the splitting of its group: an unaccompanied child goes to DIF wherever the group
        goes."""
        return not self.solo and self.kind != "uam"


class Offer(Record, frozen=True):
    """What one shelter has for these people.

    ``free`` are places per section, one figure a night, all of one length; a section the house does not have is
    absent. ``accessible`` places are among them. ``distance_hm`` is by road from each hub; a hub that is absent is out of
    reach; ``far`` are the hubs in another municipality. ``max_stay_nights`` is ``None`` where there is no limit.
    ``offers`` are services (medical, lgbt, dif). ``nominal`` and ``load`` are all its places and the people already
    there; 0 nominal = unknown. ``refuses`` is why it takes nobody now, whatever else it has. A house takes
    unaccompanied children only if it admits them, is DIF's and has a section for them (domain: NNA 94-95, guard G11).

    ``kept`` are places of each section, every night, for priority households alone, until the local hour
    ``kept_until``. ``prices`` say what a place of a section will be worth to those still to come, in thousandths of a
    person a place.
    """

    shelter: str
    free: dict[Section, tuple[int, ...]]
    distance_hm: dict[str, int]
    accessible: tuple[int, ...] = ()
    far: tuple[str, ...] = ()
    max_stay_nights: int | None = None
    offers: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    pets: bool = False
    nominal: int = 0
    load: int = 0
    refuses: Reason | None = None
    admits: tuple[Admission, ...] = ("fam", "wom", "men")
    kept: dict[Section, int] = {}
    kept_until: str | None = None
    prices: dict[Section, int] = {}

    @property
    def horizon(self) -> int:
        """Nights the offer speaks of, at least tonight."""
        return max([1, *(len(nights) for nights in self.free.values())])

    @property
    def places(self) -> int:
        """All places for the balance of loads: published, or else those taken and those free tonight."""
        return self.nominal or self.load + sum(on(nights, 0) for nights in self.free.values())


class Assigned(Record, frozen=True):
    """One household in one shelter. ``mode`` is how it sleeps there, ``beds`` the places it takes, by section."""

    household: str
    group: str
    shelter: str
    mode: Mode
    beds: dict[Section, int]


class Vector(Record, frozen=True):
    """What a plan costs, level by level; less is better. A level the policy does not name is measured all the same.

    U1 people of priority households without a place, U2 all people without a place, FAR people sent to another
    municipality, SPL splits of groups, CHG people whose proposal changes, SOFT person-points (language, pet, a later
    move, a night apart), DIST people·hm, BAL twentieths of a place this plan adds above 85 % and (threefold) 95 % of a
    shelter. PRICE is what the taken places will be worth to those still to come and the nights apart that spare them, in
    thousandths of a person. PIN, before them all, counts people for whom the shelter an official chose has no place.
    """

    U1: int
    U2: int
    FAR: int
    SPL: int
    CHG: int
    SOFT: int
    DIST: int
    BAL: int
    PIN: int = 0
    PRICE: int = 0


class Plan(Record, frozen=True):
    """Who sleeps where, who has no place, and everything needed to say why. ``needs`` and ``offers`` are in the
    order of their ids. ``status`` says per level whether the value is proven least (``optimal``) or the search was
    cut (``feasible``); ``bounds`` the least a level could be, where that is known and less than what was reached."""

    assigned: tuple[Assigned, ...]
    unplaced: tuple[str, ...]
    vector: Vector
    status: dict[str, Literal["optimal", "feasible"]]
    needs: tuple[Need, ...]
    offers: tuple[Offer, ...]
    solver: str
    policy: Policy = Policy()
    bounds: dict[str, int] = {}


class Explanation(Record, frozen=True):
    """Why one shelter was chosen for some people, or why it was not. ``people`` are those the reason is about."""

    shelter: str
    chosen: bool
    people: int
    reason: Reason


class Lodging(Record, frozen=True):
    """One way for a household to sleep in a shelter: places by section, and points for a night spent apart."""

    mode: Mode
    beds: dict[Section, int]
    points: int = 0


def on(nights: tuple[int, ...], night: int) -> int:
    """The figure of that night; beyond the figures nothing is promised."""
    return nights[night] if night < len(nights) else 0


def usable(offer: Offer, section: Section, night: int, *, priority: bool) -> int:
    """Free places a household may take: those kept for priority households are for them only."""
    free = on(offer.free.get(section, ()), night)
    return free if priority else max(0, free - offer.kept.get(section, 0))


def stay(need: Need, offer: Offer) -> int:
    """Nights the household takes of those the offer speaks of."""
    limit = need.nights if offer.max_stay_nights is None else min(need.nights, offer.max_stay_nights)
    return limit if limit <= 1 else min(limit, offer.horizon)


def reach(need: Need, offer: Offer) -> int | None:
    """Distance by road in hm, or ``None`` where they cannot be sent."""
    return offer.distance_hm.get(need.hub)


def is_far(need: Need, offer: Offer, policy: Policy) -> bool:
    return need.hub in offer.far or (policy.far_hm is not None and (reach(need, offer) or 0) > policy.far_hm)


NIGHT_APART = 100
"""What it must spare others for one person of a family to spend the night apart from it, in thousandths of a person."""


def price(offer: Offer, lodging: Lodging) -> int:
    """What these places will be worth to those still to come, and a night apart to those who spend it, in thousandths of a
    person. Where no place has a price there is nothing a night apart could spare."""
    if not offer.prices:
        return 0
    return NIGHT_APART * lodging.points + sum(n * offer.prices.get(section, 0) for section, n in lodging.beds.items())


def modes(need: Need) -> Iterator[Lodging]:
    """The ways this household could sleep anywhere, the usual one first. A house with one figure takes all but
    unaccompanied children."""
    size, men = need.size, need.adult_men
    match need.kind:
        case "fam":
            yield Lodging(mode="F", beds={"fam": size})
            if men and need.men_apart:
                yield Lodging(mode="FM", beds=_apart("fam", size - men, men), points=size)
                yield Lodging(mode="WM", beds=_apart("wom", size - men, men), points=size)
            if not men:
                yield Lodging(mode="W", beds={"wom": size})
        case "wom":
            yield Lodging(mode="W", beds={"wom": size})
            yield Lodging(mode="F", beds={"fam": size})
        case "men":
            yield Lodging(mode="M", beds={"men": size})
        case _:
            yield Lodging(mode="U", beds={"uam": size})
    if need.kind != "uam":
        yield Lodging(mode="X", beds={"mix": size})


def _apart(section: Section, rest: int, men: int) -> dict[Section, int]:
    return {section: rest, "men": men} if rest else {"men": men}


def lodgings(need: Need, offer: Offer) -> list[Lodging]:
    """The ways this household could sleep in a house with these sections, full or not."""
    return [lodging for lodging in modes(need) if all(section in offer.free for section in lodging.beds)]


def barrier(need: Need, offer: Offer) -> Reason | None:
    """The first rule that keeps the household out of the shelter whatever room it has, or ``None``."""
    waived = need.waived if need.pinned == offer.shelter else ()
    if offer.refuses is not None and offer.refuses.code not in waived:
        return offer.refuses
    if need.kind == "uam" and "dif" not in offer.offers:
        return Reason(code="uam_only_dif")
    if offer.shelter in need.declined and "declined" not in waived:
        return Reason(code="declined")
    if need.kind not in offer.admits and (need.kind == "uam" or "does_not_admit" not in waived):
        return Reason(code="does_not_admit", details={"kind": need.kind})
    if reach(need, offer) is None:
        return Reason(code="out_of_reach")
    missing = [service for service in need.needs if service not in offer.offers]
    if missing:
        return Reason(code="missing_service", details={"service": missing[0]})
    if stay(need, offer) < 1:
        return Reason(code="no_overnight")
    if not lodgings(need, offer):
        return Reason(code="no_section", details={"section": next(iter(next(modes(need)).beds))})
    if need.accessible > max([0, *offer.accessible]):
        return Reason(
            code="no_accessible_places",
            details={"free": max([0, *offer.accessible]), "needed": need.accessible},
        )
    return None


def discomforts(need: Need, offer: Offer, lodging: Lodging) -> dict[str, int]:
    """SOFT points of this household there, by cause: its size for each thing it would have to bear."""
    over_stay = offer.max_stay_nights is not None and need.nights > offer.max_stay_nights
    language = need.language is not None and need.language not in offer.languages
    causes = {
        "over_stay": need.size * over_stay,
        "language_not_spoken": need.size * language,
        "pet_not_accepted": need.size * (need.pet and not offer.pets),
        "night_apart": lodging.points,
    }
    return {cause: points for cause, points in causes.items() if points}


def crowding(offer: Offer, people: int) -> int:
    """BAL points that ``people`` add to a shelter above what it already carries."""
    return _crowding(offer.places, offer.load + people) - _crowding(offer.places, offer.load)


def _crowding(places: int, load: int) -> int:
    return max(0, 20 * load - 17 * places) + 3 * max(0, 20 * load - 19 * places)
