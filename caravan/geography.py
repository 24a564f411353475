"""Where things are: positions, how sure they are, and distances between towns."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import Annotated, Literal

import msgspec

from caravan.basics import MUNICIPALITY, Record

PCode = Annotated[str, msgspec.Meta(pattern=MUNICIPALITY)]
Precision = Literal["exact", "town_seat"]

EARTH_RADIUS_KM = 6371.0088
# Roads are longer than the straight line; 1.3 is the usual circuity of a road network (K). Real travel times are not in
# any source of this project, so a distance is shown as approximate.
CIRCUITY = 1.3


class Position(Record, frozen=True):
    """Degrees, WGS 84. ``town_seat`` means that only the municipality is known and the point is its seat."""

    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)]
    precision: Precision = "town_seat"


def straight_km(a: Position, b: Position) -> float:
    """Great-circle distance in kilometres."""
    dlat, dlon = radians(b.lat - a.lat), radians(b.lon - a.lon)
    h = sin(dlat / 2) ** 2 + cos(radians(a.lat)) * cos(radians(b.lat)) * sin(dlon / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(h)))


def road_hm(a: Position, b: Position) -> int:
    """Approximate road distance in hectometres (100 m), the unit of the placement model."""
    return round(straight_km(a, b) * CIRCUITY * 10)
