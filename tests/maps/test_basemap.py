"""The ground that is shipped: every area is there, closed, named and where it should be."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from caravan.maps import page

GROUND = Path(page.__file__).parent / "basemap"
Ring = list[list[float]]


def areas(file: str) -> dict[str, dict[str, Any]]:
    features = json.loads((GROUND / file).read_text(encoding="utf-8"))["features"]
    return {feature["properties"]["pcode"]: feature for feature in features}


def rings(feature: dict[str, Any]) -> list[Ring]:
    shape = feature["geometry"]
    polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
    return [ring for polygon in polygons for ring in polygon]


def inside(lon: float, lat: float, feature: dict[str, Any]) -> bool:
    crossings = 0
    for ring in rings(feature):
        for (ax, ay), (bx, by) in pairwise(ring):
            crossings += (ay > lat) != (by > lat) and lon < ax + (lat - ay) / (by - ay) * (bx - ax)
    return crossings % 2 == 1


def borders(feature: dict[str, Any]) -> set[frozenset[tuple[float, ...]]]:
    return {frozenset((tuple(a), tuple(b))) for ring in rings(feature) for a, b in pairwise(ring)}


STATES = areas("mx_estados.geojson")
MUNICIPALITIES = areas("mx11_municipios.geojson")


def test_all_thirty_two_states_and_all_forty_six_municipalities_of_guanajuato_are_on_the_map() -> None:
    assert sorted(STATES) == [f"MX{number:02}" for number in range(1, 33)]
    assert sorted(MUNICIPALITIES) == [f"MX11{number:03}" for number in range(1, 47)]


@pytest.mark.parametrize("file", ["mx_estados.geojson", "mx11_municipios.geojson"])
def test_every_outline_is_closed_and_encloses_something(file: str) -> None:
    for feature in areas(file).values():
        for ring in rings(feature):
            assert ring[0] == ring[-1]
            assert len({tuple(point) for point in ring}) > 2


def test_the_ground_is_light_enough_for_a_telephone() -> None:
    assert (GROUND / "mx_estados.geojson").stat().st_size <= 125 * 1024
    assert (GROUND / "mx11_municipios.geojson").stat().st_size <= 175 * 1024


@pytest.mark.parametrize(
    ("pcode", "name", "lat", "lon"),
    [
        ("MX11020", "León", 21.12183, -101.68253),
        ("MX11017", "Irapuato", 20.67100, -101.35577),
        ("MX11007", "Celaya", 20.52181, -100.81399),
        ("MX11014", "Dolores Hidalgo Cuna de la Independencia Nacional", 21.15613, -100.93181),
        ("MX11032", "San José Iturbide", 21.00022, -100.38580),
    ],
)
def test_a_town_seat_lies_in_its_own_municipality_and_in_no_other(
    pcode: str, name: str, lat: float, lon: float
) -> None:
    assert MUNICIPALITIES[pcode]["properties"]["name"] == name
    assert [code for code, area in MUNICIPALITIES.items() if inside(lon, lat, area)] == [pcode]
    assert [code for code, area in STATES.items() if inside(lon, lat, area)] == ["MX11"]


def test_guanajuatos_outline_among_the_states_is_that_of_its_municipalities() -> None:
    seen_once: set[frozenset[tuple[float, ...]]] = set()
    for area in MUNICIPALITIES.values():
        seen_once ^= borders(area)
    assert borders(STATES["MX11"]) == seen_once


def test_guanajuato_and_queretaro_meet_without_a_gap() -> None:
    assert len(borders(STATES["MX11"]) & borders(STATES["MX22"])) > 50


def test_the_source_of_the_ground_is_credited_beside_it() -> None:
    credit = (GROUND / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "INEGI" in credit
    assert "MIT License" in credit
    assert "INEGI" in page.MAP_WORDS["attribution"]
