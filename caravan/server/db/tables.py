"""The tables. The journal is the truth; all others but users, sessions and texts are written from the picture, for SQL and BI."""

# pyright: reportAssignmentType=false, reportUnknownVariableType=false
# SQLModel types ``__tablename__`` as a descriptor, though a plain string is its documented use.

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Date, DateTime, Dialect, Index, MetaData, String, Text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Column, Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
METADATA: MetaData = SQLModel.metadata


class UTCDateTime(TypeDecorator[datetime]):
    """Aware UTC in and out, on databases that forget the offset too."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("naive datetime")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _when(nullable: bool = False) -> Any:
    return Field(sa_type=UTCDateTime, nullable=nullable)


class JournalRow(SQLModel, table=True):
    """One fact. ``seq`` counts from 1 without gaps; ``turn`` is the seq of the first fact of the same command."""

    __tablename__ = "journal"
    __table_args__ = (
        Index("ix_journal_activation_seq", "activation", "seq"),
        Index("ix_journal_group_seq", "group_id", "seq"),
    )
    seq: int = Field(primary_key=True)
    turn: int
    at: datetime = _when()
    agency: str
    role: str
    user: str
    kind: str
    activation: str | None = None
    group_id: str | None = None
    fact: str = Field(sa_column=Column(Text, nullable=False))


class RequestRow(SQLModel, table=True):
    """An answered command with its client-made key: the same one sent twice is answered, not carried out, again."""

    __tablename__ = "requests"
    key: str = Field(primary_key=True)
    digest: str
    created: str | None = None
    seq: int
    at: datetime = _when()


class ActivationRow(SQLModel, table=True):
    __tablename__ = "activations"
    id: str = Field(primary_key=True)
    protocol: str
    version: int
    station: str
    level: str
    opened_at: datetime = _when()
    people: int
    open_groups: int
    unplaced: int
    closed: bool


class GroupRow(SQLModel, table=True):
    __tablename__ = "groups"
    id: str = Field(primary_key=True)
    activation: str = Field(index=True)
    station: str
    arrived_at: datetime = _when()
    people: int
    hosted: int
    unplaced: int
    departed: int
    unknown: int
    status: str


class ShelterRow(SQLModel, table=True):
    __tablename__ = "shelters"
    id: str = Field(primary_key=True)
    name: str
    municipality: str
    nominal: int | None = None
    free: int | None = None
    occupied: int | None = None
    incoming: int
    status: str
    reported_at: datetime | None = _when(nullable=True)


class PlacementRow(SQLModel, table=True):
    __tablename__ = "placements"
    id: str = Field(primary_key=True)
    group_id: str = Field(index=True)
    shelter: str = Field(index=True)
    people: int
    came: int | None = None
    status: str
    ends_at: datetime | None = _when(nullable=True)


class TaskRow(SQLModel, table=True):
    __tablename__ = "tasks"
    id: str = Field(primary_key=True)
    activation: str = Field(index=True)
    group_id: str | None = None
    owner: str
    title: dict[str, str] = Field(sa_type=JSON)
    opened_at: datetime = _when()
    due: datetime | None = _when(nullable=True)
    status: str
    done_at: datetime | None = _when(nullable=True)


class MealOrderRow(SQLModel, table=True):
    __tablename__ = "meal_orders"
    id: str = Field(primary_key=True)
    group_id: str = Field(index=True)
    kitchen: str
    day: date = Field(sa_type=Date)
    service: str
    rations: int
    served: int | None = None
    status: str


class CaseRow(SQLModel, table=True):
    __tablename__ = "cases"
    id: str = Field(primary_key=True)
    activation: str = Field(index=True)
    group_id: str | None = None
    machine: str
    opened_at: datetime = _when()
    status: str


class RelayRow(SQLModel, table=True):
    """People announced to another state: how many were sent, how many it says it received."""

    __tablename__ = "relays"
    id: str = Field(primary_key=True)
    activation: str = Field(index=True)
    group_id: str | None = None
    to_state: str
    proposed_at: datetime = _when()
    sent: int | None = None
    received: int | None = None
    status: str
    answered_at: datetime | None = _when(nullable=True)


class TextRow(SQLModel, table=True):
    """What somebody said and may have to be forgotten. The journal has only ``id``; an erased text has no row."""

    __tablename__ = "texts"
    id: str = Field(primary_key=True)
    owner: str
    text: str = Field(sa_column=Column(Text, nullable=False))
    kept_at: datetime = _when()


class OutboxRow(SQLModel, table=True):
    """Notices to agencies, in the order they were queued. Delivery by mail and telephone reads this table."""

    __tablename__ = "outbox"
    id: str = Field(primary_key=True)
    to: str
    template: str
    queued_at: datetime = _when()
    channels: list[str] = Field(sa_type=JSON)
    activation: str | None = None
    group_id: str | None = None
    facts: dict[str, Any] = Field(sa_type=JSON)
    seen_at: datetime | None = _when(nullable=True)


class UserRow(SQLModel, table=True):
    """An account. ``place`` is the shelter, kitchen or station it is bound to."""

    __tablename__ = "users"
    id: str = Field(primary_key=True)
    email: str = Field(sa_column=Column(String, nullable=False, unique=True))
    label: str
    agency: str
    role: str
    place: str | None = None
    password: str
    language: str = "es"
    demo: bool = False


class SessionRow(SQLModel, table=True):
    """A signed-in browser: only the SHA-256 of its token is kept."""

    __tablename__ = "sessions"
    token: str = Field(primary_key=True)
    user_id: str = Field(index=True, foreign_key="users.id")
    opened_at: datetime = _when()
    expires_at: datetime = _when()


TABLES = METADATA.tables
"""The tables by name, once their classes above exist."""
