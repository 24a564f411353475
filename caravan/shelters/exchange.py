"""The exchange format ``caravan-assignment/1``: who needs a place and what is free, and who sleeps where and why.

A household takes its places on the nights 0 .. min(nights, max_stay, ``nights`` of the document) - 1. A section that a
shelter does not name has no places; a station it does not name is out of its reach; without ``far_hm`` nothing is far.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from caravan.basics import Reason, Record
from caravan.given import Given, Problem, document
from caravan.shelters.explain import explain_many
from caravan.shelters.lacking import lacking
from caravan.shelters.model import Admission, Section
from caravan.shelters.plan import Assigned, Explanation, Mode, Need, Offer, Plan, barrier, modes
from caravan.shelters.policy import Level, Policy

SCHEMA = "caravan-assignment/1"
LEVELS: tuple[Level, ...] = ("U1", "U2", "FAR", "SPL", "SOFT", "DIST", "BAL")
MODES: dict[str, Mode] = {"F": "F", "W": "W", "M": "M", "U": "U", "FM": "FM", "WM": "WM"}
EXPLAINED = 300
"""Groups times shelters that an answer explains: the others are asked for one by one."""

_SECTIONS: dict[str, Section] = {"fam": "fam", "wom": "wom", "men": "men", "uam": "uam"}
_KINDS: dict[str, Admission] = {"fam": "fam", "wom": "wom", "men": "men", "uam": "uam"}
_Groups = dict[str, tuple[str, bool]]  # hub, solo


class Asked(Record, frozen=True):
    """A placement problem of the document. Its policy has the format's seven levels."""

    needs: tuple[Need, ...]
    offers: tuple[Offer, ...]
    policy: Policy


# --- the question ----------------------------------------------------------------------------------------------------


def read(text: bytes | str) -> Asked:
    """The problem of a document. Raises ``Unsound`` with everything that is wrong with it."""
    return document(text, SCHEMA, _asked)


def _asked(given: Given) -> Asked:
    nights = given.at("nights").whole(1, 366)
    far = given.maybe("far_hm")
    policy = Policy(id="exchange", levels=LEVELS, far="distance", far_hm=far.whole() if far else None, nights=nights)
    offers = tuple(_offer(shelter, nights) for shelter in given.at("shelters").each())
    _told_once(given.at("shelters"))
    groups = {one.at("id").text(): _group(one) for one in given.at("groups").each()}
    _told_once(given.at("groups"))
    needs = [_need(household, groups) for household in given.at("households").each()]
    _told_once(given.at("households"))
    pins = given.maybe("pins")
    pinned = _pins(pins, {n.household: n for n in needs}, {o.shelter: o for o in offers}) if pins else {}
    return Asked(
        needs=tuple(msgspec.structs.replace(need, pinned=pinned.get(need.household)) for need in needs),
        offers=offers,
        policy=policy,
    )


def _told_once(members: Given) -> None:
    seen = Counter[str]()
    for member in members.each():
        ident = member.maybe("id")
        name = ident.value if ident is not None and isinstance(ident.value, str) else ""
        seen[name] += 1
        if ident is not None and name and seen[name] == 2:
            ident.wrong("repeated", given=name)


def _offer(given: Given, nights: int) -> Offer:
    beds = given.maybe("beds")
    free: dict[Section, tuple[int, ...]] = {}
    for name, figures in beds.entries() if beds else []:
        if name in _SECTIONS:
            free[_SECTIONS[name]] = _by_night(figures, nights)
        else:
            figures.wrong("not_among", given=name, known=", ".join(_SECTIONS))
    accessible, most = given.maybe("accessible"), given.maybe("max_stay")
    distances = given.at("distance_hm").entries()
    return Offer(
        shelter=given.at("id").text(),
        free=free,
        accessible=_by_night(accessible, nights) if accessible else (),
        distance_hm={hub: hm.whole() for hub, hm in distances if hm.value is not None},
        max_stay_nights=most.whole(1) if most else None,
        offers=_words(given.maybe("offers")),
        languages=_words(given.maybe("languages")),
        pets=_yes(given.maybe("pets")),
        admits=tuple(_KINDS.values()),
    )


def _by_night(given: Given, nights: int) -> tuple[int, ...]:
    figures = tuple(night.whole() for night in given.each())
    if isinstance(given.value, list) and len(figures) != nights:
        given.wrong("one_a_night", nights=nights, given=len(figures))
    return figures


def _words(given: Given | None) -> tuple[str, ...]:
    return tuple(word.text() for word in given.each()) if given else ()


def _yes(given: Given | None) -> bool:
    """``true`` and ``false``, or 1 and 0."""
    if given is None:
        return False
    if isinstance(given.value, int) and given.value in (0, 1):
        return bool(given.value)
    return given.flag()


def _number(given: Given | None, least: int = 0, most: int = 10**9) -> int:
    return given.whole(least, most) if given else 0


def _group(given: Given) -> tuple[str, bool]:
    _number(given.maybe("arrival_min"), -(10**9))
    return given.at("hub").text(), _yes(given.maybe("solo"))


def _need(given: Given, groups: _Groups) -> Need:
    group, kind = given.at("group").text(), given.at("kind").one_of(tuple(_KINDS))
    if group and group not in groups:
        given.at("group").wrong("unknown_id", given=group)
    hub, solo = groups.get(group, ("", False))
    size, language = given.at("size").whole(1), given.maybe("language")
    return Need(
        household=given.at("id").text(),
        group=group,
        kind=_KINDS.get(kind, "men"),
        size=size,
        adult_men=_number(given.maybe("adult_men"), 0, size),
        accessible=_number(given.maybe("accessible"), 0, size),
        needs=_words(given.maybe("needs")),
        language=language.text() if language else None,
        pet=_yes(given.maybe("pet")),
        nights=given.at("nights").whole(1),
        priority=_yes(given.maybe("priority")),
        solo=solo,
        hub=hub,
    )


def _pins(given: Given, needs: Mapping[str, Need], offers: Mapping[str, Offer]) -> dict[str, str]:
    pins: dict[str, str] = {}
    for household, where in given.entries():
        shelter = where.text()
        if household not in needs:
            where.wrong("unknown_id", given=household)
        elif shelter and shelter not in offers:
            where.wrong("unknown_id", given=shelter)
        elif shelter:
            pins[household] = shelter
            why = barrier(needs[household], offers[shelter])
            if why is not None:
                where.wrong("pin_breaks_rule", rule=why.code, **why.details)
    return pins


def unmet_pins(plan: Plan) -> list[Problem]:
    """The pins that this plan could not keep: with one of them there is no answer."""
    out = set(plan.unplaced)
    return [
        Problem(path=f"pins.{need.household}", code="pin_without_room", details={"given": need.pinned})
        for need in plan.needs
        if need.pinned is not None and need.household in out
    ]


# --- the answer ------------------------------------------------------------------------------------------------------


def answer(plan: Plan, sentence: Callable[[Reason], str]) -> bytes:
    """The plan as the format's answer, the same bytes for the same plan. ``sentence`` words a reason.

    ``reasons`` explains as many groups as ``EXPLAINED`` allows, those who are not all placed or not all together first, and
    says of how many; ``lacking`` what would have to be opened for those without a place. ``bounds`` is the least a level could
    be, where that is known and lower than what was reached.
    """
    homes = {a.household: {"shelter": a.shelter, "mode": a.mode} for a in plan.assigned}
    groups = sorted({need.group for need in plan.needs})
    chosen = _hardest(plan, groups)[: max(1, EXPLAINED // max(1, len(plan.offers)))]
    told: dict[str, Any] = {
        "vector": {level: getattr(plan.vector, level) for level in LEVELS},
        "placements": {need.household: homes.get(need.household) for need in plan.needs},
        "status": {level: plan.status[level] for level in LEVELS},
        "bounds": {level: plan.bounds[level] for level in LEVELS if level in plan.bounds},
        "reasons": {
            "groups": {group: _because(why, sentence) for group, why in explain_many(plan, sorted(chosen)).items()},
            "groups_explained": len(chosen),
            "groups_in_all": len(groups),
            "lacking": [_worded(reason, sentence) for reason in lacking(plan)],
        },
        "solver": plan.solver,
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n"


def _hardest(plan: Plan, groups: Iterable[str]) -> list[str]:
    out = set(plan.unplaced)
    homes = {a.household: a.shelter for a in plan.assigned}
    left = {need.group for need in plan.needs if need.household in out}
    used: dict[str, set[str | None]] = {}
    for need in plan.needs:
        if need.keeps_together:
            used.setdefault(need.group, set()).add(homes.get(need.household))
    return sorted(groups, key=lambda group: (group not in left, -len(used.get(group, ())), group))


def _because(explained: Sequence[Explanation], sentence: Callable[[Reason], str]) -> list[dict[str, Any]]:
    return [
        {"shelter": one.shelter, "chosen": one.chosen, "people": one.people} | _worded(one.reason, sentence)
        for one in explained
    ]


def _worded(reason: Reason, sentence: Callable[[Reason], str]) -> dict[str, Any]:
    return {"code": reason.code, "details": reason.details, "text": sentence(reason)}


# --- an answer to be checked -----------------------------------------------------------------------------------------


class Told(Record, frozen=True):
    """Somebody's answer: who sleeps where, and the vector it claims, where it claims one."""

    assigned: tuple[Assigned, ...]
    vector: dict[str, int]


def read_answer(text: bytes | str, asked: Asked) -> Told:
    """Raises ``Unsound`` where it does not speak of every household, or not in the words of the format."""
    return document(text, SCHEMA, lambda given: _told(given, asked))


def _told(given: Given, asked: Asked) -> Told:
    needs = {need.household: need for need in asked.needs}
    placements = given.at("placements")
    assigned: list[Assigned] = []
    for household, where in placements.entries():
        if household not in needs:
            where.wrong("unknown_id", given=household)
        elif where.value is not None:
            assigned.append(_assigned(where, needs[household]))
    told = {household for household, _ in placements.entries()}
    for household in needs:
        if household not in told:
            placements.wrong("says_nothing_of", given=household)
    vector = given.maybe("vector")
    return Told(
        assigned=tuple(assigned),
        vector={level: figure.whole(0, 10**15) for level, figure in vector.entries()} if vector else {},
    )


def _assigned(given: Given, need: Need) -> Assigned:
    shelter, told = given.at("shelter").text(), given.at("mode").one_of(tuple(MODES))
    mode = MODES.get(told, "F")
    beds = {lodging.mode: lodging.beds for lodging in modes(need)}.get(mode, {})
    return Assigned(household=need.household, group=need.group, shelter=shelter, mode=mode, beds=beds)


def contradictions(told: Told, vector: Mapping[str, int]) -> list[Problem]:
    """Levels at which the answer claims another figure than it has."""
    return [
        Problem(path=f"vector.{level}", code="not_so", details={"given": told.vector[level], "found": vector[level]})
        for level in LEVELS
        if level in told.vector and told.vector[level] != vector[level]
    ]
