"""The golden journals: what each release wrote down of one night, for every later one to read.

``python tools/golden.py 0.2`` plays the night through the desk on a fixed salt and clock and writes
``tests/golden/0.2/``: the journal, a line a fact, and the digest of the picture it folds to. A journal that is there is
never written again: whoever read it once reads it for ever.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from rpds import HashTrieMap, HashTrieSet, List
from sqlalchemy import select

from caravan import commands as c
from caravan.basics import SYSTEM
from caravan.directory import load as load_directory
from caravan.drills.play import command_for, play
from caravan.drills.scenario import load
from caravan.picture import Picture
from caravan.server.clock import DrillClock
from caravan.server.db.engine import open_engine, reading
from caravan.server.db.tables import TABLES
from caravan.server.demo import SCENARIO
from caravan.server.desk import Desk
from caravan.server.library import publication
from caravan.server.settings import Settings, shipped

GOLDEN = Path(__file__).parents[1] / "tests" / "golden"
SALT = "sal-de-la-bitacora-de-oro"
# After the night, so that what nobody did in time is in the journal too.
LATER = (timedelta(hours=2), timedelta(hours=12), timedelta(days=2), timedelta(days=45))
# What is true, noun by noun. Indexes of the picture are not among them: they are the fold's own business.
NOUNS = (
    "seq", "at", "realm", "salt", "drill", "in_force", "stations", "offices", "shelters", "kitchens", "activations",
    "groups", "placements", "plans", "orders", "instances", "tasks", "notices", "sends", "minted",
)  # fmt: skip


class Line(msgspec.Struct, frozen=True):
    """One fact as the journal keeps it: its number, its hour, who did it."""

    seq: int
    at: datetime
    agency: str
    role: str
    user: str
    fact: msgspec.Raw


class Golden(msgspec.Struct, frozen=True):
    """What a release knew of its own journal: how many facts, and the digest of each noun of the picture."""

    facts: int
    protocols: tuple[str, ...]
    digests: dict[str, str]


def golden_of(picture: Picture) -> Golden:
    """A field that a record gains later leaves its digest as it was, as long as it stands at its default."""
    digests = {noun: _digest(getattr(picture, noun)) for noun in NOUNS}
    return Golden(facts=picture.seq, protocols=tuple(sorted(picture.protocols)), digests=digests)


def _digest(thing: object) -> str:
    plain = msgspec.json.encode(thing, enc_hook=_plain, order="deterministic")
    return hashlib.sha256(plain).hexdigest()[:16]


def _plain(thing: object) -> object:
    if isinstance(thing, HashTrieMap):
        return {str(key): thing[key] for key in thing}
    if isinstance(thing, HashTrieSet):
        return sorted(str(each) for each in thing)
    if isinstance(thing, List):
        return list(thing)
    raise TypeError(type(thing).__name__)


def read(folder: Path) -> tuple[list[Line], Golden]:
    """The journal of a release and what it knew of it."""
    decoder = msgspec.json.Decoder(Line)
    lines = [decoder.decode(line) for line in (folder / "journal.jsonl").read_bytes().splitlines()]
    return lines, msgspec.json.decode((folder / "picture.json").read_bytes(), type=Golden)


def published_in(folder: Path) -> list[str]:
    """The texts of the protocols that a release's journal published, in their order."""
    facts: list[dict[str, Any]] = [msgspec.json.decode(line.fact) for line in read(folder)[0]]
    return [fact["text"] for fact in facts if fact["type"] == "ProtocolPublished"]


def write(folder: Path, lines: Iterable[Line], golden: Golden) -> None:
    folder.mkdir(parents=True)
    (folder / "journal.jsonl").write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    picture = msgspec.json.format(msgspec.json.encode(golden), indent=2)
    (folder / "picture.json").write_bytes(picture + b"\n")


async def played() -> tuple[list[Line], Picture]:
    """The night of the demo, carried out by the desk itself."""
    scenario = load(SCENARIO.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(open_engine(Settings(data=Path(folder)).url), DrillClock(scenario.starts, rate=0.0))
        await desk.open()
        try:
            for command in opening():
                await desk.handle(command, by=SYSTEM, now=scenario.starts)
            aliases: dict[str, str | None] = {}
            for now, line in play(scenario):
                command, by = command_for(line, desk.picture, aliases)
                answer = await desk.handle(command, by=by, now=now)
                if line.alias is not None:
                    aliases[line.alias] = answer.created
            ends = max(line.at for line in scenario.lines)
            for later in LATER:
                await desk.handle(c.PassTime(), by=SYSTEM, now=ends + later)
            return await _lines(desk), desk.picture
        finally:
            await desk.close()


def opening() -> Iterator[c.Command]:
    yield c.OpenRealm(name="Simulacro de León", salt=SALT, drill=True)
    yield publication(shipped("protocols") / "guanajuato.yaml")
    yield from load_directory((shipped("directories") / "guanajuato.yaml").read_text(encoding="utf-8"))


async def _lines(desk: Desk) -> list[Line]:
    table = TABLES["journal"]
    async with reading(desk.engine) as connection:
        rows: list[Any] = list((await connection.execute(select(table).order_by(table.c.seq))).mappings())
    return [
        Line(
            seq=row["seq"], at=row["at"], agency=row["agency"], role=row["role"], user=row["user"],
            fact=msgspec.Raw(row["fact"].encode()),
        )
        for row in rows
    ]  # fmt: skip


def main(release: str) -> None:
    folder = GOLDEN / release
    if folder.exists():
        sys.exit(f"{folder}: already there, and never written again")
    lines, picture = asyncio.run(played())
    write(folder, lines, golden_of(picture))
    size = (folder / "journal.jsonl").stat().st_size
    print(f"{folder}: {len(lines)} facts, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(sys.argv[1])
