"""Whole charts by chance, and what may happen to them. Every chart is legal; nothing else can be relied on.

A chart is drawn in two passes: first the states inside one another, then what is written on them, because targets,
guards and done events need to know every state there is. One source of chance drives it, so that Hypothesis can
make a failing chart smaller and a plain seed can make a hundred thousand of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from hypothesis import strategies as st

from caravan.protocol.model import (
    Action,
    Agency,
    Deadline,
    Duration,
    Ladder,
    Machine,
    Protocol,
    State,
    Transition,
    act,
    cancel_event,
    protocol,
    raise_event,
    send_event,
)

SENT = (*"aaabbbccc", "a.x", "a.x.y", "ab", "z", "done.state.s1")
PLAIN = ("a", "b", "c", "d")
HEARD = (*"aaabbbccc", "a.*", "a.x", "a.x.*", "a.", "b c", "*", "a.x.y ab", "done.state", "d", "d")
HEARD_CALMLY = tuple(each for each in HEARD if each not in ("*", "done.state"))
RAISED = ("a.x", "d", "d", "d.e", "b")
AGENCIES = {
    "SDH": Agency("SDH", "Derechos Humanos", "coordinacion"),
    "TITULAR": Agency("TITULAR", "Titular", "estatal"),
    "DIF": Agency("DIF", "DIF", "estatal"),
}
EVERY = Duration(amount=15, unit="min")


class Sketch:
    """A state before anything is written on it."""

    def __init__(self, kind: str, parent: Sketch | None, number: int) -> None:
        self.kind = kind
        self.parent = parent
        self.number = number
        self.id = f"s{number}"
        self.inner: list[Sketch] = []
        self.histories: list[Sketch] = []
        self.begin: tuple[Sketch, ...] = ()

    def all(self) -> Iterator[Sketch]:
        for child in (*self.histories, *self.inner):
            yield child
            yield from child.all()

    def line(self) -> list[Sketch]:
        """The state and those it stands in, without the machine itself."""
        return [self, *self.parent.line()] if self.parent else []

    def later(self) -> list[Sketch]:
        """The states after this one or after what it stands in, with all that is inside them."""
        found: list[Sketch] = []
        here: Sketch = self
        while here.parent is not None:
            if here.parent.kind == "compound":
                for sibling in here.parent.inner[here.parent.inner.index(here) + 1 :]:
                    found += (sibling, *sibling.all())
            here = here.parent
        return found


class Happening(NamedTuple):
    """``event`` with its name and datum, ``facts`` with the new number of children, ``wait`` with seconds.

    After a ``late`` wait every timer is told that it is already the end of it."""

    kind: str
    name: str = ""
    amount: int | None = None
    late: bool = False


class Draughtsman:
    """Draws one chart. ``plain``: no guards, no wildcards, no automatic transitions, no queue, whole event names only.
    ``restless``: it may raise events, and so it may never rest."""

    def __init__(self, random: Random, *, states: int, plain: bool = False, restless: bool = True) -> None:
        self.random = random
        self.left = random.randint(2, states)
        self.plain = plain
        self.restless = restless and not plain
        self.numbers = 0
        self.top = Sketch("compound", None, 0)
        while self.left > 0 and len(self.top.inner) < 6:
            self._grow(self.top, depth=0)
        self.states = list(self.top.all())
        self.named = [each.id for each in self.states if each.kind != "history"]

    def chance(self, percent: int) -> bool:
        return self.random.randint(1, 100) > 100 - percent

    # -- first pass: which states there are

    def _grow(self, parent: Sketch, depth: int) -> None:
        self.left -= 1
        kinds = ["atomic", "atomic"]
        if depth < 4:
            kinds += ["compound", "compound", "parallel"]
        if parent.kind == "compound" and parent.inner:
            region = parent.parent is None or parent.parent.kind == "parallel"
            kinds += ["final"] * (3 if region else 1)
        sketch = self._numbered(self.random.choice(kinds), parent)
        parent.inner.append(sketch)
        if sketch.kind in ("compound", "parallel"):
            for _ in range(self.random.choice((0, 0, 1, 2))):
                sketch.histories.append(self._numbered("history", sketch))
            least = 1 if sketch.kind == "compound" else 2
            for _ in range(self.random.randint(least, 3)):
                self._grow(sketch, depth + 1)

    def _numbered(self, kind: str, parent: Sketch) -> Sketch:
        self.numbers += 1
        return Sketch(kind, parent, self.numbers)

    # -- second pass: what is written on them

    def protocol(self, *, resumes: bool = False) -> Protocol:
        begin = self.inside(self.top, histories=False) if self.chance(50) else self.top.inner[:1]
        drawn = Machine(
            id="m",
            instance="activacion",
            states=tuple(self.state(child) for child in self.top.inner),
            initial=tuple(each.id for each in begin),
            resumes=resumes,
        )
        rungs = Ladder(rungs=("responsable", "coordinacion", "TITULAR"), every=EVERY)
        return protocol(drawn, agencies=AGENCIES, ladder=rungs)

    def state(self, sketch: Sketch) -> State:
        if sketch.kind == "history":
            return self.history(sketch)
        if sketch.kind == "compound" and self.chance(60):
            sketch.begin = self.inside(sketch)
        begin = sketch.begin
        return State(
            id=sketch.id,
            kind=sketch.kind,  # pyright: ignore[reportArgumentType]
            children=tuple(self.state(child) for child in (*sketch.histories, *sketch.inner)),
            initial=tuple(each.id for each in begin),
            on_initial=self.content(f"inicial {sketch.id}") if begin else (),
            transitions=() if sketch.kind == "final" else self.transitions(sketch),
            on_entry=self.content(f"entra {sketch.id}"),
            on_exit=self.content(f"sale {sketch.id}"),
            on_resume=(act("registrar", nota=f"reanuda {sketch.id}"),),
            deadline=self.deadline(sketch),
            owner="DIF" if self.chance(20) else None,
        )

    def history(self, sketch: Sketch) -> State:
        """Its default transition; where the parent says nothing of its beginning, some do without."""
        parent = sketch.parent
        assert parent is not None
        deep = self.chance(50)
        if not parent.begin and self.chance(25):
            return State(id=sketch.id, kind="history", deep=deep)
        targets = self.inside(parent, histories=False, children_only=not deep)
        default = Transition(targets=tuple(each.id for each in targets), actions=self.content(f"olvido {sketch.id}"))
        return State(id=sketch.id, kind="history", deep=deep, transitions=(default,))

    def deadline(self, sketch: Sketch) -> Deadline | None:
        if sketch.kind == "final" or not self.chance(25):
            return None
        warn = Duration(amount=10, unit="min") if self.chance(40) else None
        return Deadline(lasts=Duration(amount=self.random.randint(1, 4) * 20, unit="min"), warn_before=warn)

    def transitions(self, sketch: Sketch) -> tuple[Transition, ...]:
        return tuple(self.transition(sketch, number) for number in range(self.random.choice((0, 1, 2, 2, 3))))

    def transition(self, sketch: Sketch, number: int) -> Transition:
        events: tuple[str, ...] = ()
        delay: Duration | None = None
        guard = self.guard()
        kind = (
            "event" if self.plain else self.random.choice(("event",) * 8 + ("done", "done", "always", "delay", "delay"))
        )
        if kind == "done" and not self.restless or kind == "always" and not sketch.later():
            kind = "event"
        if kind == "event":
            heard = PLAIN if self.plain else HEARD if self.restless else HEARD_CALMLY
            events = tuple(self.random.choice(heard).split())
        elif kind == "done":
            events = (f"done.state.{self.random.choice(self.may_be_done(sketch))}",)
        elif kind == "delay":
            delay = Duration(amount=self.random.choice((10, 20, 60)), unit="min")
        else:
            guard = (guard or f"en('{self.random.choice(self.named)}')").replace("evento.n", "grupo.nna")
        return Transition(
            events=events,
            delay=delay,
            targets=tuple(each.id for each in self.targets(sketch, forward=kind == "always")),
            guard=guard,
            internal=self.chance(40),
            actions=self.content(f"pasa {sketch.id} {number}"),
        )

    def may_be_done(self, source: Sketch) -> list[str]:
        """The state itself and those around it, and any state at all now and then."""
        around = [] if self.chance(30) else [each.id for each in source.line() if each.inner]
        return around or self.named

    def guard(self) -> str | None:
        if self.plain or self.chance(65):
            return None
        inside = f"en('{self.random.choice(self.named)}')"
        return self.random.choice(
            (inside, f"not {inside}", "grupo.nna > 1", "not (grupo.nna > 1)", "evento.n == 1", f"{inside} or grupo.nna > 1")
        )  # fmt: skip

    def content(self, note: str) -> tuple[Action, ...]:
        done = [act("registrar", nota=note)]
        if self.plain:
            return tuple(done)
        if self.restless and self.chance(3):
            done.append(raise_event(self.random.choice(RAISED)))
        if self.restless and self.chance(2):
            done.append(send_event(self.random.choice(RAISED)))
        if self.chance(4):
            wait = self.random.choice(("5 min", "10 min", "1 h"))
            done.append(send_event(self.random.choice(RAISED), delay=wait, name=self.random.choice(("", "uno"))))
        if self.chance(3):
            done.append(cancel_event(self.random.choice(RAISED)) if self.chance(60) else cancel_event(name="uno"))
        if len(done) > 1 and self.chance(50):
            done.append(act("registrar", nota=f"{note}, después"))
        return tuple(done)

    # -- targets that can be active together

    def targets(self, source: Sketch, *, forward: bool) -> tuple[Sketch, ...]:
        """``forward``: on to a later state of a compound around, so that most charts come to rest."""
        if forward:
            target = self.random.choice(source.later())
        elif self.chance(12):
            return ()
        else:
            near = source if source.inner and self.chance(35) else self.top
            target = self.random.choice(list(near.all()))
        return self.inside(target) if target.inner and self.chance(35) else (target,)

    def inside(self, around: Sketch, *, histories: bool = True, children_only: bool = False) -> tuple[Sketch, ...]:
        """Some states within ``around`` that may be active at once: one way down, or one in each of several regions."""
        if histories and around.histories and self.chance(30):
            return (self.random.choice(around.histories),)
        if around.kind == "parallel":
            regions = [child for child in around.inner if self.chance(60)] or [self.random.choice(around.inner)]
        else:
            regions = [self.random.choice(around.inner)]
        found: list[Sketch] = []
        for region in regions:
            deeper = region.inner and not children_only and self.chance(50)
            found += self.inside(region, histories=histories) if deeper else (region,)
        return tuple(found)


def drawn(
    random: Random, *, states: int = 12, plain: bool = False, resumes: bool = False, restless: bool = True
) -> Protocol:
    """One chart, of about ``states`` states at most."""
    return Draughtsman(random, states=states, plain=plain, restless=restless).protocol(resumes=resumes)


def happening(random: Random) -> Happening:
    kind = random.choice(("event",) * 6 + ("facts", "wait", "wait"))
    if kind == "event":
        return Happening("event", random.choice(SENT), random.choice((None, 0, 1)))
    if kind == "facts":
        return Happening("facts", amount=random.choice((None, 0, 1, 2, 3)))
    return Happening("wait", amount=random.choice((0, 300, 600, 1200, 3600, 7200)), late=random.randint(1, 4) == 4)


def history_of(random: Random, length: int = 12) -> list[Happening]:
    return [happening(random) for _ in range(random.randint(1, length))]


@st.composite
def charts(draw: Any, *, states: int = 12, plain: bool = False, resumes: bool = False) -> Protocol:
    return drawn(draw(st.randoms(use_true_random=False)), states=states, plain=plain, resumes=resumes)


@st.composite
def happenings(draw: Any, length: int = 12) -> list[Happening]:
    return history_of(draw(st.randoms(use_true_random=False)), length)
