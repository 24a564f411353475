"""Stations, where groups arrive by bus, road or rail, and the offices of agencies."""

from __future__ import annotations

from typing import Literal

from caravan.basics import Record
from caravan.geography import PCode, Position

StationKind = Literal["bus", "road", "rail"]


class Station(Record, frozen=True):
    """A place of arrival. ``source`` is where it is published, with its mark S, L, K or D."""

    id: str
    name: str
    kind: StationKind
    municipality: PCode
    town: str
    position: Position
    source: str = ""


class Office(Record, frozen=True):
    """A seat of an agency of the protocol, for the map."""

    id: str
    agency: str
    name: str
    municipality: PCode
    town: str
    position: Position
    source: str = ""
