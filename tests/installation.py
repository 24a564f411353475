"""A real installation in a folder of its own: database, accounts, desk, web application, and the server as a process."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar
from realm import EMPTY, KITCHENS, NIGHTFALL, PACKS, PROTOCOL, SHELTERS, STATIONS
from sqlalchemy import text

from caravan import commands as c
from caravan.basics import SYSTEM
from caravan.server.clock import Clock, DrillClock
from caravan.server.db.engine import open_engine, reading
from caravan.server.db.users import User, add_user
from caravan.server.desk import Desk
from caravan.server.settings import Settings
from caravan.server.web.app import create_app

ROOT = Path(__file__).parents[1]
PASSWORD = "una contraseña larga"
USERS: dict[str, User] = {
    user.id: user
    for user in (
        User(id="official", email="oficial@sdh", label="SDH", agency="SDH", role="coordination"),
        User(id="colleague", email="colega@sdh", label="SDH", agency="SDH", role="coordination"),
        User(
            id="galilea", email="galilea@albergue", label="Galilea", agency="ALBERGUE", role="shelter", place="galilea"
        ),
        User(id="cook", email="trigo@comedor", label="Trigo y Miel", agency="COMEDOR", role="kitchen", place="trigo"),
        User(id="brigade", email="brigada@pc", label="Brigada", agency="PC", role="brigade", place="leon"),
        User(id="inm", email="inm@inm", label="INM", agency="INM", role="agency"),
        User(id="comar", email="comar@comar", label="COMAR", agency="COMAR", role="agency"),
        User(id="dif", email="dif@dif", label="DIF", agency="DIF", role="agency"),
        User(id="prodheg", email="prodheg@prodheg", label="PRODHEG", agency="PRODHEG", role="agency"),
    )
}
OFFICIAL = USERS["official"].actor


@asynccontextmanager
async def desk_in(folder: Path, clock: Clock | None = None) -> AsyncIterator[Desk]:
    desk = Desk(open_engine(Settings(data=folder).url), clock or DrillClock(NIGHTFALL, rate=0.0))
    await desk.open()
    try:
        yield desk
    finally:
        await desk.close()


def prepare(folder: Path, *, accounts: bool = True) -> None:
    """The realm with its places on record, every shelter's empty places told, and one account a role."""
    asyncio.run(_prepare(folder, list(USERS.values()) if accounts else []))


async def _prepare(folder: Path, users: list[User]) -> None:
    async with desk_in(folder) as desk:
        for command in opening():
            await desk.handle(command, by=SYSTEM)
        for user in users:
            await add_user(desk.engine, user, PASSWORD)


def opening() -> list[c.Command]:
    return [
        c.OpenRealm(name="Guanajuato", salt="sal-de-los-ensayos-01"),
        c.PublishProtocol(text=PROTOCOL, packs=PACKS),
        *(c.RegisterStation(station=one) for one in STATIONS),
        *(c.RegisterShelter(shelter=one) for one in SHELTERS),
        *(c.ReportOccupancy(shelter=ident, available=dict(free)) for ident, free in EMPTY.items()),  # pyright: ignore[reportArgumentType]
        *(c.RegisterKitchen(kitchen=one) for one in KITCHENS),
    ]


async def rows(desk: Desk, query: str, **values: object) -> list[dict[str, Any]]:
    """What the database itself holds, asked in SQL."""
    async with reading(desk.engine) as connection:
        return [dict(row) for row in (await connection.execute(text(query), values)).mappings()]


async def journal_length(desk: Desk) -> int:
    return (await rows(desk, "SELECT count(*) AS n FROM journal"))[0]["n"]


async def until(holds: Callable[[], bool]) -> None:
    """Waits a little, again and again, for what comes by itself; not for ever."""
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it does not come")


class Web:
    """The application over a desk, without a network: every guest has a browser of their own."""

    def __init__(self, app: Litestar, desk: Desk, clock: DrillClock) -> None:
        self.app = app
        self.desk = desk
        self.clock = clock
        self._guests: list[httpx.AsyncClient] = []

    def guest(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://caravan.test")
        self._guests.append(client)
        return client

    async def signed_in(self, who: str) -> httpx.AsyncClient:
        return await self.enters(USERS[who].email, PASSWORD)

    async def enters(self, email: str, password: str) -> httpx.AsyncClient:
        client = self.guest()
        answer = await client.post("/api/v1/session", json={"email": email, "password": password})
        assert answer.status_code == 201, answer.text
        return client

    async def leave(self) -> None:
        for client in self._guests:
            await client.aclose()


@asynccontextmanager
async def web_in(folder: Path, *, now: datetime = NIGHTFALL, demo: bool = False) -> AsyncIterator[Web]:
    settings = Settings(data=folder, demo=demo)
    clock = DrillClock(now, rate=0.0)
    desk = Desk(open_engine(settings.url), clock)
    app = create_app(settings, desk)
    async with app.lifespan():
        web = Web(app, desk, clock)
        try:
            yield web
        finally:
            await web.leave()


class Server:
    """``caravan`` as an official starts it: a process with a port."""

    def __init__(self, verb: str, folder: Path, *options: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "caravan", verb, "--data", str(folder), "--port", str(self.port), *options]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | {"COLUMNS": "160"}
        )

    def wait(self, seconds: float = 60) -> Server:
        """Until it answers."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            assert self.process.poll() is None, self.output()
            try:
                if httpx.get(f"{self.url}/health/live", timeout=1).status_code == 200:
                    return self
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the server does not answer")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> str:
        """Ends it and gives what it printed."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.output()

    def output(self) -> str:
        return self.process.communicate(timeout=20)[0]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
