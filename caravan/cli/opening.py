"""A protocol's file as the command line opens it: with the packs beside it, or with why it cannot be read."""

from __future__ import annotations

from pathlib import Path

from caravan.basics import Record
from caravan.cli.speaking import stop, unread
from caravan.policies import is_policy, load_policy
from caravan.protocol.load import load
from caravan.protocol.model import Protocol, ProtocolErrors
from caravan.server.library import Pack, packs_of
from caravan.shelters.policy import Policy

UNREADABLE = (ProtocolErrors, UnicodeDecodeError, OSError)
"""What ``read`` raises; ``speaking.unread`` says it."""


class Opened(Record, frozen=True):
    """``packs`` are those the protocol derives from, nearest first, by ``id@version``."""

    protocol: Protocol
    text: str
    packs: dict[str, Pack]


def read(path: Path) -> Opened:
    """Raises one of ``UNREADABLE``."""
    text = path.read_bytes().decode()
    known = packs_of(path)
    protocol = load(text, {key: pack.text for key, pack in known.items()})
    return Opened(protocol=protocol, text=text, packs={key: known[key] for key in protocol.extends})


def read_policy(path: Path) -> Policy | None:
    """The placement policy of a file; ``None`` where it is a protocol. Raises one of ``UNREADABLE``."""
    text = path.read_bytes().decode()
    return load_policy(text) if is_policy(text) else None


def opened(path: Path) -> Opened:
    """The same; stops with why it cannot be read."""
    try:
        return read(path)
    except UNREADABLE as error:
        stop(unread(path, error))
