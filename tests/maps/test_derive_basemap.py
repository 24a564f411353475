"""The pure parts of tools/derive_basemap.py, on land small enough to check by eye."""

import importlib.util
import struct
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st


def _script() -> ModuleType:
    path = Path(__file__).parents[2] / "tools" / "derive_basemap.py"
    spec = importlib.util.spec_from_file_location("derive_basemap", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up
    spec.loader.exec_module(module)
    return module


ground = _script()


@given(st.floats(-117, -86.7), st.floats(14.5, 32.7))
def test_a_place_in_mexico_survives_the_way_to_the_source_projection_and_back(lon: float, lat: float) -> None:
    assert ground.unproject(*ground.project(lon, lat)) == pytest.approx((lon, lat), abs=1e-9)


def test_the_projection_is_centred_where_inegi_centres_it() -> None:
    assert ground.project(-102, 12) == pytest.approx((2_500_000, 0), abs=1e-6)
    assert ground.unproject(2_500_000, 0) == pytest.approx((-102, 12))


def test_lines_that_differ_by_less_than_the_grid_become_one() -> None:
    assert ground.snap([(0, 0), (101, 0), (99, 2), (99, 103), (0, 0)], 20) == [(0, 0), (5, 0), (5, 5)]


def test_a_spike_that_goes_out_and_back_is_taken_off() -> None:
    spiked = [(0, 0), (100, 0), (300, 0), (100, 0), (100, 100)]
    assert ground.snap(spiked, 20) == [(0, 0), (5, 0), (5, 5)]


# Two squares side by side, with a crooked common border that a simplification would straighten.
WEST = [(0, 0), (5000, 0), (5150, 1200), (4850, 2500), (5100, 3800), (5000, 5000), (0, 5000)]
EAST = [(5000, 0), (9000, 0), (9000, 5000), (5000, 5000), (5100, 3800), (4850, 2500), (5150, 1200)]


def steps(ring: list[tuple[int, int]]) -> set[frozenset[tuple[int, int]]]:
    return {frozenset(pair) for pair in zip(ring, ring[1:] + ring[:1], strict=True)}


@pytest.mark.parametrize("turn", range(len(EAST)))
def test_neighbours_keep_one_common_border_however_it_is_simplified(turn: int) -> None:
    east = EAST[turn:] + EAST[:turn]
    areas = [ground.Area("01", "Oeste", [[WEST]]), ground.Area("02", "Este", [[east]])]
    for fine, kept in ((set(), 1), ({"02"}, 4)):
        topology = ground.Topology(areas, fine)
        west_drawn, east_drawn = (topology.drawn(area)[0][0] for area in areas)
        assert len(steps(west_drawn) & steps(east_drawn)) == kept


def test_the_chosen_state_keeps_the_detail_that_its_neighbours_lose() -> None:
    far_out = [(0, 0), (1000, 0), (1000, 60), (940, 100), (1000, 140), (1000, 1000), (0, 1000)]
    area = ground.Area("11", "Elegido", [[far_out]])
    assert (940, 100) in ground.Topology([area], {"11"}).drawn(area)[0][0]
    assert (940, 100) not in ground.Topology([area], set()).drawn(area)[0][0]


def test_a_lone_islet_is_left_out_but_never_the_only_land_an_area_has() -> None:
    islet = [(9000, 0), (9010, 0), (9010, 10), (9000, 10)]
    land = [(0, 0), (5000, 0), (5000, 5000), (0, 5000)]
    coast, rock = ground.Area("01", "", [[land], [islet]]), ground.Area("02", "", [[islet]])
    assert len(ground.Topology([coast], set()).drawn(coast)) == 1
    assert len(ground.Topology([rock], set()).drawn(rock)) == 1


def test_an_island_keeps_a_shape_when_everything_else_is_simplified_away() -> None:
    round_island = [(0, 0), (10, 4), (14, 14), (4, 10), (0, 0)]
    assert len(set(ground.simplify(round_island, 1_000))) == 3


def test_a_geopackage_polygon_is_read_with_its_hole() -> None:
    outline = [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 0.0)]
    hole = [(6.0, 1.0), (7.0, 1.0), (7.0, 2.0), (6.0, 1.0)]
    header = b"GP\x00\x03" + struct.pack("<i4d", 100_000, 0, 9, 0, 9)
    body = struct.pack("<BII", 1, 3, 2)
    for ring in (outline, hole):
        body += struct.pack(f"<I{2 * len(ring)}d", len(ring), *(value for point in ring for value in point))
    assert ground.polygons_of(header + body) == [[outline, hole]]
    many = struct.pack("<BII", 1, 6, 2) + body + body
    assert ground.polygons_of(header + many) == [[outline, hole], [outline, hole]]
    with pytest.raises(ValueError, match="only polygons"):
        ground.polygons_of(header + struct.pack("<BI", 1, 1))


def test_a_feature_carries_the_p_code_and_runs_against_the_clock_as_rfc_7946_wants() -> None:
    clockwise = [(0, 0), (0, 50_000), (50_000, 50_000), (50_000, 0)]
    feature = ground.feature(ground.Area("11020", "León", []), [[clockwise]])
    line = feature["geometry"]["coordinates"][0]
    assert feature["properties"] == {"pcode": "MX11020", "name": "León"}
    assert line[0] == line[-1]
    assert sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(line, line[1:], strict=False)) > 0
