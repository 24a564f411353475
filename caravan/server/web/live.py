"""The live map's stream: each distinct share has its own difference, made once, encoded once, sent to all who hold it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from caravan.audiences import Viewer
from caravan.events import Event
from caravan.maps.delta import delta, touched
from caravan.maps.layers import feature, feature_ids
from caravan.picture import Picture
from caravan.server.clock import Clock
from caravan.sharing import share

_KEPT_FRAMES = 1_000
_QUEUE = 1_000
_STREAMS_A_SESSION = 128
_IDLE_CHANNELS = 64
_KEEP_ALIVE_SECONDS = 15.0
_KEEP_ALIVE = b": sigo aqui\n\n"
_encode = msgspec.json.Encoder().encode

Frame = tuple[int, bytes]
StillOpen = Callable[[frozenset[str]], Awaitable[frozenset[str]]]
"""Which of these sessions (by their fingerprints) still run."""


class Listener:
    """One open stream: what it has yet to send, and the session it was opened in. ``None`` in the queue ends it."""

    def __init__(self, session: str) -> None:
        self.session = session
        self.born = time.monotonic()
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(_QUEUE)

    def tell(self, frame: bytes) -> bool:
        """Whether it still follows. One too slow to is ended where it is: it comes back with its last id."""
        try:
            self.queue.put_nowait(frame)
        except asyncio.QueueFull:
            self.end()
            return False
        return True

    def end(self) -> None:
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Channel:
    """One share's features as last sent, its growing id, and who listens. The id is opaque: it tells nothing of how much
    happened that this share may not know."""

    def __init__(self, picture: Picture, viewer: Viewer, clock: Clock) -> None:
        self.viewer = viewer
        self._clock = clock
        self._epoch = secrets.token_hex(6)
        self._seq = 0
        self._frames: deque[Frame] = deque(maxlen=_KEPT_FRAMES)
        self.listeners: set[Listener] = set()
        shared = share(picture, viewer, clock.now())
        self._features: dict[str, bytes] = {
            ident: _encode(found) for ident in feature_ids(shared) if (found := feature(shared, ident)) is not None
        }
        self._joined: bytes | None = None

    @property
    def ident(self) -> str:
        return f"{self._epoch}.{self._seq}"

    def snapshot(self, drill: bool) -> bytes:
        """The whole map as GeoJSON, with the id after which the stream goes on."""
        if self._joined is None:
            self._joined = b",".join(self._features.values())
        head = {"id": self.ident, "now": self._clock.now().isoformat(), "rate": self._clock.rate, "drill": drill}
        return b'{"type":"FeatureCollection","caravan":' + _encode(head) + b',"features":[' + self._joined + b"]}"

    def hear(self, picture: Picture, ids: Sequence[str]) -> None:
        """Works out what of ``ids`` looks different to this share, and sends it. Nothing different leaves no trace."""
        changes = delta(share(picture, self.viewer, self._clock.now()), ids)
        put: list[bytes] = []
        drop: list[str] = []
        for ident, found in changes.items():
            if found is None:
                if self._features.pop(ident, None) is not None:
                    drop.append(ident)
                continue
            encoded = _encode(found)
            if self._features.get(ident) != encoded:
                self._features[ident] = encoded
                put.append(encoded)
        if put or drop:
            self._joined = None
            self._send("delta", b'{"put":[' + b",".join(put) + b'],"drop":' + _encode(drop) + b"}")

    def tell_clock(self) -> None:
        self._send("clock", _encode({"now": self._clock.now().isoformat(), "rate": self._clock.rate}))

    def _send(self, event: str, content: bytes) -> None:
        self._seq += 1
        frame = f"id: {self.ident}\nevent: {event}\ndata: ".encode() + content + b"\n\n"
        self._frames.append((self._seq, frame))
        self.push(frame)

    def push(self, frame: bytes) -> None:
        for listener in list(self.listeners):
            if not listener.tell(frame):
                self.listeners.discard(listener)

    def since(self, last: str | None) -> list[bytes]:
        """The frames after ``last``; a demand for a fresh snapshot where they are no longer kept."""
        epoch, _, seq = (last or "").partition(".")
        if epoch == self._epoch and seq.isdigit():
            after = int(seq)
            oldest = self._frames[0][0] if self._frames else self._seq + 1
            if oldest - 1 <= after <= self._seq:
                return [frame for n, frame in self._frames if n > after]
        return [f"id: {self.ident}\nevent: snapshot\ndata: {{}}\n\n".encode()]


class Hub:
    """All channels. The desk tells it what happened; it costs one difference a distinct share, however many listen."""

    def __init__(self, picture: Picture, clock: Clock, still_open: StillOpen) -> None:
        self._picture = picture
        self._clock = clock
        self._still_open = still_open
        self._channels: dict[str, Channel] = {}
        self._keeper: asyncio.Task[None] | None = None

    def hear(self, picture: Picture, events: Sequence[Event]) -> None:
        self._picture = picture
        ids = list(touched(picture, events))
        if ids:
            for channel in self._channels.values():
                channel.hear(picture, ids)

    def channel(self, viewer: Viewer) -> Channel:
        channel = self._channels.get(viewer.key)
        if channel is None:
            self._forget_idle()
            channel = self._channels[viewer.key] = Channel(self._picture, viewer, self._clock)
        return channel

    def _forget_idle(self) -> None:
        idle = [key for key, channel in self._channels.items() if not channel.listeners]
        for key in idle[: max(0, len(idle) - _IDLE_CHANNELS + 1)]:
            del self._channels[key]

    def tell_clock(self) -> None:
        for channel in self._channels.values():
            channel.tell_clock()

    @property
    def listeners(self) -> int:
        return sum(len(channel.listeners) for channel in self._channels.values())

    async def stream(self, viewer: Viewer, last: str | None, session: str) -> AsyncIterator[bytes]:
        """The stream of one listener, from ``last`` on, until its session ends. What was missed is read in the same breath
        as listening begins: nothing is lost or told twice between them."""
        channel = self.channel(viewer)
        listener = Listener(session)
        self._make_room(session)
        channel.listeners.add(listener)
        missed = channel.since(last)
        try:
            yield b"retry: 1000\n\n"
            for frame in missed:
                yield frame
            while (frame := await listener.queue.get()) is not None:
                yield frame
        finally:
            channel.listeners.discard(listener)

    def _make_room(self, session: str) -> None:
        """A session is one browser and needs one stream; of too many the oldest is ended."""
        mine = [one for channel in self._channels.values() for one in channel.listeners if one.session == session]
        for one in sorted(mine, key=lambda one: one.born)[: max(0, len(mine) - _STREAMS_A_SESSION + 1)]:
            one.end()

    def end(self, sessions: frozenset[str] | None = None) -> None:
        """Ends the streams of these sessions, or every stream."""
        for channel in self._channels.values():
            for listener in channel.listeners:
                if sessions is None or listener.session in sessions:
                    listener.end()

    async def open(self) -> None:
        self._keeper = asyncio.create_task(self._keep_alive())

    async def close(self) -> None:
        """Ends every stream, so that the server can stop."""
        self.end()
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(_KEEP_ALIVE_SECONDS)
            with suppress(SQLAlchemyError):
                await self.end_closed()
            for channel in self._channels.values():
                channel.push(_KEEP_ALIVE)

    async def end_closed(self) -> None:
        """Ends the streams of sessions that ran out, or were closed in another process."""
        sessions = frozenset(listener.session for channel in self._channels.values() for listener in channel.listeners)
        if sessions:
            self.end(sessions - await self._still_open(sessions))
