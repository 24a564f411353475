"""One function a layer: what of a shared picture becomes a feature of the live map.

Features carry codes and numbers, not words: one encoding serves every reader of the same share, and the page words it in
their language. A feature's id is ``layer:ident``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from caravan.geography import Position
from caravan.kitchens import SERVICES
from caravan.sharing import SharedPicture

Feature = dict[str, Any]
FeatureId = str


def feature(share: SharedPicture, ident: FeatureId) -> Feature | None:
    """The feature of that id as this share shows it, or ``None`` where it shows none."""
    layer, _, name = ident.partition(":")
    return _FEATURES[layer](share, name)


def feature_ids(share: SharedPicture) -> Iterator[FeatureId]:
    """Every id this share may have a feature for, in a fixed order."""
    yield from (f"station:{s.id}" for s in share.stations())
    yield from (f"office:{o.id}" for o in share.offices())
    yield from (f"municipality:{m}" for m in share.municipalities() if share.restricted)
    yield from (f"shelter:{s.shelter.id}" for s in share.shelters())
    yield from (f"kitchen:{k.kitchen.id}" for k in share.kitchens())
    for group in share.groups():
        yield f"group:{group.id}"
        yield from (f"line:{p}" for p in group.placements)


def _point(ident: FeatureId, position: Position, **properties: Any) -> Feature:
    return {
        "type": "Feature",
        "id": ident,
        "geometry": {"type": "Point", "coordinates": [position.lon, position.lat]},
        "properties": {"precision": position.precision, **properties},
    }


def _station(share: SharedPicture, name: str) -> Feature | None:
    station = share.station(name)
    if station is None:
        return None
    activation, level = share.running_at(name) or (None, None)
    return _point(
        f"station:{name}", station.position, layer="stations", name=station.name, place=station.town, kind=station.kind,
        url=f"/activaciones/{activation}" if activation is not None and not share.restricted else None,
        source=station.source, level=level,
    )  # fmt: skip


def _office(share: SharedPicture, name: str) -> Feature | None:
    office = share.office(name)
    if office is None:
        return None
    return _point(
        f"office:{name}", office.position, layer="agencies", name=office.name, place=office.town, role=office.agency,
        url=None, source=office.source,
    )  # fmt: skip


def _municipality(share: SharedPicture, pcode: str) -> Feature | None:
    total = share.municipal_total(pcode)
    if total is None:
        return None
    seat, shelters, free = total
    return _point(
        f"municipality:{pcode}", seat.position, layer="municipal_totals", name=seat.town, place=seat.town,
        shelters=shelters, free=free, url=None,
    )  # fmt: skip


def _shelter(share: SharedPicture, name: str) -> Feature | None:
    standing = share.shelter(name)
    if standing is None:
        return None
    shelter = standing.shelter
    return _point(
        f"shelter:{name}", shelter.position, layer="shelters", name=shelter.name, place=shelter.town,
        free=standing.free_total, nominal=shelter.nominal, surge=shelter.surge, occupied=standing.occupied,
        held=standing.incoming, excess=standing.beyond, status=standing.status, at=_iso(standing.reported_at),
        stay_hours=shelter.max_stay_hours, admits=list(shelter.admits), kind=shelter.kind, url=f"/albergues/{name}",
        source=shelter.source,
    )  # fmt: skip


def _kitchen(share: SharedPicture, name: str) -> Feature | None:
    larder = share.kitchen(name)
    if larder is None:
        return None
    kitchen = larder.kitchen
    return _point(
        f"kitchen:{name}", kitchen.position, layer="kitchens", name=kitchen.name, place=kitchen.town,
        rations={service: larder.rations.get(service) for service in SERVICES}, at=_iso(larder.reported_at),
        committed=sum(o.rations for o in share.orders(kitchen=name) if o.status in ("ordered", "accepted")),
        status="open" if larder.rations else "unknown", url=f"/comedores/{name}", source=kitchen.source,
    )  # fmt: skip


def _group(share: SharedPicture, name: str) -> Feature | None:
    group = share.group(name)
    station = share.station(group.station) if group is not None else None
    if group is None or station is None or group.status != "open":
        return None
    low, high = group.spread or (None, None)
    return _point(
        f"group:{name}", station.position, layer="groups", name=station.name, place=station.town,
        people=group.people, people_label=None if group.people is not None else "<5", low=low, high=high,
        waiting=group.waiting, hosted=group.hosted, needs=sorted(group.needs), at=_iso(group.arrived_at),
        state=_lodging(group.waiting, group.hosted), url=f"/grupos/{name}" if not share.restricted else None,
    )  # fmt: skip


def _lodging(waiting: int | None, hosted: int | None) -> str:
    if waiting:
        return "waiting"
    return "hosted" if hosted else "present"


def _line(share: SharedPicture, name: str) -> Feature | None:
    placement = share.placement(name)
    if placement is None or placement.promised <= 0:
        return None
    group = share.group(placement.group)
    standing = share.shelter(placement.shelter)
    station = share.station(group.station) if group is not None else None
    if group is None or standing is None or station is None or group.status != "open":
        return None
    start, end = station.position, standing.shelter.position
    return {
        "type": "Feature",
        "id": f"line:{name}",
        "geometry": {"type": "LineString", "coordinates": [[start.lon, start.lat], [end.lon, end.lat]]},
        "properties": {
            "layer": "lines", "people": placement.promised, "status": placement.status, "from": f"group:{placement.group}",
            "to": f"shelter:{placement.shelter}", "from_name": station.name, "to_name": standing.shelter.name,
            "name": standing.shelter.name, "ends_at": _iso(placement.ends_at), "precision": end.precision,
            "url": f"/grupos/{placement.group}",
        },
    }  # fmt: skip


def _iso(value: Any) -> str | None:
    return None if value is None else value.isoformat()


_FEATURES: dict[str, Callable[[SharedPicture, str], Feature | None]] = {
    "station": _station,
    "office": _office,
    "municipality": _municipality,
    "shelter": _shelter,
    "kitchen": _kitchen,
    "group": _group,
    "line": _line,
}
