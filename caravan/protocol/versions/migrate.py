"""Carrying a running copy of a machine over to another version of its protocol, by an explicit map of its steps.

A step that both versions have, of the same kind, is its own image; every other live step needs one in the map. Nothing is
entered or left: no effect runs, and a deadline goes on counting as it did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime

from msgspec.structs import replace

from caravan.basics import Record
from caravan.protocol.chart import Chart, Node, chart_of
from caravan.protocol.model import Duration, Moment, Protocol, Snapshot, Timer, Transition
from caravan.protocol.outlook import active_mask
from caravan.protocol.running import TimerKind
from caravan.protocol.services import next_moment
from caravan.protocol.vocabulary import Facts

YEARS = range(1900, 9000)
"""A date in another year counts as unknown, as it does in a step."""
FORGET = ""
"""As the image of a history: what it remembers is dropped. As that of ``CLOCKS`` and a step: what it counts is."""
SAID = "-"
"""``FORGET`` where nothing cannot be written, as in a form."""
CLOCKS = "relojes:"
"""Before a step's name in the map: its clocks, which are only dropped where the map says so."""
_WHAT: dict[TimerKind, str] = {
    "deadline": "su plazo", "escalation": "un aviso de que venció", "delay": "lo que haría al cumplirse el tiempo",
    "send": "lo que tenía programado",
}  # fmt: skip
"""What a person loses with a clock; a forewarning says nothing by itself."""


class CannotMigrate(Exception):
    """A running copy that has no place in the other version, with every reason, in Spanish."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(self.problems))


class Carried(Record, frozen=True):
    """Where the copy stands in the other version. ``dropped`` are the clocks (as they were) and the histories that have no
    place there, ``started`` the clocks that are new and count from now."""

    snapshot: Snapshot
    dropped: tuple[Timer, ...] = ()
    forgotten: tuple[str, ...] = ()
    started: tuple[Timer, ...] = ()


def carry(
    snapshot: Snapshot, before: Protocol, after: Protocol, images: Mapping[str, str], facts: Facts, now: datetime
) -> Carried:
    """The same copy under ``after``.

    ``images`` maps steps of ``before`` to steps of ``after``; a track that only ``after`` has is a key too, and its image
    the step in which it begins; a history mapped to ``FORGET`` loses what it remembers, and ``CLOCKS`` with a step what it
    counts. Raises ``CannotMigrate`` with all reasons: a live or remembered step without an image, a set of steps that cannot be
    active together, a clock that has no place in ``after`` and is not named, an unfinished step
    that would become a final one.
    """
    if snapshot.machine not in after.machines:
        raise CannotMigrate([f"la máquina «{snapshot.machine}» no existe en la versión {after.version}"])
    return _Carrier(snapshot, before, after, images, facts, now).carried()


def image_of(before: Protocol, after: Protocol, machine: str, state: str, images: Mapping[str, str]) -> str | None:
    """The step of ``after`` that a step of ``before`` becomes; ``None`` where there is none."""
    if state in images:
        return images[state] or None
    old, new = chart_of(before, machine).by_id.get(state), chart_of(after, machine).by_id.get(state)
    return state if old is not None and new is not None and old.kind == new.kind else None


class _Carrier:
    def __init__(
        self, snapshot: Snapshot, before: Protocol, after: Protocol, images: Mapping[str, str], facts: Facts, now: datetime
    ) -> None:  # fmt: skip
        self.snapshot = snapshot
        self.before, self.after = before, after
        self.old: Chart = chart_of(before, snapshot.machine)
        self.new: Chart = chart_of(after, snapshot.machine)
        self.images = {old: FORGET if new == SAID else new for old, new in images.items()}
        self.facts = facts
        self.now = now
        self.mask = self.new.root.bit
        self.problems: list[str] = []
        self.dropped: list[Timer] = []
        self.forgotten: list[str] = []
        self.memory: dict[str, tuple[str, ...]] = {}

    def carried(self) -> Carried:
        self._check_map()
        self._live()
        self._tracks()
        if not self.problems:
            self._configuration()
        self._histories()
        if self.problems:
            raise CannotMigrate(self.problems)
        timers = self._kept(self.snapshot.timers, self._is_active)
        missed = self._missed(timers)
        held = self._kept(self.snapshot.held, self._is_remembered)
        self._check_dropped()
        started = [] if self.snapshot.done else self._started(timers, missed)
        carried = Snapshot(
            protocol=self.after.id, version=self.after.version, machine=self.snapshot.machine,
            active=tuple(node.id for node in self.new.members(self.mask & ~self.new.root.bit)), history=self.memory,
            timers=tuple(sorted([*timers, *started], key=_order)), missed=missed, held=tuple(held), done=self.snapshot.done,
        )  # fmt: skip
        return Carried(
            snapshot=carried, dropped=tuple(self.dropped), forgotten=tuple(self.forgotten), started=tuple(started)
        )

    def image(self, state: str) -> Node | None:
        name = image_of(self.before, self.after, self.snapshot.machine, state, self.images)
        return self.new.by_id.get(name) if name is not None else None

    # -- the steps

    def _check_map(self) -> None:
        for old, new in self.images.items():
            if old.startswith(CLOCKS):
                if old.removeprefix(CLOCKS) not in self.old.by_id or new != FORGET:
                    self.problems.append(f"«{old}» no nombra los relojes de un paso que dejen de contar")
            elif old not in self.old.by_id and old not in self.new.by_id:
                self.problems.append(f"el mapa nombra «{old}», que no existe en ninguna de las dos versiones")
            elif new and new not in self.new.by_id:
                self.problems.append(
                    f"el mapa lleva «{old}» a «{new}», que no existe en la versión {self.after.version}"
                )

    def _live(self) -> None:
        for leaf in self.old.members(active_mask(self.old, self.snapshot)):
            if leaf.children:
                continue
            node = self.image(leaf.id)
            if node is None:
                self.problems.append(
                    f"el paso «{leaf.id}» está vivo y no existe igual en la versión {self.after.version}: diga a cuál pasa"
                )
            elif node.children or node.kind == "history":
                self.problems.append(f"«{leaf.id}» pasaría a «{node.id}», que tiene pasos dentro: diga a cuál de ellos")
            elif node.kind == "final" and leaf.kind != "final":
                self.problems.append(f"«{leaf.id}» no ha terminado y pasaría a «{node.id}», que es un final")
            else:
                self._activate(node)

    def _activate(self, node: Node) -> None:
        for each in (node, *node.above):
            self.mask |= each.bit

    def _tracks(self) -> None:
        """Tracks that only the new version has begin where the map says."""
        for track, begins in self.images.items():
            region, node = self.new.by_id.get(track), self.new.by_id.get(begins)
            if track in self.old.by_id or region is None or node is None:
                continue
            if not node.bit & region.below or node.children or node.kind in ("final", "history"):
                self.problems.append(f"«{begins}» no es un paso en el que pueda empezar «{track}»")
            elif region.parent is not None and region.parent.bit & self.mask and not region.bit & self.mask:
                self._activate(node)

    def _configuration(self) -> None:
        for node in self.new.members(self.mask):
            there = [child for child in node.children if child.bit & self.mask]
            if node.kind == "compound" and len(there) > 1:
                names = " y ".join(f"«{child.id}»" for child in there)
                self.problems.append(f"{names} no pueden estar activos a la vez")
            elif node.kind == "parallel":
                absent = (child for child in node.children if child not in there)
                self.problems += [f"falta decir en qué paso empieza «{child.id}», que es nuevo" for child in absent]
        if not self.problems and not self.new.is_legal(self.mask):
            self.problems.append("los pasos a los que se llega no pueden estar activos a la vez")
        ended = any(child.kind == "final" and child.bit & self.mask for child in self.new.root.children)
        if not self.problems and ended != self.snapshot.done:
            self.problems.append("lo que está en marcha no puede pasar a terminado, ni lo terminado volver a empezar")

    # -- what histories remember

    def _histories(self) -> None:
        for name, states in self.snapshot.history.items():
            if self.images.get(name) == FORGET and name in self.images:
                self.forgotten.append(name)
                continue
            pseudo = self.image(name)
            if pseudo is None or pseudo.parent is None or pseudo.kind != "history":
                self.problems.append(
                    f"la memoria «{name}» no existe en la versión {self.after.version}: diga a cuál pasa, o a nada"
                )
                continue
            nodes = [self._remembered(name, state) for state in states]
            found = [node for node in nodes if node is not None]
            if len(found) == len(nodes):
                if not self._fits(pseudo, found):
                    self.problems.append(
                        f"lo que recuerda «{name}» no puede estar activo a la vez en «{pseudo.parent.id}»"
                    )
                self.memory[pseudo.id] = tuple(dict.fromkeys(node.id for node in found))

    def _remembered(self, name: str, state: str) -> Node | None:
        node = self.image(state)
        if node is None:
            self.problems.append(
                f"la memoria «{name}» recuerda «{state}», que no existe igual: diga a cuál pasa, u olvide «{name}»"
            )
        return node

    def _fits(self, pseudo: Node, nodes: list[Node]) -> bool:
        """Whether these could have been active when the parent of the history was left."""
        parent = pseudo.parent
        if parent is None or any(not node.bit & parent.below or node.kind == "history" for node in nodes):
            return False
        if not pseudo.state.deep:
            alone = 1 if parent.kind == "compound" else len(parent.children)
            return all(node.parent is parent for node in nodes) and len({node.id for node in nodes}) == alone
        mask = 0
        for node in nodes:
            for each in (node, *node.above):
                mask |= each.bit
        others = (child for child in self.new.members(mask) if child is parent or child.bit & parent.below)
        wanted = {"compound": 1, "parallel": None}
        for node in others:
            inside = sum(child.bit & mask != 0 for child in node.children)
            if node.kind in wanted and inside != (wanted[node.kind] or len(node.children)):
                return False
        return True

    # -- the clocks

    def _is_active(self, node: Node) -> bool:
        return bool(node.bit & self.mask)

    def _is_remembered(self, node: Node) -> bool:
        parents = (self.new.by_id[name].parent for name in self.memory)
        return any(parent is not None and node.bit & (parent.bit | parent.below) for parent in parents)

    def _kept(self, timers: Iterable[Timer], belongs: Callable[[Node], bool]) -> list[Timer]:
        """The clocks that go on, one of each kind a step: of two that became one, the earlier."""
        kept: dict[tuple[str, str, int, str], Timer] = {}
        for timer in timers:
            image = self._clock(timer, belongs)
            if image is None:
                self.dropped.append(timer)
                continue
            key = (image.state, image.kind, image.index, image.event)
            if key not in kept or image.due < kept[key].due:
                kept[key] = image
        return list(kept.values())

    def _check_dropped(self) -> None:
        """Nobody's clock stops unseen."""
        for timer in self.dropped:
            if timer.kind in _WHAT and CLOCKS + timer.state not in self.images and not self._is_forgotten(timer):
                due = timer.due.astimezone(self.new.zone).strftime("%d/%m/%Y %H:%M")
                self.problems.append(
                    f"«{timer.state}» perdería {_WHAT[timer.kind]} ({due}): si ha de ser así, dígalo («{CLOCKS}{timer.state}»)"
                )
        if self.problems:
            raise CannotMigrate(self.problems)

    def _is_forgotten(self, timer: Timer) -> bool:
        """Its step was only remembered, and the map lets the history forget it."""
        node = self.old.by_id[timer.state]
        parents = (self.old.by_id[name].parent for name in self.forgotten)
        return timer in self.snapshot.held and any(parent in node.above for parent in parents)

    def _clock(self, timer: Timer, belongs: Callable[[Node], bool]) -> Timer | None:
        node = self.image(timer.state)
        if timer.kind == "send":
            return self._send(timer, node)
        if node is None or not belongs(node):
            return None
        term = node.state.deadline
        match timer.kind:
            case "deadline":
                return replace(timer, state=node.id) if term else None
            case "forewarning":
                due = self._deadline_beside(timer)
                if term is None or term.warn_before is None or due is None:
                    return None
                return replace(timer, state=node.id, due=term.warn_before.before(due))
            case "escalation":
                return replace(timer, state=node.id) if term and timer.index < len(node.rungs) else None
            case "delay":
                index = self._same_delay(self.old.by_id[timer.state].delays[timer.index].transition, node)
                return None if index is None else replace(timer, state=node.id, index=index)

    def _send(self, timer: Timer, node: Node | None) -> Timer | None:
        """A delayed event goes on while somebody in the machine could hear it; where it came from does not matter."""
        if not self.new.listening(timer.event).arcs:
            return None
        sender = node or next(self.new.members(self.mask & ~self.new.root.bit))
        return replace(timer, state=sender.id)

    def _deadline_beside(self, timer: Timer) -> datetime | None:
        timers = (*self.snapshot.timers, *self.snapshot.held)
        return next((t.due for t in timers if t.state == timer.state and t.kind == "deadline"), None)

    def _same_delay(self, old: Transition, node: Node) -> int | None:
        """The place of that delay among those of its image: the one as long, else the one that leads to the same steps."""
        targets = tuple(self._target(target) for target in old.targets)
        for place, delay, _ in node.alarms:
            if delay == old.delay:
                return place
        return next((place for place, _, _ in node.alarms if node.delays[place].transition.targets == targets), None)

    def _target(self, state: str) -> str:
        node = self.image(state)
        return state if node is None else node.id

    def _missed(self, timers: list[Timer]) -> dict[str, datetime]:
        counting = {timer.state for timer in timers if timer.kind == "deadline"}
        found: dict[str, datetime] = {}
        for state, due in self.snapshot.missed.items():
            node = self.image(state)
            if node is not None and node.state.deadline is not None and node.id not in counting:
                found[node.id] = min(due, found.get(node.id, due))
        return found

    def _started(self, timers: list[Timer], missed: Mapping[str, datetime]) -> list[Timer]:
        """The clocks that the new version has and the old one had not."""
        counting = {timer.state for timer in timers if timer.kind == "deadline"} | set(missed)
        started: list[Timer] = []
        for node in self.new.members(self.mask & ~self.new.root.bit):
            if node.id not in counting:
                started += self._deadline(node)
            known = set(self._known_delays(node))
            for index, delay, _ in node.alarms:
                due = self._delay_due(delay) if index not in known else None
                if due is not None:
                    started.append(Timer(state=node.id, kind="delay", index=index, due=due))
        return started

    def _known_delays(self, node: Node) -> Iterator[int]:
        """Delays that an old step had too: they count already, or have fired."""
        for old in self.old.members(active_mask(self.old, self.snapshot)):
            if old.parent is not None and self.image(old.id) is node:
                found = (self._same_delay(arc.transition, node) for arc in old.delays)
                yield from (place for place in found if place is not None)

    def _deadline(self, node: Node) -> Iterator[Timer]:
        term = node.state.deadline
        if term is None:
            return
        since: object = self.now
        if term.since is not None:
            owner, _, field = term.since.partition(".")
            since = self.facts.get(owner, {}).get(field)
        if not isinstance(since, date) or since.year not in YEARS:
            return
        due = self.new.due(term.lasts, since)
        yield Timer(state=node.id, due=due)
        if term.warn_before is not None:
            yield Timer(state=node.id, kind="forewarning", due=term.warn_before.before(due))

    def _delay_due(self, delay: Duration | Moment) -> datetime | None:
        if isinstance(delay, Moment):
            service = self.new.services[delay.service]
            return next_moment(delay, service, self.now, self.new.zone, self.new.calendar)
        return self.new.due(delay, self.now)


def _order(timer: Timer) -> tuple[datetime, bool, str, str, int]:
    """As a step keeps them: what is due first, first; delayed events of one instant as they were sent."""
    if timer.kind == "send":
        return (timer.due, True, "", "", timer.index)
    return (timer.due, False, timer.state, timer.kind, timer.index)
