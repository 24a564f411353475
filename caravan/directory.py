"""A state's published record: its stations, shelters, kitchens and the seats of its agencies, read from one YAML file."""

from __future__ import annotations

import re
from collections import Counter
from zoneinfo import ZoneInfo

from caravan.basics import Record
from caravan.commands import Command, RegisterKitchen, RegisterOffice, RegisterShelter, RegisterStation
from caravan.kitchens import Kitchen
from caravan.protocol.loading.source import Mapping, Place, Sequence, Text, Tree
from caravan.shelters.model import Shelter
from caravan.stations import Office, Station
from caravan.written import RecordReader, WrittenErrors, tree_of

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# The records of a directory carry clock times and dates only, which belong to no zone.
_ZONE = ZoneInfo("UTC")


class Directory(Record, frozen=True):
    """What is published of a state. ``source`` of each record tells where, with its mark S, L, K or D."""

    stations: tuple[Station, ...]
    shelters: tuple[Shelter, ...]
    kitchens: tuple[Kitchen, ...]
    offices: tuple[Office, ...] = ()

    @property
    def commands(self) -> list[Command]:
        """What puts the directory on record, in the order of the file."""
        return [
            *(RegisterStation(station=one) for one in self.stations),
            *(RegisterShelter(shelter=one) for one in self.shelters),
            *(RegisterKitchen(kitchen=one) for one in self.kitchens),
            *(RegisterOffice(office=one) for one in self.offices),
        ]


def read(text: str) -> Directory:
    """The directory of a file. Raises ``WrittenErrors`` with all its problems: unknown or missing fields, values out of
    bounds, ids that are not short ASCII words, ids twice in a list, records without a source."""
    tree = tree_of(text)
    reader = RecordReader(_ZONE)
    directory = reader.record(tree, Directory, "directorio")
    for section, entries in _entries(tree):
        _check_entries(reader, section, entries)
    if directory is None or reader.problems:
        raise WrittenErrors(reader.problems)
    return directory


def load(text: str) -> list[Command]:
    """The commands that put a directory file on record. Raises ``WrittenErrors`` like ``read``."""
    return read(text).commands


def _entries(tree: Tree) -> list[tuple[str, list[Mapping]]]:
    pairs = tree.pairs if isinstance(tree, Mapping) else []
    return [
        (key.value, [entry for entry in value.items if isinstance(entry, Mapping)])
        for key, value in pairs
        if isinstance(value, Sequence)
    ]


def _check_entries(reader: RecordReader, section: str, entries: list[Mapping]) -> None:
    seen = Counter[str]()
    for entry in entries:
        words = {key.value: value for key, value in entry.pairs if isinstance(value, Text)}
        ident, source = words.get("id"), words.get("source")
        if source is None or not source.value.strip():
            place: Place = source.place if source else entry.place
            reader.refuse(place, section, "cada registro dice su fuente en «source»")
        if ident is None:
            continue
        seen[ident.value] += 1
        if seen[ident.value] == 2:
            reader.refuse(ident.place, section, f"«{ident.value}» está dos veces")
        if not _ID.fullmatch(ident.value):
            reader.refuse(ident.place, section, f"el id «{ident.value}» lleva minúsculas sin acento, números y «-»")
