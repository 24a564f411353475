"""The activations of a journal that a draft can be tried on, and trying it: reading waits, trying is worked in a thread."""

from __future__ import annotations

import asyncio
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from caravan import events as e
from caravan.coordination.recording import HEARD, Past, recorded
from caravan.protocol.model import Protocol
from caravan.protocol.versions.closed import Closed, closed_states, facts_of, open_part, open_rehearsal
from caravan.protocol.versions.rehearse import rehearse
from caravan.protocol.versions.rehearsed import tell
from caravan.protocol.vocabulary import NARROW_FACTS
from caravan.server.db.engine import reading
from caravan.server.db.tables import TABLES
from caravan.sharing import SharedPicture

_JOURNAL = TABLES["journal"]

ROOM = asyncio.Semaphore(2)
"""Readings of protocols that keep a core busy for a second, as many at a time."""
REHEARSING = asyncio.Semaphore(1)
"""Rehearsals, one at a time: whoever waits for a reading has room beside it."""
MOST_SENTENCES = 300


async def opened_in(engine: AsyncEngine, protocol: str) -> list[tuple[datetime, e.ActivationOpened]]:
    """Every activation of that protocol, whatever its version, the newest first."""
    query = select(_JOURNAL.c.at, _JOURNAL.c.fact).where(_JOURNAL.c.kind == e.ActivationOpened.__name__)
    async with reading(engine) as connection:
        rows = (await connection.execute(query.order_by(_JOURNAL.c.seq.desc()))).all()
    found = [(at, e.decode(fact)) for at, fact in rows]
    return [(at, event) for at, event in found if isinstance(event, e.ActivationOpened) and event.protocol == protocol]


async def pasts_in(engine: AsyncEngine, protocol: str, activation: str | None = None) -> list[Past]:
    """What the activations of that protocol heard, in the order in which they were opened; or what that one did."""
    query = select(_JOURNAL.c.fact, _JOURNAL.c.at).where(_JOURNAL.c.kind.in_([kind.__name__ for kind in HEARD]))
    if activation is not None:
        # Facts that do not name their activation are few; whose they are, the recording knows.
        query = query.where((_JOURNAL.c.activation == activation) | _JOURNAL.c.activation.is_(None))
    async with reading(engine) as connection:
        ends = (await connection.execute(select(func.max(_JOURNAL.c.at)))).scalar_one()
        rows = (await connection.execute(query.order_by(_JOURNAL.c.seq))).all()
    pasts = await asyncio.to_thread(lambda: recorded(((e.decode(fact), at) for fact, at in rows), ends))
    return [past for past in pasts if past.protocol == protocol]


def tried(past: Past, before: Protocol, draft: Protocol) -> list[tuple[str, list[str]]]:
    """What the draft would have changed of it, told whole. Works for a while: not for the event loop."""
    return tell(rehearse(before, draft, past.recording), before, draft, past.recording)


# --- for one viewer ---------------------------------------------------------------------------------------------------


def leads_past(share: SharedPicture, opened: e.ActivationOpened) -> bool:
    """Whether a draft may be tried on it by this viewer: one who coordinates it, in the version it began with and in the one it has
    now."""
    versions = _versions(share, opened.activation, f"{opened.protocol}@{opened.version}")
    return bool(versions) and all(share.viewer.agency in one.coordination() for one in versions)


def _versions(share: SharedPicture, activation: str, began: str) -> tuple[Protocol, ...]:
    """The version it began with, and the one it has now; nothing of an activation this viewer does not know of."""
    run = share.activation(activation)
    found = () if run is None else (share.protocol(began), share.protocol(f"{run.protocol}@{run.version}"))
    return tuple(one for one in found if one is not None)


def facts_beyond(share: SharedPicture, draft: Protocol) -> list[str]:
    """The facts the draft turns on that this viewer may not know: what it did with them would tell them."""
    if share.leads:
        return []
    narrow = (
        {(owner, name) for owner, name in facts_of(draft) if owner == "grupo" and name != "personas"}
        if share.restricted
        else {fact for fact, agencies in NARROW_FACTS.items() if share.viewer.agency not in agencies}
    )
    return sorted(".".join(fact) for fact in facts_of(draft) & narrow)


def tried_for(
    share: SharedPicture, past: Past, follows: Protocol | None, draft: Protocol
) -> list[tuple[str, list[str]]]:  # fmt: skip
    """What the draft would have changed of a past that this viewer leads, against the version it follows (of another protocol's
    past: against its own), as far as they may know of its steps: what is closed to them is not even played. Works for a while:
    not for the event loop."""
    began, *now = _versions(share, past.recording.activation, past.key)
    before = follows if follows is not None and follows.id == past.protocol else began
    cases = {heard.owner for heard in past.recording.heard if heard.instance == "caso"}
    closed = Closed(
        states=closed_states(share.shown_states, (began, *now), before, draft),
        owners=frozenset(case for case in cases if share.case(case) is None),
    )
    recording = open_part(past.recording, began, closed)
    found = open_rehearsal(rehearse(before, draft, recording), closed)
    return tell(found, before, draft, recording, most=MOST_SENTENCES)
