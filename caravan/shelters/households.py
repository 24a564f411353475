"""From what is known of a group to the households that need places. Where households are not declared, provisional ones
are made, and it is said; no child is ever supposed to be alone while anybody in the group may be an adult."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count, islice

from msgspec.structs import replace

from caravan.groups import BANDS, CHILD_BANDS, Composition, Group, Household
from caravan.shelters.plan import Need

# What a household needs of the shelter itself; the other needs travel with the group and are told, not matched.
_ACCESSIBLE = frozenset({"reduced_mobility"})
_PRIORITY = frozenset(
    {"pregnant", "lactating", "medical", "reduced_mobility", "continuous_medicine", "infant", "older_alone"}
)


def needs_of(group: Group, placed: frozenset[str], sheltered: int = 0) -> tuple[list[Need], bool]:
    """The households of ``group`` that still need a place, and whether any of them was supposed.

    ``placed`` are ids of households that have one, ``sheltered`` how many children who are alone do. The sizes add up to the
    group's unplaced people; the ids are stable. Children who are alone come first: whoever is left over is not one of them.
    """
    waiting = [n for n in (*_declared(group), *_supposed(group)) if n.household not in placed]
    needs = _within((n for n in waiting if n.kind == "uam"), group.unplaced)
    alone = max(0, (group.alone or 0) - sheltered - _people(needs))
    needs += _within((n for n in waiting if n.kind != "uam"), group.unplaced - _people(needs))
    rest = group.unplaced - _people(needs)
    # Of these nobody has said anything: people on their own who may sleep wherever anybody may, but for children who are
    # alone and are nowhere else.
    names = (f"p{n}" for n in count(1) if f"{group.id}/p{n}" not in placed)
    for n, name in enumerate(islice(names, rest)):
        needs.append(replace(_single(group, name, "uam"), priority=True) if n < alone else _single(group, name, "fam"))
    return needs, any(need.provisional for need in needs)


def needs_of_some(group: Group, people: int, placed: frozenset[str]) -> list[Need]:
    """Households for ``people`` of ``group`` who lie in a house without a bed. Which of the group they are nobody has said: whole
    households that are in no placement (not in ``placed``), the largest first, the rest people on their own. None of them is a
    child who is alone."""
    known = [n for n in (*_declared(group), *_supposed(group)) if n.kind != "uam" and n.household not in placed]
    found: list[Need] = []
    for need in sorted(known, key=lambda need: -need.size):
        if need.size <= people:
            found.append(need)
            people -= need.size
    names = (f"p{n}" for n in count(1) if f"{group.id}/p{n}" not in placed)
    return found + [_single(group, name, "fam") for name in islice(names, people)]


def households_of(group: Group) -> dict[str, Need]:
    """Every household of ``group`` by its id, with a place or without, declared or supposed."""
    return {need.household: need for need in (*_declared(group), *_supposed(group))}


def _people(needs: Iterable[Need]) -> int:
    return sum(need.size for need in needs)


def _declared(group: Group) -> Iterator[Need]:
    alike = Counter[str]()
    for household in group.households:
        words = _words(household)
        for _ in range(household.count):
            alike[words] += 1
            yield _need(group, f"{group.id}/{words}.{alike[words]}", household)


def _words(household: Household) -> str:
    """A name by what the household is, not by its row: the next declaration may list the rows in another order."""
    children = "-".join(str(household.children.get(band, 0)) for band in CHILD_BANDS)
    return f"{'u' if household.unaccompanied else 'h'}{household.women}-{household.men}-{children}"


def _need(group: Group, ident: str, household: Household) -> Need:
    children = sum(household.children.values())
    if household.unaccompanied:
        kind = "uam"
    elif children or (household.women and household.men):
        kind = "fam"
    else:
        kind = "wom" if household.women else "men"
    return Need(
        household=ident, group=group.id, kind=kind, size=household.size, adult_men=household.men,
        men_apart=bool(household.women) or not children, accessible=1 if _ACCESSIBLE & set(household.needs) else 0,
        language=group.languages[0] if group.languages else None,
        priority=kind == "uam" or bool(household.children.get("0-4")) or bool(_PRIORITY & set(household.needs)),
    )  # fmt: skip


def _supposed(group: Group) -> Iterator[Need]:
    """Provisional households of a group of which sex and age are known. Where households are declared nothing is supposed: the
    composition counts the same people."""
    if group.households:
        return
    alone = _alone(group)
    for n in range(alone):
        yield replace(_single(group, f"u{n + 1}", "uam"), priority=True)
    families, women, men = _by_composition(group.composition, group.people - alone, alone)
    for n, (size, small, father) in enumerate(families):
        ident = f"{group.id}/f{n + 1}"
        yield replace(
            _single(group, "", "fam"),
            household=ident,
            size=size,
            priority=small,
            adult_men=father,
            men_apart=not father,
        )
    for n in range(women):
        yield _single(group, f"w{n + 1}", "wom")
    for n in range(men):
        yield _single(group, f"m{n + 1}", "men")


def _alone(group: Group) -> int:
    """Children who are alone. Where the composition accounts for everybody and holds no adult, all of them are: that is counted, not
    supposed (domain: NNA 94-95, guard G11)."""
    told = group.composition
    if told is not None and told.children == told.total == group.people:
        return group.people
    return min(group.people, group.unaccompanied or 0)


def _single(group: Group, name: str, kind: str) -> Need:
    return Need(
        household=f"{group.id}/{name}", group=group.id, kind=kind, size=1, provisional=True,  # pyright: ignore[reportArgumentType]
        language=group.languages[0] if group.languages else None,
    )  # fmt: skip


def _by_composition(
    composition: Composition | None, people: int, alone: int
) -> tuple[list[tuple[int, bool, int]], int, int]:
    """Families as (size, has a child under five, adult men), single women, single men, for at most ``people``.

    Children go with women first, then with men, as evenly as they can; children of whose adults nothing is known stay one
    family.
    """
    if composition is None or people <= 0:
        return [], 0, 0
    children = max(0, composition.children - alone)
    small = sum(cells.get(BANDS[0], 0) for cells in (composition.f, composition.m, composition.x))
    women = composition.women
    men = sum(composition.m.get(band, 0) for band in ("18-59", "60+"))
    if children + women + men > people:
        # The parts are older than the figure and exceed it: only the number is certain.
        return [], 0, 0
    if not children:
        return [], women, men
    carers = max(1, min(women + men, (children + 1) // 2))
    mothers, fathers = min(women, carers), max(0, min(men, carers - women))
    families: list[tuple[int, bool, int]] = []
    for n in range(carers):
        share = children // carers + (1 if n < children % carers else 0)
        adult = 1 if n < mothers + fathers else 0
        families.append((share + adult, n < small, 1 if mothers <= n < mothers + fathers else 0))
    return families, women - mothers, men - fathers


def _within(needs: Iterable[Need], people: int) -> list[Need]:
    """As many households as ``people`` allows, whole ones first. A later count may have found fewer than were declared, or one
    of a family is in hospital: those who are left stay together, and remain what they are. Nobody has said who is missing: it may
    be the mother."""
    kept: list[Need] = []
    larger: list[Need] = []
    for need in needs:
        if need.size <= people:
            kept.append(need)
            people -= need.size
        else:
            larger.append(need)
    if people and larger:
        first = larger[0]
        kept.append(
            replace(first, size=people, adult_men=min(first.adult_men, people), men_apart=False, provisional=True)
        )
    return kept
