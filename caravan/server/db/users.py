"""Accounts and sessions. Passwords are kept as argon2id, session tokens as SHA-256: neither can be read back."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from msgspec.structs import replace
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from caravan.audiences import RESTRICTED
from caravan.basics import Actor, Record, Refusal, Role
from caravan.server.db.engine import reading
from caravan.server.db.tables import TABLES

_USERS = TABLES["users"]
_SESSIONS = TABLES["sessions"]
# OWASP's second recommended set: 19 MiB, two passes.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Checking a password costs memory: more than a few at once is an attack.
_ROOM = asyncio.Semaphore(4)
SESSION_LASTS = timedelta(hours=14)
# An unknown account takes as long as a wrong password, so that nobody can try addresses out.
_NOBODY = _HASHER.hash(secrets.token_hex(8))


class User(Record, frozen=True):
    id: str
    email: str
    label: str
    agency: str
    role: Role
    place: str | None = None
    language: str = "es"
    demo: bool = False

    @property
    def actor(self) -> Actor:
        return Actor(agency=self.agency, role=self.role, user=self.id, place=self.place)


def _user(row: Any) -> User:
    """An account of a restricted agency coordinates nothing, whatever was once written of it."""
    found = User(**{name: row[name] for name in User.__struct_fields__})
    return replace(found, role="agency") if found.role == "coordination" and found.agency in RESTRICTED else found


async def add_user(engine: AsyncEngine, user: User, password: str) -> None:
    """Adds an account, or gives the one with this address these words and this password; it keeps its id, and its open
    sessions end. Refused: a restricted agency that would coordinate."""
    if user.role == "coordination" and user.agency in RESTRICTED:
        raise Refusal("may_not_coordinate", field="role", agency=user.agency)
    hashed = await asyncio.to_thread(_HASHER.hash, password)
    row = {name: getattr(user, name) for name in User.__struct_fields__} | {"password": hashed}
    async with engine.begin() as connection:
        known = (await connection.execute(select(_USERS.c.id).where(_USERS.c.email == user.email))).scalar_one_or_none()
        if known is not None:
            row["id"] = known
            await connection.execute(delete(_SESSIONS).where(_SESSIONS.c.user_id == known))
            await connection.execute(delete(_USERS).where(_USERS.c.id == known))
        await connection.execute(insert(_USERS), [row])


async def sign_in(engine: AsyncEngine, email: str, password: str, now: datetime) -> tuple[User, str] | None:
    """The account and a new session token, or ``None``; which of the two words was wrong is not told."""
    async with reading(engine) as connection:
        row = (
            (await connection.execute(select(_USERS).where(_USERS.c.email == email.strip().lower()))).mappings().first()
        )
    async with _ROOM:
        right = await asyncio.to_thread(_verify, _NOBODY if row is None else row["password"], password)
    if row is None or not right:
        return None
    token = secrets.token_urlsafe(32)
    user = _user(row)
    opened = {"token": fingerprint(token), "user_id": user.id, "opened_at": now, "expires_at": now + SESSION_LASTS}
    async with engine.begin() as connection:
        await connection.execute(delete(_SESSIONS).where(_SESSIONS.c.expires_at < now))
        await connection.execute(insert(_SESSIONS), [opened])
    return user, token


def _verify(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except VerificationError:
        return False


def fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def user_of(engine: AsyncEngine, token: str, now: datetime) -> User | None:
    """Whose session this is, if it still runs."""
    query = select(_USERS).join(_SESSIONS, _SESSIONS.c.user_id == _USERS.c.id)
    query = query.where(_SESSIONS.c.token == fingerprint(token), _SESSIONS.c.expires_at > now)
    async with reading(engine) as connection:
        row = (await connection.execute(query)).mappings().first()
    return None if row is None else _user(row)


async def still_open(engine: AsyncEngine, fingerprints: frozenset[str], now: datetime) -> frozenset[str]:
    """Which of these sessions, given by the fingerprints of their tokens, still run."""
    query = select(_SESSIONS.c.token).where(_SESSIONS.c.token.in_(fingerprints), _SESSIONS.c.expires_at > now)
    async with reading(engine) as connection:
        return frozenset((await connection.execute(query)).scalars())


async def sign_out(engine: AsyncEngine, token: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(delete(_SESSIONS).where(_SESSIONS.c.token == fingerprint(token)))


async def demo_users(engine: AsyncEngine) -> list[User]:
    async with reading(engine) as connection:
        rows = (await connection.execute(select(_USERS).where(_USERS.c.demo).order_by(_USERS.c.id))).mappings().all()
    return [_user(row) for row in rows]
