"""A draft tried on what already happened: the same events, facts and hours, and each version's own clocks in between.

The version that was in force is run in the same way, so that like is compared with like. Nothing is written and nobody is
told. What people would have done otherwise under the draft cannot be known: they do here what they did.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, cast

from msgspec.structs import replace

from caravan.basics import Record, Scalar
from caravan.protocol.chart import chart_of
from caravan.protocol.model import EndlessLoop, Instance, Protocol, Snapshot, Step, Timer, Trigger
from caravan.protocol.outlook import missing_evidence, next_due
from caravan.protocol.step import start, step
from caravan.protocol.versions.again import facts_read
from caravan.protocol.versions.steps import renamed_steps
from caravan.protocol.vocabulary import Value

CONCLUDED = "grupo_concluido"
"""What the program tells an activation when all machines of a group have ended: each version comes to it by itself."""
MOST_WORK = 1_000_000
"""How much of an activation is played before a rehearsal stops: steps, what is active in each, effects, and 10 for a notice."""
_MOST_AT_ONCE = 5_000
"""Steps within one instant beyond which machines that answer each other never come to rest."""
_Scope = tuple[str, str]


class Heard(Record, frozen=True):
    """Something that reached an activation, one of its groups or one of its cases: that it began, an event with what came with
    it, or the news of facts. ``read`` are the facts as the journal keeps them; ``group`` that of a group, or of its case."""

    at: datetime
    owner: str
    kind: Literal["start", "event", "facts"]
    instance: Instance
    group: str | None = None
    machine: str = ""
    name: str = ""
    payload: dict[str, Scalar] = {}
    read: dict[str, dict[str, Any]] = {}


class Recording(Record, frozen=True):
    """All that one activation heard, in order; ``ends`` is how long its clocks are let run on."""

    activation: str
    heard: tuple[Heard, ...]
    ends: datetime


class Told(Record, frozen=True):
    """A notice: to whom, which, of whose step, when."""

    at: datetime
    owner: str
    agency: str
    template: str
    state: str = ""


class Missed(Record, frozen=True):
    """A deadline that passed."""

    at: datetime
    owner: str
    state: str


class Unheard(Record, frozen=True):
    """An event that nobody waited for, or that lacked what the step asks for."""

    at: datetime
    owner: str
    name: str
    lacking: tuple[str, ...] = ()


class Run(Record, frozen=True):
    """How an activation goes under one version. ``reached`` is the first hour of each step by owner and state, ``ends`` the
    states without children in which each instance stands at the end; ``broken`` says of an instance why it could not go on.
    ``until`` is how far it came, if that was not the end."""

    reached: dict[tuple[str, str], datetime]
    told: tuple[Told, ...]
    missed: tuple[Missed, ...]
    unheard: tuple[Unheard, ...]
    ends: dict[str, tuple[str, ...]]
    broken: tuple[tuple[str, str], ...] = ()
    until: datetime | None = None


class Shift(Record, frozen=True):
    """A step reached at another hour; ``None`` is never. ``responsible`` is who answers for it under the draft, or did."""

    owner: str
    state: str
    step: str
    responsible: str
    before: datetime | None
    after: datetime | None


class Rehearsal(Record, frozen=True):
    """What would have been otherwise under the draft. ``moved`` are notices at another hour: as they were, as they would be.
    ``until`` is the hour from which nothing was compared, because there was too much to play."""

    activation: str
    shifts: tuple[Shift, ...]
    told_more: tuple[Told, ...]
    told_fewer: tuple[Told, ...]
    moved: tuple[tuple[Told, Told], ...]
    missed_more: tuple[Missed, ...]
    missed_fewer: tuple[Missed, ...]
    unheard: tuple[Unheard, ...]
    ends: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]
    broken: tuple[tuple[str, str], ...]
    until: datetime | None = None

    @property
    def same(self) -> bool:
        """Whether nothing at all would have been otherwise."""
        return self == Rehearsal(self.activation, (), (), (), (), (), (), (), (), ())


def rehearse(before: Protocol, draft: Protocol, recording: Recording, most: int = MOST_WORK) -> Rehearsal:
    """What the draft would have changed of a past activation, against ``before``, the version it follows. Of each no more than
    ``most`` is played, and what both came to is compared."""
    was, would = _called(play(before, recording, most), before, draft), play(draft, recording, most)
    until = min((run.until for run in (was, would) if run.until is not None), default=None)
    if until is not None:
        was, would = _earlier(was, until), _earlier(would, until)
    more, fewer, moved = _notices(was.told, would.told)
    heard_before = {(one.owner, one.name, one.at) for one in was.unheard}
    keys = {key: None for run in (was, would) for key in run.reached}
    shifts = [
        Shift(owner=owner, state=state, before=was.reached.get(key), after=would.reached.get(key), **_words(before, draft, state))
        for key in keys
        for owner, state in [key]
        if was.reached.get(key) != would.reached.get(key)
    ]  # fmt: skip
    ends = {ident: None for run in (was, would) for ident in run.ends}
    return Rehearsal(
        activation=recording.activation,
        shifts=tuple(sorted(shifts, key=lambda s: (min(at for at in (s.before, s.after) if at), s.owner, s.state))),
        told_more=more, told_fewer=fewer, moved=moved,
        missed_more=_beyond(would.missed, was.missed), missed_fewer=_beyond(was.missed, would.missed),
        unheard=tuple(u for u in would.unheard if (u.owner, u.name, u.at) not in heard_before),
        ends=tuple((i, was.ends.get(i, ()), would.ends.get(i, ())) for i in ends if was.ends.get(i) != would.ends.get(i)),
        broken=would.broken, until=until,
    )  # fmt: skip


def _earlier(run: Run, until: datetime) -> Run:
    """What had happened before that hour."""
    return replace(
        run, reached={key: at for key, at in run.reached.items() if at < until}, ends={},
        told=tuple(told for told in run.told if told.at < until),
        missed=tuple(missed for missed in run.missed if missed.at < until),
        unheard=tuple(one for one in run.unheard if one.at < until),
    )  # fmt: skip


def called_in(before: Protocol, draft: Protocol) -> dict[str, str]:
    """The steps that have another id in the draft, with that id."""
    names: dict[str, str] = {}
    for name, machine in before.machines.items():
        if name in draft.machines:
            names |= renamed_steps(machine, draft.machines[name])
    return names


def _called(run: Run, before: Protocol, draft: Protocol) -> Run:
    """The run with its steps called what they are called in the draft."""
    names = called_in(before, draft)
    if not names:
        return run
    return replace(
        run, reached={(owner, names.get(state, state)): at for (owner, state), at in run.reached.items()},
        told=tuple(replace(told, state=names.get(told.state, told.state)) for told in run.told),
        missed=tuple(replace(missed, state=names.get(missed.state, missed.state)) for missed in run.missed),
        ends={ident: tuple(names.get(state, state) for state in states) for ident, states in run.ends.items()},
    )  # fmt: skip


def play(protocol: Protocol, recording: Recording, most: int = MOST_WORK) -> Run:
    """The activation from its beginning under this version."""
    return _Play(protocol, recording, most).run()


def _notices(
    was: Iterable[Told], would: Iterable[Told]
) -> tuple[tuple[Told, ...], tuple[Told, ...], tuple[tuple[Told, Told], ...]]:
    """Notices that are more, that are fewer, and that come at another hour."""
    old, new = Counter(was), Counter(would)
    fewer, more = list((old - new).elements()), list((new - old).elements())
    unmatched: defaultdict[tuple[str, str, str], deque[Told]] = defaultdict(deque)
    for told in more:
        unmatched[told.owner, told.agency, told.template].append(told)
    moved: list[tuple[Told, Told]] = []
    gone: list[Told] = []
    for told in fewer:
        alike = unmatched[told.owner, told.agency, told.template]
        if alike:
            moved.append((told, alike.popleft()))
        else:
            gone.append(told)
    left = sorted((told for alike in unmatched.values() for told in alike), key=lambda told: told.at)
    return tuple(left), tuple(gone), tuple(pair for pair in moved if pair[0].at != pair[1].at)


def _beyond(more: tuple[Missed, ...], fewer: tuple[Missed, ...]) -> tuple[Missed, ...]:
    """The deadlines missed in one run and not as often in the other."""
    left = Counter((m.owner, m.state) for m in fewer)
    found: list[Missed] = []
    for one in more:
        if left[one.owner, one.state]:
            left[one.owner, one.state] -= 1
        else:
            found.append(one)
    return tuple(found)


def _words(before: Protocol, draft: Protocol, state: str) -> dict[str, str]:
    for protocol in (draft, before):
        for machine in protocol.machines:
            node = chart_of(protocol, machine).by_id.get(state)
            if node is not None:
                return {"step": step_words(protocol, state), "responsible": node.owner or ""}
    return {"step": state, "responsible": ""}


def step_words(protocol: Protocol, state: str) -> str:
    """A step's Spanish words, else its id as words."""
    nodes = (chart_of(protocol, machine).by_id.get(state) for machine in protocol.machines)
    label = next((node.state.label for node in nodes if node is not None), dict[str, str]())
    return label.get("es") or state.replace("_", " ").capitalize()


class _TooMuch(Exception):
    """There is more to play than was asked for."""


class _Play:
    """The working memory of one run."""

    def __init__(self, protocol: Protocol, recording: Recording, most: int) -> None:
        self.protocol = protocol
        self.left = most
        self.recording = recording
        self.now = recording.heard[0].at if recording.heard else recording.ends
        self.snapshots: dict[str, Snapshot] = {}
        self.machines: dict[str, list[str]] = {}
        self.kinds: dict[str, Instance] = {}
        self.scopes: dict[str, tuple[_Scope, ...]] = {}
        self.facts: dict[_Scope, dict[str, Value]] = {}
        self.queue: deque[tuple[str, Trigger]] = deque()
        self.stale: dict[str, None] = {}
        self.sends: list[tuple[datetime, str, str]] = []
        self.concluded: set[str] = set()
        self.reached: dict[tuple[str, str], datetime] = {}
        self.told: list[Told] = []
        self.missed: list[Missed] = []
        self.unheard: list[Unheard] = []
        self.broken: dict[str, str] = {}
        self.at_once = (self.now, 0)

    def run(self) -> Run:
        until: datetime | None = None
        try:
            self._through()
        except _TooMuch:
            until = self.now
        return Run(
            reached=self.reached, told=tuple(self.told), missed=tuple(self.missed), unheard=tuple(self.unheard),
            ends={ident: self._leaves(ident) for ident in self.snapshots}, broken=tuple(self.broken.items()), until=until,
        )  # fmt: skip

    def _through(self) -> None:
        for heard in self.recording.heard:
            self._ring(heard.at)
            self.now = max(self.now, heard.at)
            self._hear(heard)
            self._settle()
        self._ring(self.recording.ends)

    def _spend(self, work: int) -> None:
        self.left -= work
        if self.left < 0:
            raise _TooMuch

    def _leaves(self, ident: str) -> tuple[str, ...]:
        snapshot = self.snapshots[ident]
        chart = chart_of(self.protocol, snapshot.machine)
        return tuple(name for name in snapshot.active if not chart.by_id[name].children)

    # -- what happened

    def _hear(self, heard: Heard) -> None:
        self._learn(heard)
        if heard.kind == "start":
            self._begin(heard)
        elif heard.kind == "event":
            trigger = Trigger(kind="event", name=heard.name, payload=heard.payload)
            lacking: dict[str, None] = {}
            taken = False
            for ident in self.machines.get(heard.owner, ()):
                lacking.update(dict.fromkeys(self._lacking(ident, trigger)))
                taken = self._take(ident, trigger) or taken
            if not taken:
                self.unheard.append(Unheard(at=self.now, owner=heard.owner, name=heard.name, lacking=tuple(lacking)))

    def _lacking(self, ident: str, trigger: Trigger) -> tuple[str, ...]:
        snapshot = self.snapshots.get(ident)
        if snapshot is None or snapshot.done:
            return ()
        return missing_evidence(self.protocol, snapshot, trigger.name, trigger.payload)

    def _learn(self, heard: Heard) -> None:
        """Facts are the owner's of their scope: what one machine read, all that read it know."""
        owners = {"activacion": self.recording.activation, "grupo": heard.group, "caso": heard.owner}
        scopes = [(scope, owner) for scope, owner in owners.items() if scope in heard.read and owner is not None]
        read = facts_read(self.protocol, heard.read)
        for scope in scopes:
            if self.facts.get(scope) != read[scope[0]]:
                self.facts[scope] = read[scope[0]]
                self.stale.update({owner: None for owner, known in self.scopes.items() if scope in known})
        if heard.kind == "start":
            self.scopes[heard.owner] = tuple(scopes)

    def _begin(self, heard: Heard) -> None:
        """The machines of the thing that began; of a case, the one it was opened for."""
        if heard.owner in self.machines and heard.instance != "caso":
            return
        self.machines.setdefault(heard.owner, [])
        self.kinds[heard.owner] = heard.instance
        for machine in self.protocol.machine_for(heard.instance):
            if heard.instance == "caso" and machine.id != heard.machine:
                continue
            ident = f"{heard.owner}/{machine.id}"
            self.machines[heard.owner].append(ident)
            self._tried(
                ident, lambda machine=machine: start(self.protocol, machine.id, self._facts(heard.owner), self.now)
            )

    # -- stepping

    def _facts(self, owner: str) -> dict[str, dict[str, Value]]:
        return {scope: self.facts[scope, who] for scope, who in self.scopes.get(owner, ())}

    def _take(self, ident: str, trigger: Trigger) -> bool:
        facts = self._facts(ident.rpartition("/")[0])
        return self._tried(ident, lambda: step(self.protocol, self.snapshots[ident], trigger, facts, self.now))

    def _tried(self, ident: str, take: Callable[[], Step]) -> bool:
        if ident in self.broken:
            return False
        known = self.snapshots.get(ident)
        self._spend(1 if known is None else 1 + len(known.active) + len(known.timers))
        at, steps = self.at_once
        self.at_once = (self.now, steps + 1 if at == self.now else 1)
        try:
            if self.at_once[1] > _MOST_AT_ONCE:
                self.at_once = (self.now, 0)
                raise EndlessLoop("no llega a reposo")
            taken = take()
        except EndlessLoop as error:
            self.broken[ident] = str(error)
            return False
        self._spend(len(taken.effects))
        if taken.taken:
            self._record(ident, taken)
        return taken.taken

    def _record(self, ident: str, taken: Step) -> None:
        owner = ident.rpartition("/")[0]
        self.snapshots[ident] = taken.snapshot
        for state in (state for why in taken.why for state in why.entered):
            self.reached.setdefault((owner, state), self.now)
        for effect in taken.effects:
            self._effect(owner, effect.kind, effect.args, effect.state, effect.visible)
        if self.kinds.get(owner) == "grupo" and owner not in self.concluded and self._all_done(owner):
            self.concluded.add(owner)
            self._send("activacion", CONCLUDED)

    def _all_done(self, owner: str) -> bool:
        return all(i in self.snapshots and self.snapshots[i].done for i in self.machines[owner])

    def _effect(
        self, owner: str, kind: str, args: Mapping[str, Any], state: str, visible: tuple[str, ...] | None
    ) -> None:  # fmt: skip
        match kind:
            case "avisar":
                self._tell(owner, args.get("a"), str(args.get("plantilla", "")), state, visible)
            case "vencido":
                if args.get("peldano") == 0:
                    self.missed.append(Missed(at=self.now, owner=owner, state=state))
                self._tell(owner, args.get("avisar_a"), kind, state, visible)
            case "por_vencer":
                self._tell(owner, args.get("avisar_a"), kind, state, visible)
            case "enviar" if "vence" in args:
                self.sends.append((_instant(args["vence"]), str(args["a"]), str(args["evento"])))
            case "enviar":
                self._send(str(args["a"]), str(args["evento"]))
            case _:
                pass

    def _tell(self, owner: str, to: Any, template: str, state: str, visible: tuple[str, ...] | None) -> None:
        for agency in _each(to):
            if visible is None or agency in visible:
                self._spend(10)
                self.told.append(Told(at=self.now, owner=owner, agency=agency, template=template, state=state))

    def _send(self, to: str, name: str) -> None:
        kind = {"activacion": "activacion", "grupos": "grupo", "casos": "caso"}.get(to, "")
        for owner in (owner for owner, known in self.kinds.items() if known == kind):
            self._spend(1 + len(self.machines[owner]))
            for ident in self.machines[owner]:
                self.queue.append((ident, Trigger(kind="event", name=name)))

    def _settle(self) -> None:
        """Events between machines first in, first out; then whoever reads changed facts looks again."""
        while self.queue or self.stale:
            if self.queue:
                ident, trigger = self.queue.popleft()
                if ident in self.snapshots:
                    self._take(ident, trigger)
                continue
            owner = next(iter(self.stale))
            del self.stale[owner]
            for ident in self.machines.get(owner, ()):
                if ident in self.snapshots:
                    self._take(ident, Trigger(kind="facts"))

    # -- the clocks

    def _ring(self, until: datetime) -> None:
        while (due := self._next()) is not None and due[0] <= until:
            at, ident, timer = due
            self.now = max(self.now, at)
            if timer is not None:
                self._take(ident, Trigger(kind="timer", name=timer.kind, timer=timer))
            else:
                send = min(self.sends)
                self.sends.remove(send)
                self._send(send[1], send[2])
            self._settle()

    def _next(self) -> tuple[datetime, str, Timer | None] | None:
        """What is due first: a clock of a machine that can still go on, or an event sent with a delay."""
        self._spend(1 + (len(self.snapshots) + len(self.sends)) // 8)
        found: list[tuple[datetime, str]] = [(send[0], "") for send in self.sends]
        for ident, snapshot in self.snapshots.items():
            due = next_due(snapshot)
            if due is not None and ident not in self.broken:
                found.append((due, ident))
        if not found:
            return None
        at, ident = min(found)
        timer = next((t for t in self.snapshots[ident].timers if t.due == at), None) if ident else None
        return at, ident, timer


def _each(value: Any) -> Iterator[str]:
    yield from [value] if isinstance(value, str) else [str(one) for one in cast("list[Any]", value or [])]


def _instant(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
