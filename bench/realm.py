"""Installations to measure: the real protocol and directory, the demo's accounts, and as many groups as are asked for."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from caravan import commands as c
from caravan.basics import SYSTEM, Actor
from caravan.coordination.loop import Outcome, coordinate
from caravan.directory import load as load_directory
from caravan.geography import Position
from caravan.groups import Composition
from caravan.picture import Picture
from caravan.server.clock import DrillClock
from caravan.server.db import journal
from caravan.server.db.engine import open_engine
from caravan.server.db.users import User, add_user
from caravan.server.demo import ACCOUNTS, PASSWORD, Account
from caravan.server.desk import Desk
from caravan.server.library import publication
from caravan.server.settings import Settings, shipped
from caravan.shelters.model import Places, Shelter

# Now: what was due before would all be rung at the start, and that is not what is measured.
START = datetime.now(UTC)
OFFICIAL = Actor(agency="SDH", role="coordination", user="oficial")
# One account a distinct share. INM's is told no single house's figure, so a change of one leaves it as it is.
PEOPLE = (
    *(account for account in ACCOUNTS if account.agency != "INM"),
    Account(
        email="brigada-2@simulacro", label="Brigada de Irapuato", agency="MUNICIPIO", role="brigade", place="irapuato"
    ),
)
Row = dict[str, Any]
# The last five letters of an id the program minted, after the kind and the first five.
_MINTED = re.compile(r"\b([gcnt]-[0-9a-z]{5})[0-9a-z]{5}\b")
STATIONS = ("leon", "irapuato", "celaya", "salamanca", "silao")


def arrival(number: int) -> c.ReportArrival:
    """A bus as a brigade reports it, at one station after the other."""
    return c.ReportArrival(
        station=STATIONS[number % len(STATIONS)], people=35, declared_by="Brigada de la central", days_without_food=1,
        composition=Composition(f={"18-59": 9, "5-11": 5}, m={"18-59": 15, "5-11": 6}), needs={"pregnant": 2},
        languages=("es", "ht"),
    )  # fmt: skip


def opening() -> Iterator[c.Command]:
    yield c.OpenRealm(name="Banco de pruebas", salt="sal-del-banco-de-pruebas")
    yield publication(shipped("protocols") / "guanajuato.yaml")
    yield from load_directory((shipped("directories") / "guanajuato.yaml").read_text(encoding="utf-8"))


def shelter(number: int) -> c.RegisterShelter:
    spot = Position(lat=20.6 + number % 40 / 50, lon=-101.6 + number // 40 % 40 / 50)
    record = Shelter(
        id=f"casa-{number}", name=f"Casa {number}", kind="temporary", municipality="MX11020", town="León", position=spot,
        sections={"mix": Places(nominal=60)}, source="D: banco de pruebas",
    )  # fmt: skip
    return c.RegisterShelter(shelter=record)


def lived(groups: int, shelters: int = 0) -> Iterator[Outcome]:
    """The realm from its first fact: everything goes through ``coordinate``, nothing is made up."""
    picture = Picture()
    wishes = [*opening(), *(shelter(n) for n in range(shelters))]
    for number in range(len(wishes) + groups):
        early = number < len(wishes)
        command = wishes[number] if early else arrival(number)
        outcome = coordinate(picture, command, by=SYSTEM if early else OFFICIAL, now=START)
        picture = outcome.picture
        yield outcome


def rows(groups: int, shelters: int = 0) -> list[Row]:
    """The journal of ``lived``; of many groups, all but the first ten are those again under other ids."""
    found: list[Row] = []
    last: list[list[Row]] = []
    seq = 0
    for outcome in lived(min(groups, 2 * len(STATIONS)), shelters):
        made = journal.rows_of(outcome, first=seq + 1, at=START, by=OFFICIAL)
        found += made
        last = [*last, made][-len(STATIONS) :]
        seq = outcome.picture.seq
    for number in range(2 * len(STATIONS), groups):
        for row in last[number % len(last)]:
            found.append({**row, "seq": len(found) + 1, **_renamed(row, number)})
    return found


def _renamed(row: Row, number: int) -> Row:
    """Groups, counts, notices and tasks of a fact under ids of their own; the activation stays."""
    return {
        name: value if value is None else _MINTED.sub(rf"\g<1>{number:05d}", value)
        for name, value in ((name, row[name]) for name in ("group_id", "fact"))
    }


def installation(folder: Path, groups: int = 0, shelters: int = 0) -> int:
    """A folder that ``caravan serve`` can open. Returns how many facts its journal has."""
    folder.mkdir(parents=True)
    written = rows(groups, shelters)
    asyncio.run(_install(folder, written))
    return len(written)


async def _install(folder: Path, written: list[Row]) -> None:
    desk = Desk(open_engine(Settings(data=folder).url), DrillClock(START))
    await desk.open()
    try:
        async with desk.engine.begin() as connection:
            await journal.append(connection, written)
        for account in PEOPLE:
            user = User(
                id=account.email, email=account.email, label=account.label, agency=account.agency, role=account.role,
                place=account.place,
            )  # fmt: skip
            await add_user(desk.engine, user, PASSWORD)
    finally:
        await desk.close()
