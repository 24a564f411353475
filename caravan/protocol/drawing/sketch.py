"""A machine as boxes and arrows with their places and words, ready to be drawn: what ``diagram.py`` writes as SVG.

Every state is a box; one with inner states is a frame around them; the regions of a parallel one stand side by side between
dashed lines. What may happen from any step of a frame stands in its head, and its arrow runs down the frame's left side. An
arrow that leaves a frame ends inside it in a stub that names where it leads, and goes on from the frame's edge.
"""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from caravan.basics import Record
from caravan.protocol.drawing import layout, shelves
from caravan.protocol.drawing.layout import Point, Spot
from caravan.protocol.drawing.lettering import widest, width, wrapped
from caravan.protocol.drawing.sight import Crossing, Seen, Sight, sight_of
from caravan.protocol.model import Protocol
from caravan.protocol.telling.spoken import action_words

TITLE, SMALL = 12.0, 10.0
LINE = 1.25
PAD = 9.0
CLOCK = 13.0
_ROOM, _LABEL_ROOM, _STUB_ROOM = 150.0, 104.0, 120.0
_LIVE_ROOM = 168.0
_LEAST_ROOM = 150.0

BoxKind = Literal["state", "final", "frame", "region", "dot", "history", "stub"]


class Text(Record, frozen=True):
    """Lines in one place. ``x``, ``y`` are the left end and the top of the first; ``role`` is how it looks."""

    lines: tuple[str, ...]
    x: float
    y: float
    role: Literal["title", "term", "note", "chip", "now", "label", "head", "mark"]
    clock: bool = False
    room: float = 0

    @property
    def size(self) -> float:
        return TITLE if self.role == "title" else SMALL

    @property
    def spot(self) -> Spot:
        """The room it takes, its clock or chip included."""
        wide = widest(self.lines, self.size, bold=self.role in ("title", "now")) + (CLOCK if self.clock else 0)
        extra = 10 if self.role == "chip" else 0
        return Spot(x=self.x, y=self.y, width=max(wide + extra, self.room), height=len(self.lines) * self.size * LINE)


class Box(Record, frozen=True):
    """``state`` is the state's id; empty for a dot or a stub."""

    kind: BoxKind
    state: str
    spot: Spot
    texts: tuple[Text, ...] = ()


class Wire(Record, frozen=True):
    """An arrow through its corners. ``source`` and ``target`` are the states it joins, as written."""

    points: tuple[Point, ...]
    dashed: bool
    label: Text | None = None
    source: str = ""
    target: str = ""


class Sketch(Record, frozen=True):
    """The whole drawing, frames before what they hold."""

    machine: str
    title: str
    width: float
    height: float
    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]


class _Part(Record, frozen=True):
    """A piece of the drawing with its own origin."""

    id: str
    width: float
    height: float
    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...] = ()
    sinks: bool = False


def sketch(
    protocol: Protocol, machine: str, language: str, shown: frozenset[str] | None = None, *, live: bool = False
) -> Sketch:
    """The drawing of a machine. ``shown`` are the only states it may speak of (``None``: all); ``live`` leaves room in each step
    for what is happening now."""
    sight = sight_of(protocol, machine, language, shown)
    return _Sketching(protocol, sight, language, live).whole()


class _Sketching:
    def __init__(self, protocol: Protocol, sight: Sight, language: str, live: bool) -> None:
        self.protocol = protocol
        self.sight = sight
        self.language = language
        self.live = live
        self.room = _LIVE_ROOM if live else _ROOM

    def whole(self) -> Sketch:
        parts = [self.part(seen) for seen in self.sight.roots]
        inner = self.arranged("", parts, self.sight.initial, ())
        margin = 12.0
        moved = _moved(inner, margin, margin)
        return Sketch(
            machine=self.sight.machine, title=self.sight.title, width=inner.width + 2 * margin, height=inner.height + 2 * margin,
            boxes=moved.boxes, wires=moved.wires,
        )  # fmt: skip

    def part(self, seen: Seen) -> _Part:
        match seen.kind:
            case "final":
                return self.final(seen)
            case "history":
                return _Part(seen.id, 22, 22, (self._mark(seen, 0, 0),))
            case "parallel":
                return self.parallel(seen)
            case "compound":
                return self.frame(seen)
            case _:
                return self.step(seen)

    # --- boxes without inner states ---

    def step(self, seen: Seen) -> _Part:
        texts: list[Text] = []
        title = wrapped(seen.title, TITLE, self.room - 2 * PAD, bold=True)
        y = self._put(texts, Text(title, PAD, PAD - 2, "title"))
        y = self._facts(texts, seen, PAD, y + 3, self.room - 2 * PAD)
        for note in self._notes(seen):
            y = self._put(texts, Text(wrapped(note, SMALL, self.room - 2 * PAD), PAD, y + 3, "note"))
        if self.live:
            y = self._put(texts, Text(("",), PAD, y + 3, "now", room=self.room - 2 * PAD))
        wide = max((t.spot.x + t.spot.width for t in texts), default=0.0) + PAD
        wide = max(wide, self.room if self.live else 96.0)
        high = y + PAD - 3
        return _Part(seen.id, wide, high, (Box("state", seen.id, Spot(0, 0, wide, high), tuple(texts)),))

    def _put(self, texts: list[Text], text: Text) -> float:
        texts.append(text)
        return text.y + text.spot.height

    def _facts(self, texts: list[Text], seen: Seen, x: float, y: float, room: float) -> float:
        """The owner's chip, and the deadline beside it or below."""
        if seen.owner:
            chip = Text((seen.owner,), x, y, "chip")
            texts.append(chip)
            x, after = x + chip.spot.width + 6, y + SMALL * LINE
        else:
            after = y
        if seen.term:
            left = x if width(seen.term, SMALL) + CLOCK <= room - (x - PAD) else PAD
            below = y if left == x else after + 3
            term = Text(
                wrapped(seen.term, SMALL, room - CLOCK if left == PAD else 1000), left, below, "term", clock=True
            )
            after = self._put(texts, term)
        return max(after, y)

    def _notes(self, seen: Seen) -> list[str]:
        """What is done without leaving the step."""
        return [self._said(crossing) for crossing in seen.reactions]

    def _said(self, crossing: Crossing) -> str:
        done = [action_words(self.protocol, action, self.language, short=True) for action in crossing.actions]
        return f"{crossing.words}: {'; '.join(done)}" if done else crossing.words

    def final(self, seen: Seen) -> _Part:
        title = wrapped(seen.title, SMALL, _STUB_ROOM)
        text = Text(title, 26, 6, "label")
        texts = [text]
        high = max(24.0, text.spot.height + 12)
        if self.live:
            texts.append(Text(("",), 26, high - 6, "now", room=50))
            high += SMALL * LINE
        wide = 26 + max(each.spot.width for each in texts) + 8
        return _Part(seen.id, wide, high, (Box("final", seen.id, Spot(0, 0, wide, high), tuple(texts)),), sinks=True)

    def stub(self, ident: str, title: str) -> _Part:
        text = Text(wrapped(f"→ {title}", SMALL, _STUB_ROOM), 8, 5, "label")
        wide, high = text.spot.width + 16, text.spot.height + 10
        return _Part(ident, wide, high, (Box("stub", "", Spot(0, 0, wide, high), (text,)),), sinks=True)

    # --- boxes around others ---

    def frame(self, seen: Seen) -> _Part:
        inner = self.arranged(seen.id, [self.part(child) for child in seen.children], seen.initial, seen.inlets)
        return self.headed(seen, inner, "frame")

    def parallel(self, seen: Seen) -> _Part:
        parts = [replace(self.part(child), id=child.id) for child in seen.children if child.kind != "history"]
        regions = [
            replace(p, boxes=(replace(p.boxes[0], kind="region"), *p.boxes[1:])) if p.boxes[0].kind == "frame" else p
            for p in parts
        ]
        spots = shelves.pack([(part.width, part.height) for part in regions])
        boxes: list[Box] = []
        wires: list[Wire] = []
        for part, spot in zip(regions, spots, strict=True):
            moved = _moved(part, spot.x, spot.y)
            first = moved.boxes[0]
            grown = replace(first, spot=spot) if first.kind == "region" else first
            boxes += [grown, *moved.boxes[1:]]
            wires += moved.wires
        inner = _Part(
            seen.id, max((s.x + s.width for s in spots), default=0.0), max((s.y + s.height for s in spots), default=0.0),
            tuple(boxes), tuple(wires),
        )  # fmt: skip
        return self.headed(seen, inner, "frame")

    def headed(self, seen: Seen, inner: _Part, kind: BoxKind) -> _Part:
        """The frame around what it holds: its title, who answers, and what may happen from any of its steps."""
        room = max(inner.width, _LEAST_ROOM)
        marks = [child for child in seen.children if child.kind == "history" and seen.kind == "parallel"]
        boxes = [self._mark(child, PAD + 30.0 * n, 8) for n, child in enumerate(marks)]
        texts: list[Text] = []
        y = self._heading(texts, seen, PAD + 30.0 * len(marks), room)
        for note in self._notes(seen):
            y = self._put(texts, Text(wrapped(note, SMALL, room), PAD, y + 4, "note"))
        rows = self._rows(seen.inlets, y, room)
        texts += rows
        top = max((t.spot.y + t.spot.height for t in (*texts, *(b.texts[0] for b in boxes))), default=0.0) + 8
        wide = max(inner.width + 2 * PAD, *(t.spot.x + t.spot.width + PAD for t in texts))
        high = top + inner.height + PAD
        moved = _moved(inner, PAD, top)
        wires = tuple(_headed_wire(wire, row) for wire, row in zip(moved.wires, rows, strict=False))
        box = Box(kind, seen.id, Spot(0, 0, wide, high), tuple(texts))
        return _Part(seen.id, wide, high, (box, *boxes, *moved.boxes), (*wires, *moved.wires[len(rows) :]))

    def _heading(self, texts: list[Text], seen: Seen, x: float, room: float) -> float:
        """The title with its owner and deadline beside it, or below where there is no room."""
        room -= x - PAD
        title = Text(wrapped(seen.title, TITLE, room, bold=True), x, PAD - 1, "title")
        y = self._put(texts, title)
        beside = title.spot.width + 10
        needed = width(seen.owner, SMALL) + 26 + (width(seen.term, SMALL) + CLOCK if seen.term else 0)
        if len(title.lines) == 1 and beside + needed <= room:
            self._facts(texts, seen, x + beside, PAD + 1, room)
        else:
            y = self._facts(texts, seen, x, y + 3, room)
        if self.live and seen.term:
            y = self._put(texts, Text(("",), x, y + 3, "now", room=min(room, _LIVE_ROOM)))
        return y

    def _rows(self, inlets: tuple[Crossing, ...], y: float, room: float) -> list[Text]:
        """What may happen at any step, one below the other; the arrows' lanes are at the left of them."""
        start = PAD + layout.LANE * (len(inlets) + 1) + 4
        rows: list[Text] = []
        for crossing in inlets:
            lines = wrapped(self._head_words(crossing), SMALL, max(_LEAST_ROOM, room - start))
            rows.append(Text(lines, start, y + 5, "head", clock=crossing.delayed))
            y = rows[-1].y + rows[-1].spot.height
        return rows

    def _mark(self, seen: Seen, x: float, y: float) -> Box:
        text = Text(("H*" if seen.deep else "H",), x, y + 5, "mark", room=22)
        return Box("history", seen.id, Spot(x, y, 22, 22), (text,))

    def _head_words(self, crossing: Crossing) -> str:
        anywhere = {"es": "En cualquier paso: ", "en": "At any step: "}[self.language]
        return anywhere + crossing.words.replace("\n", " / ")

    def arranged(self, container: str, parts: list[_Part], initial: str, inlets: tuple[Crossing, ...]) -> _Part:
        """The children of a container with the arrows among them; the arrows of ``inlets`` come first."""
        crossings = {f"{container}>{n}": c for n, c in enumerate(self.sight.crossings.get(container, ()))}
        stubs = {c.leaves: self.stub(f"{ident}>", c.leaves) for ident, c in reversed(crossings.items()) if c.leaves}
        labels = {ident: self._label(crossing) for ident, crossing in crossings.items()}
        parts = [*parts, *stubs.values()]
        if initial:
            dot = _Part(f"{container}*", 12, 12, (Box("dot", "", Spot(0, 0, 12, 12)),))
            parts.insert(0, dot)
        links = [layout.Link(f"{container}*>", f"{container}*", initial)] if initial else []
        for ident, crossing in crossings.items():
            label = labels[ident]
            size = (label.spot.width, label.spot.height) if label is not None else (0.0, 0.0)
            target = stubs[crossing.leaves].id if crossing.leaves else crossing.target
            links.append(layout.Link(ident, crossing.source, target, *size))
        blocks = [layout.Block(p.id, p.width, p.height, p.sinks) for p in parts]
        entries = {f"{container}<{n}": crossing for n, crossing in enumerate(inlets)}
        done = layout.arrange(blocks, links, [(ident, crossing.target) for ident, crossing in entries.items()])
        moved = [_moved(part, done.blocks[part.id].x, done.blocks[part.id].y) for part in parts]
        wires = [_wire(done, ident, crossing, None) for ident, crossing in entries.items()]
        wires += [wire for part in moved for wire in part.wires]
        wires += [Wire(done.routes[f"{container}*>"], False)] if initial else []
        wires += [_wire(done, ident, crossing, labels[ident]) for ident, crossing in crossings.items()]
        return _Part(
            container, done.width, done.height, tuple(box for part in moved for box in part.boxes), tuple(wires)
        )

    def _label(self, crossing: Crossing) -> Text | None:
        each = crossing.words.split("\n")
        marked = each if len(each) == 1 else [f"· {one}" for one in each]
        lines = tuple(line for one in marked for line in wrapped(one, SMALL, _LABEL_ROOM))
        return Text(lines, 0, 0, "label", clock=crossing.delayed) if lines else None


def _wire(done: layout.Arrangement, ident: str, crossing: Crossing, label: Text | None) -> Wire:
    spot = done.labels.get(ident)
    placed = replace(label, x=spot.x, y=spot.y) if label is not None and spot is not None else None
    return Wire(done.routes[ident], crossing.automatic, placed, crossing.source_state, crossing.target_state)


def _headed_wire(wire: Wire, row: Text) -> Wire:
    """An arrow that begins at its row of the head."""
    (x, _), *rest = wire.points
    y = row.y + row.size * LINE / 2
    return replace(wire, points=((row.x - 3, y), (x, y), *rest))


def _moved(part: _Part, dx: float, dy: float) -> _Part:
    return replace(
        part,
        boxes=tuple(_moved_box(box, dx, dy) for box in part.boxes),
        wires=tuple(_moved_wire(w, dx, dy) for w in part.wires),
    )


def _moved_box(box: Box, dx: float, dy: float) -> Box:
    return replace(
        box,
        spot=replace(box.spot, x=box.spot.x + dx, y=box.spot.y + dy),
        texts=tuple(_moved_text(t, dx, dy) for t in box.texts),
    )


def _moved_text(text: Text, dx: float, dy: float) -> Text:
    return replace(text, x=text.x + dx, y=text.y + dy)


def _moved_wire(wire: Wire, dx: float, dy: float) -> Wire:
    label = _moved_text(wire.label, dx, dy) if wire.label is not None else None
    return replace(wire, points=tuple((x + dx, y + dy) for x, y in wire.points), label=label)
