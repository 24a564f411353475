"""The places of a house by section and night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from caravan.geography import Position
from caravan.shelters.ledger import Night, ledger, midnights, tonight
from caravan.shelters.model import Placement, Places, Section, Shelter, Standing
from caravan.shelters.policy import Policy

ZONE = "America/Mexico_City"
EVENING = datetime(2023, 5, 16, 2, 0, tzinfo=UTC)  # 15 May, 20:00 there
HOUSE = Shelter(
    id="casa", name="Casa", kind="permanent", municipality="MX11020", town="León",
    position=Position(lat=21.12, lon=-101.68),
    sections={"fam": Places(nominal=20, surge=6, blocked=2), "men": Places(nominal=10)},
)  # fmt: skip
THREE = Policy(nights=3)


def stay(ident: str, status: str, beds: dict[Section, int], days: float | None = None) -> Placement:
    people = sum(beds.values())
    return Placement(
        id=ident, group="g", shelter="casa", activation="a", people=people, beds=beds, held_at=EVENING,
        status=status,  # pyright: ignore[reportArgumentType]
        came=people if status == "arrived" else None,
        ends_at=None if days is None else EVENING + timedelta(days=days),
    )  # fmt: skip


def standing(available: dict[Section, int] | None, *stays: Placement, excess: int = 0) -> Standing:
    committed: dict[Section, int] = {}
    for one in stays:
        if one.status in ("held", "accepted"):
            for section, beds in one.beds.items():
                committed[section] = committed.get(section, 0) + beds
    return Standing(shelter=HOUSE, available=available, committed=committed, excess=excess, reported_at=EVENING)


def nights(house: Standing, *stays: Placement, surge: bool = False) -> dict[Section, tuple[Night, ...]]:
    return ledger(house, stays, THREE, now=EVENING, timezone=ZONE, surge=surge)


def free(house: Standing, *stays: Placement, surge: bool = False) -> dict[str, tuple[int | None, ...]]:
    return {s: tuple(night.free for night in of) for s, of in nights(house, *stays, surge=surge).items()}


def test_tonight_what_is_empty_less_what_is_promised_may_be_promised() -> None:
    held, confirmed = stay("p1", "held", {"fam": 4}), stay("p2", "accepted", {"fam": 3, "men": 2})
    of = nights(standing({"fam": 12, "men": 5}, held, confirmed), held, confirmed)
    assert of["fam"][0] == Night(nominal=20, surge=0, blocked=2, held=4, confirmed=3, occupied=6, free=5)
    assert of["men"][0] == Night(nominal=10, surge=0, blocked=0, held=0, confirmed=2, occupied=5, free=3)


def test_unknown_is_not_zero() -> None:
    assert nights(standing(None))["fam"][0] == Night(
        nominal=20, surge=0, blocked=2, held=0, confirmed=0, occupied=None, free=None
    )


def test_a_house_that_publishes_nothing_has_one_figure() -> None:
    house = Standing(shelter=replace(HOUSE, sections={}), available={"mix": 7}, reported_at=EVENING)
    only = ledger(house, (), THREE, now=EVENING, timezone=ZONE, surge=True)
    assert {s: (of[0].nominal, of[0].occupied, of[0].free) for s, of in only.items()} == {"mix": (None, None, 7)}


def test_places_are_free_again_from_the_night_by_whose_midnight_a_stay_has_ended() -> None:
    there = stay("p1", "arrived", {"fam": 5}, days=1)  # until 16 May, 20:00
    assert free(standing({"fam": 1, "men": 0}), there)["fam"] == (1, 6, 6)
    assert free(standing({"fam": 1, "men": 0}), replace(there, ends_at=EVENING + timedelta(hours=1)))["fam"] == (
        1,
        6,
        6,
    )
    assert free(standing({"fam": 1, "men": 0}), replace(there, ends_at=None))["fam"] == (1, 1, 1)


def test_a_promise_takes_its_places_until_its_stay_would_end() -> None:
    coming = stay("p1", "accepted", {"fam": 5}, days=1)
    assert free(standing({"fam": 9, "men": 0}, coming), coming)["fam"] == (4, 9, 9)


def test_a_house_with_a_longest_stay_has_its_places_back_after_it() -> None:
    short = standing({"fam": 0, "men": 0})
    short = replace(short, shelter=replace(HOUSE, max_stay_hours=24))
    here = replace(stay("p1", "arrived", {"men": 3}), arrived_at=EVENING)
    of = ledger(short, (here,), THREE, now=EVENING, timezone=ZONE, surge=False)
    assert [night.free for night in of["men"]] == [0, 3, 3]


def test_who_lies_on_the_floor_takes_the_first_place_that_is_free_again() -> None:
    ending = stay("p1", "arrived", {"fam": 5}, days=1)
    floor = replace(stay("p2", "arrived", {"fam": 2}), people=5, came=5)
    house = standing({"fam": 0, "men": 0}, excess=3)
    assert free(house, ending, floor)["fam"] == (0, 2, 2)


def test_places_for_emergencies_count_only_when_they_may_and_while_nobody_lies_there() -> None:
    assert free(standing({"fam": 2, "men": 0}))["fam"][0] == 2
    assert free(standing({"fam": 2, "men": 0}), surge=True)["fam"][0] == 8
    assert free(standing({"fam": 0, "men": 0}, excess=4), surge=True)["fam"][0] == 2
    assert free(standing({"fam": 0, "men": 0}, excess=9), surge=True)["fam"][0] == 0


def test_before_six_in_the_morning_it_is_still_last_night() -> None:
    assert tonight(EVENING, ZONE).isoformat() == "2023-05-15"
    assert tonight(EVENING + timedelta(hours=9), ZONE).isoformat() == "2023-05-15"
    assert tonight(EVENING + timedelta(hours=10), ZONE).isoformat() == "2023-05-16"
    first, second, _ = midnights(EVENING, ZONE, 3)
    assert (first.isoformat(), second - first) == ("2023-05-16T00:00:00-06:00", timedelta(days=1))


_beds = st.dictionaries(st.sampled_from(("fam", "men")), st.integers(1, 8), min_size=1)
_stays = st.lists(
    st.tuples(st.sampled_from(("held", "accepted", "arrived")), _beds, st.none() | st.floats(0, 4, allow_nan=False)),
    max_size=6,
)
_empty = st.fixed_dictionaries({"fam": st.integers(0, 18), "men": st.integers(0, 10)})


@settings(max_examples=300, derandomize=True, deadline=None)
@given(_empty, _stays, st.integers(0, 9), st.booleans())
def test_no_figure_is_negative_and_the_parts_add_up(
    empty: dict[Section, int], drawn: list[tuple[str, dict[Section, int], float | None]], excess: int, surge: bool
) -> None:
    stays = [stay(f"p{n}", status, beds, days) for n, (status, beds, days) in enumerate(drawn)]
    house = standing(empty, *stays, excess=excess)
    for section, of in nights(house, *stays, surge=surge).items():
        assert len(of) == 3
        for night in of:
            figures = (night.surge, night.blocked, night.held, night.confirmed, night.occupied, night.free)
            assert all(n is not None and n >= 0 for n in figures)
        first = of[0]
        assert first.held + first.confirmed == house.committed.get(section, 0)
        assert first.nominal is not None
        assert first.occupied == first.nominal - first.blocked - empty[section]
        rest = first.nominal + first.surge - first.blocked - first.occupied - first.held - first.confirmed
        assert first.free == max(0, rest)
        frees = [night.free or 0 for night in of]
        assert frees == sorted(frees)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(_empty, _stays)
def test_the_order_of_the_placements_does_not_matter(
    empty: dict[Section, int], drawn: list[tuple[str, dict[Section, int], float | None]]
) -> None:
    stays = [stay(f"p{n}", status, beds, days) for n, (status, beds, days) in enumerate(drawn)]
    house = standing(empty, *stays)
    assert nights(house, *stays) == nights(house, *reversed(stays))
