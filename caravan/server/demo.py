"""The demo: a realm of its own, on a simulated clock, in which a recorded night is played through the same desk."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from caravan import commands as c
from caravan.basics import SYSTEM, Record, Refusal, Role
from caravan.directory import load as load_directory
from caravan.drills.play import UnplayableLine, command_for, play
from caravan.drills.scenario import Scenario, load
from caravan.server.clock import DrillClock
from caravan.server.db.engine import open_engine
from caravan.server.db.users import User, add_user
from caravan.server.desk import Desk
from caravan.server.library import policy_beside, publication
from caravan.server.settings import PACKAGE, Settings, shipped
from caravan.server.web.pages.wording import done_sentence
from caravan.server.web.problems import sentence

SCENARIO = PACKAGE / "drills" / "scenarios" / "leon-2023-05-15.yaml"
PASSWORD = "simulacro"

Progress = Callable[[int, int, datetime, str], None]
"""Lines done, lines in all, the simulated hour, and what has just been done."""


class Account(Record, frozen=True):
    email: str
    label: str
    agency: str
    role: Role
    place: str | None = None


ACCOUNTS: tuple[Account, ...] = (
    Account(email="oficial@simulacro", label="Coordinación estatal (SDH)", agency="SDH", role="coordination"),
    Account(email="colega@simulacro", label="Otra persona de la coordinación", agency="SDH", role="coordination"),
    Account(email="albergue@simulacro", label="Albergue Galilea", agency="ALBERGUE", role="shelter", place="galilea"),
    Account(
        email="comedor@simulacro", label="Comedor Trigo y Miel", agency="COMEDOR", role="kitchen", place="trigo-y-miel"
    ),
    Account(
        email="brigada@simulacro", label="Brigada, central de León", agency="MUNICIPIO", role="brigade", place="leon"
    ),
    Account(email="dif@simulacro", label="DIF estatal", agency="DIF", role="agency"),
    Account(email="salud@simulacro", label="Salud", agency="SALUD", role="agency"),
    Account(email="inm@simulacro", label="INM", agency="INM", role="agency"),
    Account(email="acnur@simulacro", label="ACNUR", agency="ACNUR", role="agency"),
    Account(email="comar@simulacro", label="COMAR", agency="COMAR", role="agency"),
)


class Demo:
    """One run of the night. ``prepare`` opens the realm; ``run`` plays it to its end and leaves the clock at its normal pace."""

    def __init__(self, settings: Settings, speed: float) -> None:
        self.scenario: Scenario = load(SCENARIO.read_text(encoding="utf-8"))
        self.speed = speed
        self.clock = DrillClock(self.scenario.starts, rate=0.0)
        self.desk = Desk(open_engine(settings.url), self.clock)
        self._lines = list(play(self.scenario))

    async def prepare(self) -> None:
        """The realm, its protocol, its directory, and one account a role. Costs what it costs once."""
        await self.desk.open()
        await self._set_up(c.OpenRealm(name=self.scenario.name, salt=secrets.token_hex(16), drill=True))
        await self._set_up(publication(shipped("protocols") / "guanajuato.yaml"))
        for command in load_directory((shipped("directories") / "guanajuato.yaml").read_text(encoding="utf-8")):
            await self._set_up(command)
        if (policy := policy_beside(shipped("protocols") / "guanajuato.yaml")) is not None:
            await self._set_up(policy)
        for account in ACCOUNTS:
            await add_user(self.desk.engine, _user(account), PASSWORD)

    async def _set_up(self, command: c.Command) -> None:
        await self.desk.handle(command, by=SYSTEM, now=self.scenario.starts)

    async def run(self, tell: Progress) -> None:
        aliases: dict[str, str] = {}
        self.clock.set(rate=self.speed)
        for done, (when, line) in enumerate(self._lines, 1):
            await self._until(when)
            try:
                command, by = command_for(line, self.desk.picture, aliases)
                answer = await self.desk.handle(command, by=by, key=f"{self.scenario.name}:{done}", now=when)
            except (Refusal, UnplayableLine) as reason:
                # The visitor may have taken the places or closed the step: the night goes on around what they did.
                tell(done, len(self._lines), when, f"✗ {_told(reason)}")
                continue
            if line.alias is not None and answer.created is not None:
                aliases[line.alias] = answer.created
            tell(done, len(self._lines), when, f"{done_sentence(type(command).__name__)}  [{line.source}]")
        await self._until(self.scenario.ends)
        self.clock.set(at=self.scenario.ends, rate=1.0)

    async def _until(self, when: datetime) -> None:
        if self.speed <= 0:
            # Nobody waits, but what falls due on the way falls due at its own hour.
            while (alarm := self.desk.picture.next_alarm) is not None and alarm.due <= when:
                self.clock.set(at=alarm.due)
                await self.desk.tick()
            self.clock.set(at=when)
            return
        while (left := (when - self.clock.now()).total_seconds()) > 0:  # noqa: ASYNC110  # an hour is waited for, not an event
            await asyncio.sleep(min(0.5, left / self.speed))


def _user(account: Account) -> User:
    return User(
        id=account.email.partition("@")[0], email=account.email, label=account.label, agency=account.agency, role=account.role,
        place=account.place, demo=True,
    )  # fmt: skip


def _told(reason: Refusal | UnplayableLine) -> str:
    return sentence(reason) if isinstance(reason, Refusal) else str(reason)


def fresh_folder(data: Path) -> None:
    """An empty folder for the demo. Only a folder that an earlier demo made is emptied: it carries the demo's mark."""
    mark = data / ".caravan-demo"
    if data.exists() and any(data.iterdir()) and not mark.exists():
        raise FileExistsError(str(data))
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    mark.touch()
