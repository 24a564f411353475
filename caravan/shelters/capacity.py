"""The arithmetic of places: how a standing moves when people come and go. Capacity binds promises, never reality."""

from __future__ import annotations

from msgspec.structs import replace

from caravan.shelters.model import SECTIONS, WAITING_FOR_PEOPLE, Placement, Section, Standing

# Those who come beyond what was kept for them sleep where there is room, never among children who are alone.
_OVERFLOW: tuple[Section, ...] = ("mix", "fam", "wom", "men")


def committed_by(placement: Placement | None) -> dict[Section, int]:
    """Places this placement keeps for people not yet there."""
    return placement.beds if placement is not None and placement.status in WAITING_FOR_PEOPLE else {}


def recommit(standing: Standing, before: Placement | None, after: Placement) -> Standing:
    """The standing after a placement changed: only promises move, not people."""
    old, new = committed_by(before), committed_by(after)
    if old == new:
        return standing
    totals = {s: standing.committed.get(s, 0) - old.get(s, 0) + new.get(s, 0) for s in SECTIONS}
    return replace(standing, committed={s: n for s, n in totals.items() if n})


def arrive(standing: Standing, beds: dict[Section, int], people: int) -> tuple[Standing, dict[Section, int]]:
    """``people`` walk in who were expected in ``beds``. Returns the standing and the places really taken; people beyond the
    places that were empty count as ``excess``."""
    occupied = None if standing.occupied is None else standing.occupied + people
    if standing.available is None:
        return replace(standing, occupied=occupied), {}
    available, taken, rest = _lie_down(standing.available, people, [*beds.items(), *_overflow(beds, people)])
    return replace(standing, available=available, occupied=occupied, excess=standing.excess + rest), taken


def _overflow(beds: dict[Section, int], people: int) -> list[tuple[Section, int]]:
    """Where people may lie for whom no place was kept. Who comes with children who are alone, and only with them, lies nowhere
    until a person has said who they are."""
    return [] if set(beds) == {"uam"} else [(section, people) for section in _OVERFLOW]


def _lie_down(
    empty: dict[Section, int], people: int, wanted: list[tuple[Section, int]]
) -> tuple[dict[Section, int], dict[Section, int], int]:
    """``people`` take empty places of the wanted sections in turn: what is still empty, what they took, who has none."""
    empty, taken = dict(empty), dict[Section, int]()
    for section, limit in wanted:
        n = min(people, limit, empty.get(section, 0))
        if n > 0:
            empty[section] -= n
            taken[section] = taken.get(section, 0) + n
            people -= n
    return empty, taken, people


def on_the_floor(placement: Placement) -> int:
    """People of a placement who are in the house and take none of its places."""
    return max(0, placement.present - sum(placement.beds.values()))


def settle_in(standing: Standing, placement: Placement) -> tuple[Standing, dict[Section, int]]:
    """Those of a placement who found no place take what is empty now. Returns the standing and all places it takes."""
    people = min(on_the_floor(placement), standing.excess)
    if standing.available is None or not people:
        return standing, placement.beds
    available, taken, rest = _lie_down(standing.available, people, _overflow(placement.beds, people))
    beds: dict[Section, int] = {s: n for s in SECTIONS if (n := placement.beds.get(s, 0) + taken.get(s, 0))}
    return replace(standing, available=available, excess=standing.excess - people + rest), beds


def leave(standing: Standing, placement: Placement, people: int) -> tuple[Standing, dict[Section, int]]:
    """``people`` of a placement go. Returns the standing and the places it still takes; those who had none go first."""
    occupied = None if standing.occupied is None else max(0, standing.occupied - people)
    from_floor = min(on_the_floor(placement), people)
    rest = people - from_floor
    available = None if standing.available is None else dict(standing.available)
    kept = dict(placement.beds)
    for section in placement.beds:
        n = min(rest, kept[section])
        kept[section] -= n
        rest -= n
        if available is not None:
            available[section] = available.get(section, 0) + n
    moved = replace(standing, available=available, occupied=occupied, excess=max(0, standing.excess - from_floor))
    return moved, {s: n for s, n in kept.items() if n}
