"""What one version of a protocol says that another did not, as pages tell it."""

from __future__ import annotations

import asyncio
import difflib

from caravan.basics import Record
from caravan.drafts import Draft
from caravan.protocol.model import Protocol
from caravan.protocol.versions.compare import differences
from caravan.protocol.versions.difference import grouped
from caravan.server.db.users import User
from caravan.sharing import SharedPicture

# More than this nobody reads on a page: the whole is in the printed documents and in ``caravan protocol diff``.
_MOST_SENTENCES = 120
_MOST_LINES = 200
# A text of a million letters may be a million lines: only so many are compared.
_MOST_COMPARED = 5_000


class Changes(Record, frozen=True):
    """The differences of a version from an ``earlier`` one (``id@version``), by titled group, a Spanish sentence each; ``more`` is
    how many are left out."""

    earlier: str
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    more: int = 0

    @property
    def count(self) -> int:
        """How many there are in all."""
        return self.more + sum(len(sentences) for _, sentences in self.groups)


class Unlike(Record, frozen=True):
    """A line that only one of two texts has: ``sign`` is ``−`` for the first and ``+`` for the second."""

    sign: str
    line: str


async def changes(before: Protocol | None, after: Protocol) -> Changes | None:
    """Compared in a thread: two long protocols take a while."""
    return None if before is None else await asyncio.to_thread(_changes, before, after)


def _changes(before: Protocol, after: Protocol) -> Changes:
    room, more = _MOST_SENTENCES, 0
    groups: list[tuple[str, tuple[str, ...]]] = []
    for title, found in grouped(differences(before, after)):
        shown = tuple(one.said for one in found[:room])
        room, more = room - len(shown), more + len(found) - len(shown)
        if shown:
            groups.append((title, shown))
    return Changes(before.key, tuple(groups), more)


def earlier(share: SharedPicture, protocol: Protocol) -> Protocol | None:
    """The published version that this one followed."""
    older = (p for p in share.protocols() if p.id == protocol.id and p.version < protocol.version)
    return max(older, key=lambda p: p.version, default=None)


def lines_apart(saved: str, typed: str) -> tuple[list[Unlike], bool]:
    """The lines that only one of two texts has, in order, and whether there are more than are given."""
    old, new = saved.splitlines()[:_MOST_COMPARED], typed.splitlines()[:_MOST_COMPARED]
    found: list[Unlike] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if kind != "equal":
            found += [*(Unlike("−", line) for line in old[a:b]), *(Unlike("+", line) for line in new[c:d])]
    return found[:_MOST_LINES], len(found) > _MOST_LINES


# --- who has to approve -----------------------------------------------------------------------------------------------


def to_approve(share: SharedPicture, user: User) -> list[Draft]:
    """Drafts that wait for this person: proposed by another, of a protocol that this person's agency leads."""
    proposed = (draft for draft in share.drafts() if draft.status == "proposed" and draft.proposed_by != user.id)
    return [draft for draft in proposed if "approve" in share.may_with(draft)]
