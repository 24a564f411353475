"""A country: station by station, then the whole network."""

from __future__ import annotations

from msgspec.structs import replace

from bench.instances import national
from caravan.shelters.bound import bound
from caravan.shelters.measure import measure
from caravan.shelters.plan import Need, Offer
from caravan.shelters.policy import Policy
from caravan.shelters.progress import Progress
from caravan.shelters.regions import place_regions


def test_a_small_country_is_placed_nearly_as_far_as_anybody_could() -> None:
    _, needs, offers, policy, _ = national(people=1_000)
    many = place_regions(needs, offers, policy, rounds=0)
    vector, least = measure(needs, offers, policy, many.assigned), bound(needs, offers)
    assert least.U2 <= vector.U2
    assert (1_000 - vector.U2) / (1_000 - least.U2) >= 0.97
    assert many.bounds.get("U2", vector.U2) == least.U2
    assert many == place_regions(needs[::-1], offers[::-1], policy, rounds=0)


def men(hub: str, count: int, **more: object) -> list[Need]:
    return [Need(household=f"{hub}{i}", group=f"{hub}-bus", kind="men", size=1, hub=hub, **more) for i in range(count)]


def house(name: str, places: int, **hm: int) -> Offer:
    return Offer(shelter=name, free={"men": (places,)}, distance_hm=hm)


POLICY = Policy(far="distance", far_hm=300)


def test_who_finds_no_place_at_their_station_is_sent_where_there_is_one() -> None:
    needs = [*men("leon", 8), *men("celaya", 2)]
    offers = [house("here", 5, leon=20, celaya=900), house("there", 6, leon=900, celaya=20)]
    many = place_regions(needs, offers, POLICY)
    vector = measure(needs, offers, POLICY, many.assigned)
    assert (vector.U2, vector.FAR) == (0, 3)
    assert many.status["U2"] == "optimal"


def test_who_travels_alone_makes_room_for_those_who_can_go_nowhere_else() -> None:
    needs = [*men("celaya", 3), *[replace(n, group=n.household, solo=True) for n in men("leon", 3)]]
    offers = [house("leon", 3, leon=20, celaya=200), house("far", 3, leon=900)]
    many = place_regions(needs, offers, POLICY)
    assert measure(needs, offers, POLICY, many.assigned).U2 == 0


def test_a_station_without_any_shelter_near_it_waits_for_the_network() -> None:
    needs = men("leon", 2)
    offers = [house("far", 3, leon=900)]
    assert len(place_regions(needs, offers, POLICY).assigned) == 2


def test_told_to_stop_it_gives_what_the_stations_have() -> None:
    told: list[Progress] = []

    def stop_after_one(progress: Progress) -> bool:
        told.append(progress)
        return len(told) < 2

    needs = [*men("celaya", 2), *men("leon", 2)]
    offers = [house("a", 2, celaya=20), house("b", 2, leon=20)]
    many = place_regions(needs, offers, POLICY, watch=stop_after_one)
    assert {a.shelter for a in many.assigned} == {"a"}
    assert (told[0].stage, told[0].of) == ("hub", 2)
