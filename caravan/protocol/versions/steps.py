"""Two versions of one machine side by side, step by step and transition by transition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from caravan.protocol.model import Action, Deadline, Machine, Protocol, State, Transition
from caravan.protocol.telling.spoken import evidence_words, listed
from caravan.protocol.versions.alike import Placed, bare_transition, pairs, placed, renames, unplaced, words_of
from caravan.protocol.versions.difference import Difference
from caravan.protocol.versions.wording import (
    AUTOMATIC,
    DELAYED,
    Wording,
    apart,
    in_spanish,
    marks,
    other_languages,
)

_KINDS = {
    "atomic": "un paso", "compound": "un paso con pasos dentro", "parallel": "un paso con varias líneas a la vez",
    "final": "un final", "history": "una memoria",
}  # fmt: skip
_INSTANCES = {"activacion": "activación", "grupo": "grupo", "caso": "caso"}


def ordered(about: str, old: Iterable[str], new: Iterable[str], step: str = "El protocolo") -> list[Difference]:
    """The difference that what both have stands in another order, if it does."""
    there, here = list(old), list(new)
    was, now = [name for name in there if name in here], [name for name in here if name in there]
    if was == now:
        return []
    return [Difference(code="order.changed", step=step, about=about, old=", ".join(was), new=", ".join(now))]


def translated(old: Mapping[str, str], new: Mapping[str, str]) -> list[Difference]:
    """The difference that words in other languages than Spanish are not as they were."""
    was, now = other_languages(old), other_languages(new)
    return [Difference(code="words.translated", about="1")] if was != now else []


def machine_differences(before: Protocol, after: Protocol, name: str) -> list[Difference]:
    """All that differs between two versions of a machine that both have, in the order of the new one."""
    old, new = before.machines[name], after.machines[name]
    found = _Machines(before, after, name).found
    said = f"«{words_of(new.label, new.id)}»"
    if old.instance != new.instance:
        was, now = _INSTANCES[old.instance], _INSTANCES[new.instance]
        found.append(Difference(code="machine.instance", step=said, old=was, new=now))
    was, now = words_of(old.label, ""), words_of(new.label, "")
    if was != now:
        found.append(Difference(code="words.changed", step=said, old=_quoted(was), new=_quoted(now)))
    found += translated(old.label, new.label)
    return [replace(difference, machine=name) for difference in found]


def renamed_steps(old: Machine, new: Machine) -> dict[str, str]:
    """Steps of ``old`` that look like the same one under another id in ``new``."""
    return renames(placed(old), placed(new))


def locked_steps_gone(gone: Iterable[Placed]) -> list[Difference]:
    """One sentence that counts and names what the law fixed and is no longer there."""
    names = [there.said for there in gone if there.locked and there.state.kind != "history"]
    if not names:
        return []
    about = "Se quita un paso que estaba fijo" if len(names) == 1 else f"Se quitan {len(names)} pasos que estaban fijos"
    return [Difference(code="lock.steps_gone", about=about, old=listed(names, "es"))]


class _Machines:
    def __init__(self, before: Protocol, after: Protocol, name: str) -> None:
        old, new = before.machines[name], after.machines[name]
        self.was, self.now = Wording(before), Wording(after)
        self.old = placed(old)
        self.new = placed(new)
        self.renamed = renames(self.old, self.new)
        self.former = {now: was for was, now in self.renamed.items()}
        self.fixed = False
        gone = [there for ident, there in self.old.items() if self._now(ident) not in self.new]
        self.found = locked_steps_gone(gone)
        for ident, there in self.new.items():
            counterpart = self.old.get(self.former.get(ident, ident))
            if counterpart is None:
                self._added(there)
            else:
                self._state(counterpart, there)
        self.fixed = False
        for there in gone:
            self._gone(there)
        self._inside("", old, new)

    def _now(self, ident: str) -> str:
        return self.renamed.get(ident, ident)

    def note(self, code: str, there: Placed, about: str = "", old: str = "", new: str = "") -> None:
        state = there.state.id
        self.found.append(
            Difference(code=code, state=state, step=there.said, about=about, old=old, new=new, fixed=self.fixed)
        )

    def _name(self, ident: str, of: Mapping[str, Placed]) -> str:
        return of[ident].said if ident in of else "nada"

    # -- whole steps

    def _added(self, there: Placed) -> None:
        self.fixed = False
        state = there.state
        told = [f"responde {self.now.agency(there.owner)}"] if there.owner and state.kind == "atomic" else []
        told += [f"plazo: {self.now.term(state.deadline)}"] if state.deadline else []
        self.note("step.added", there, about=f" ({', '.join(told)})" if told else "")
        for moment, actions in _moments(state, self.now):
            self._actions(there, moment, (), actions)

    def _gone(self, there: Placed) -> None:
        if not there.locked:
            self.note("step.gone", there)
        for moment, actions in _moments(there.state, self.was):
            self._actions(there, moment, actions, ())

    def _state(self, before: Placed, there: Placed) -> None:
        old, new = before.state, there.state
        self.fixed = before.locked
        if old.id != new.id:
            self.note("step.renamed", there, old=old.id, new=new.id)
        if old.kind != new.kind:
            self.note("step.kind", there, old=_KINDS[old.kind], new=_KINDS[new.kind])
        moved = self._now(before.parent) != there.parent
        if moved:
            was, now = self._name(before.parent, self.old), self._name(there.parent, self.new)
            self.note("step.moved", there, old=was, new=now)
        if old.kind == new.kind == "history" and old.deep != new.deep:
            deep = {True: "profunda", False: "superficial"}
            self.note("history.deep", there, old=deep[old.deep], new=deep[new.deep])
        if before.owner != there.owner and (moved or old.owner != new.owner):
            told = apart(self.was.agency(before.owner), self.now.agency(there.owner), before.owner, there.owner)
            self.note("owner.changed", there, "", *told)
        if before.visible != there.visible and (moved or old.visible != new.visible):
            told = self.was.seen_by(before.visible), self.now.seen_by(there.visible)
            self.note("visible.changed", there, "", *apart(*told, before.visible, there.visible))
        self._deadline(there, old.deadline, new.deadline)
        if old.ladder != new.ladder:
            told = self.was.ladder(old.ladder), self.now.ladder(new.ladder)
            self.note("ladder.changed", there, "", *apart(*told, old.ladder, new.ladder))
        if old.locked != new.locked:
            self.note("lock.added" if new.locked else "lock.gone", there)
        if old.provenance != new.provenance:
            self.note("provenance.changed", there, old=marks(old.provenance), new=marks(new.provenance))
        self._labels("words.changed", there, old.label, new.label)
        for moment, was, now in _own_moments(old, new):
            self._actions(there, moment, was, now)
        self._transitions(there, old, new)
        self._inside(there.said, old, new, there)

    def _labels(
        self, code: str, there: Placed, old: Mapping[str, str], new: Mapping[str, str], about: str = ""
    ) -> None:
        was, now = old.get("es", ""), new.get("es", "")
        if was != now:
            self.note(code, there, about, _quoted(was), _quoted(now))
        self.found += translated(old, new)

    def _deadline(self, there: Placed, old: Deadline | None, new: Deadline | None) -> None:
        if old == new:
            return
        was, now = self.was.term(old), self.now.term(new)
        if old is None or new is None:
            self.note("deadline.added" if old is None else "deadline.gone", there, old=was, new=now)
            return
        if (old.lasts, old.since) != (new.lasts, new.since):
            self.note("deadline.changed", there, "", *apart(was, now, f"{old.lasts}, {old.since}", f"{new.lasts}, {new.since}"))  # fmt: skip
        if old.warn_before != new.warn_before:
            told = self.was.warned(old), self.now.warned(new)
            self.note("warning.changed", there, "", *apart(*told, old.warn_before, new.warn_before))

    def _inside(self, said: str, old: State | Machine, new: State | Machine, there: Placed | None = None) -> None:
        """Where one begins inside a step or a machine, and in which order its steps stand."""
        was = [self._now(child.id) for child in _children(old)]
        now = [child.id for child in _children(new)]
        step = said or f"«{words_of(new.label, new.id)}»"
        state = new.id if there else ""
        begins, begun = [self._now(name) for name in old.initial], list(new.initial)
        if begins != begun:
            code = "step.initial" if there else "machine.initial"
            known = {**self.old, **self.new}
            told = [" y ".join(self._name(n, known) for n in names) or "el primero" for names in (begins, begun)]
            self.found.append(Difference(code=code, state=state, step=step, old=told[0], new=told[1]))
        stood, stands = ([self._name(name, self.new) for name in order if name in self.new] for order in (was, now))
        self.found += [replace(difference, state=state) for difference in ordered("sus pasos", stood, stands, step)]
        if there is None:
            whole = Placed(state=State(id=""), parent="", said=step)
            self._actions(whole, "al empezar", old.on_initial, new.on_initial)

    # -- transitions

    def _transitions(self, there: Placed, old: State, new: State) -> None:
        was = _by_event([self._carried(transition) for transition in old.transitions])
        now = _by_event(list(new.transitions))
        inside = self.fixed
        for event, one, other in pairs(was, now):
            self._alternatives(there, event, one or [], other or [], inside)
        self.fixed = inside
        names = [self.now.event(event, ways[0]) for event, ways in now.items() if event in was]
        before = [self.now.event(event, now[event][0]) for event in was if event in now]
        self.found += [replace(d, state=new.id) for d in ordered("sus salidas", before, names, there.said)]

    def _carried(self, transition: Transition) -> Transition:
        """The old transition with the steps it names called what they are called now."""
        events = (f"done.state.{self._now(e[11:])}" if e.startswith("done.state.") else e for e in transition.events)
        targets = tuple(self._now(target) for target in transition.targets)
        return replace(transition, events=tuple(events), targets=targets)

    def _alternatives(
        self, there: Placed, event: str, old: list[Transition], new: list[Transition], inside: bool
    ) -> None:
        was, now = [bare_transition(t) for t in old], [bare_transition(t) for t in new]
        if was != now and sorted(map(repr, was)) == sorted(map(repr, now)):
            self.fixed = inside
            told = ["; si no, ".join(self._told(t, self.now) for t in ways) for ways in (was, now)]
            self.note("way.order", there, self.now.event(event, new[0]), *told)
            return
        left = [t for t in now if t not in was]
        for one in (t for t in was if t not in now):
            self.fixed = inside or one.locked
            other = next((t for t in left if t.targets == one.targets), left[0] if left else None)
            if other is not None:
                left.remove(other)
                self._transition(there, event, one, other)
            else:
                self.note("way.gone", there, self.was.event(event, one), old=self._told(one, self.was))
                self._actions(there, self.was.moment(event, one), one.actions, ())
        self.fixed = inside
        for other in left:
            self.note("way.added", there, self.now.event(event, other), new=self._told(other, self.now))
            self._actions(there, self.now.moment(event, other), (), other.actions)

    def _transition(self, there: Placed, event: str, old: Transition, new: Transition) -> None:
        about = self.now.event(event, new)
        if old.targets != new.targets:
            self.note("way.target", there, about, self._leads(old, then=True), self._leads(new))
        if old.internal != new.internal:
            was = {True: "no se salía del paso", False: "se salía del paso y se volvía a entrar"}[old.internal]
            now = {True: "no se sale del paso", False: "se sale del paso y se vuelve a entrar"}[new.internal]
            self.note("way.form", there, about, was, now)
        if old.delay != new.delay:
            told = apart(self.was.delay(old.delay), self.now.delay(new.delay), old.delay, new.delay)
            self.note("delay.changed", there, about, *told)
        self._guards(there, about, old.guard, new.guard)
        for name in new.requires:
            if name not in old.requires:
                self.note("evidence.added", there, about, new=evidence_words(name, "es"))
        for name in old.requires:
            if name not in new.requires:
                self.note("evidence.gone", there, about, old=evidence_words(name, "es"))
        self.found += ordered(f"lo que pide {about}", old.requires, new.requires, there.said)
        if old.senders != new.senders:
            told = self.was.senders(old), self.now.senders(new)
            self.note("senders.changed", there, about, *apart(*told, old.senders, new.senders))
        if old.locked != new.locked:
            self.note("lock.way_added" if new.locked else "lock.way_gone", there, about)
        self._labels("words.event", there, old.label, new.label, about)
        self._actions(there, self.now.moment(event, new), old.actions, new.actions)

    def _guards(self, there: Placed, about: str, old: str | None, new: str | None) -> None:
        if old != new:
            code = "guard.added" if old is None else "guard.gone" if new is None else "guard.changed"
            self.note(code, there, about, *apart(self.was.guard(old), self.now.guard(new), old, new))

    def _told(self, transition: Transition, wording: Wording) -> str:
        terms = [f"si {wording.guard(transition.guard)}"] if transition.guard else []
        asked = listed([evidence_words(name, "es") for name in transition.requires], "es")
        terms += [f"con {asked}"] if asked else []
        terms += [f"solo lo puede anotar {wording.senders(transition)}"] if transition.senders else []
        return self._leads(transition) + (f" ({'; '.join(terms)})" if terms else "")

    def _leads(self, transition: Transition, *, then: bool = False) -> str:
        known = {**self.old, **self.new}
        targets = " y ".join(self._name(target, known) for target in transition.targets)
        if not targets:
            return "no cambiaba de paso" if then else "hace algo sin cambiar de paso"
        return f"{'llevaba' if then else 'lleva'} a {targets}"

    # -- effects

    def _actions(self, there: Placed, moment: str, was: Sequence[Action], now: Sequence[Action]) -> None:
        old, new = in_spanish(was), in_spanish(now)
        if old == new:
            if [unplaced(action) for action in was] != [unplaced(action) for action in now]:
                self.found.append(Difference(code="words.translated", about="1"))
            return
        before = len(self.found)
        self._kind("notice", there, moment, self.was.notices(old), self.now.notices(new))
        self._kind("task", there, moment, self.was.tasks(old), self.now.tasks(new))
        gone, come = self.was.others(old), self.now.others(new)
        for told in gone:
            if told not in come:
                self.note("effect.gone", there, moment, old=told)
        for told in come:
            if told not in gone:
                self.note("effect.added", there, moment, new=told)
        if len(self.found) == before:
            told = ["; ".join(wording.effect(a) for a in actions) for wording, actions in ((self.was, old), (self.now, new))]  # fmt: skip
            raw = [[(action.kind, action.args) for action in actions] for actions in (old, new)]
            self.note("order.changed", there, f"{moment}, sus efectos", *apart(*told, *raw))

    def _kind(self, kind: str, there: Placed, moment: str, old: Mapping[str, str], new: Mapping[str, str]) -> None:
        for what, one, other in pairs(old, new):
            if one is None:
                self.note(f"{kind}.added", there, moment, new=what if kind == "notice" else f"{what}{other}")
            elif other is None:
                self.note(f"{kind}.gone", there, moment, old=what if kind == "notice" else f"{what}{one}")
            elif one != other:
                self.note(f"{kind}.changed", there, moment, f"{what}{one}", f"{what}{other}")


# --- what is compared with what ---------------------------------------------------------------------------------------


def _quoted(words: str) -> str:
    return f"«{words}»" if words else "nada"


def _children(of: State | Machine) -> tuple[State, ...]:
    return of.children if isinstance(of, State) else of.states


def _moments(state: State, wording: Wording) -> Iterator[tuple[str, tuple[Action, ...]]]:
    """Everything a step does, with the moment it does it."""
    for moment, actions, _ in _own_moments(state, state):
        yield moment, actions
    for event, transitions in _by_event(list(state.transitions)).items():
        for transition in transitions:
            yield wording.moment(event, transition), transition.actions


def _own_moments(old: State, new: State) -> Iterator[tuple[str, tuple[Action, ...], tuple[Action, ...]]]:
    yield "al comenzar", old.on_entry, new.on_entry
    yield "al terminar", old.on_exit, new.on_exit
    yield "al retomarse", old.on_resume, new.on_resume
    yield "al entrar por primera vez", old.on_initial, new.on_initial


def _by_event(transitions: list[Transition]) -> dict[str, list[Transition]]:
    """Transitions by what sets them off; delays one by one, in their order."""
    found: dict[str, list[Transition]] = {}
    for transition in transitions:
        names = transition.events or (AUTOMATIC,)
        if transition.delay is not None:
            names = (f"{DELAYED} {sum(name.startswith(DELAYED + ' ') for name in found)}",)
        for name in names:
            found.setdefault(name, []).append(transition)
    return found
