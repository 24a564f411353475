"""What a protocol is: machines of states and transitions, agencies, levels, and the words for a running copy of it.

The loader makes this model from YAML. Code makes it with the constructors below, and there the meaning is plain W3C SCXML
(transitions external, a state restored by history entered like any other, document order the order of the arguments)::

    chart = protocol(
        machine(
            "m",
            compound(
                "a",
                atomic("a1", on("t", "a2", guard="en('a')", actions=(raise_event("listo"),))),
                atomic("a2", after("10 ms", "b")),
                on("listo", internal=True),
                initial="a1",
            ),
            parallel("b", compound("b1", history("h"), atomic("b2")), compound("b3", atomic("b4"))),
            final("fin"),
        )
    )
    begun = start(chart, "m", {}, now)
    then = step(chart, begun.snapshot, Trigger(kind="event", name="t"), {}, now)
    then.snapshot.active, then.effects, then.why

==================================  ====================================================================================
SCXML                               here
==================================  ====================================================================================
``<state>`` with or without states  ``compound``, ``atomic``
``<initial>`` with content          ``initial=`` (one id or several) and ``on_initial=``; of ``<scxml>``, those of ``machine``
``<history>`` with a transition     ``history("h", "target", deep=True, actions=(…))``
``<onentry>``, ``<onexit>``         ``on_entry=``, ``on_exit=`` of any state
``<transition event cond target>``  ``on("e f.*", "target", guard=…, actions=(…), internal=True)``; without event ``always``
``<raise>``                         ``raise_event("e")``: the internal queue
``<send>``                          ``send_event("e")``: the external queue, when the macrostep is over
``<send delay id>``, ``<cancel>``   ``send_event("e", delay="10 ms", name="x")``, ``cancel_event(name="x")`` or
                                    ``cancel_event("e")``; it is due among ``Snapshot.timers`` and fired by ``step`` with
                                    ``Trigger(kind="timer", timer=…)`` and a ``now`` that has reached ``timer.due``
``<log>``                           ``act("registrar", nota="…")``: any other kind of effect is handed back in ``Step.effects``
``In('s')``                         ``en('s')`` in a guard; ``verdadero`` and ``falso`` are its constants
``_event.data.x``, a data model     ``evento.x`` from ``Trigger.payload``; ``grupo.x`` from the facts, which only the caller changes
==================================  ====================================================================================

Guards and ``=`` values are kept as their text. State ids are any text. What cannot run is refused by ``protocol`` with
``ModelError``, which lists everything that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from caravan.protocol.definition import (
    TERM_ARGUMENTS,
    Action,
    Agency,
    Deadline,
    Duration,
    Instance,
    Ladder,
    Level,
    Machine,
    Moment,
    Problem,
    Protocol,
    ProtocolErrors,
    Service,
    State,
    StateKind,
    Transition,
    Unit,
)
from caravan.protocol.running import (
    Effect,
    EndlessLoop,
    Snapshot,
    SnapshotError,
    Step,
    Timer,
    TimerKind,
    Trigger,
    Why,
)
from caravan.protocol.soundness import ModelError, faults
from caravan.protocol.workdays import LFPA28

__all__ = [
    "TERM_ARGUMENTS",
    "Action",
    "Agency",
    "Deadline",
    "Duration",
    "Effect",
    "EndlessLoop",
    "Instance",
    "Ladder",
    "Level",
    "Machine",
    "ModelError",
    "Moment",
    "Problem",
    "Protocol",
    "ProtocolErrors",
    "Service",
    "Snapshot",
    "SnapshotError",
    "State",
    "StateKind",
    "Step",
    "Timer",
    "TimerKind",
    "Transition",
    "Trigger",
    "Unit",
    "Why",
    "act",
    "after",
    "always",
    "atomic",
    "cancel_event",
    "compound",
    "final",
    "history",
    "machine",
    "on",
    "parallel",
    "protocol",
    "raise_event",
    "send_event",
]


def on(
    event: str | Iterable[str],
    *targets: str,
    guard: str | None = None,
    actions: Iterable[Action] = (),
    internal: bool = False,
    **parts: Any,
) -> Transition:
    """A transition on one or more event descriptors, in one text with spaces between or one by one. Without targets it runs
    its actions and nothing is left. External unless ``internal``. ``parts`` are other fields of ``Transition``."""
    events = event.split() if isinstance(event, str) else event
    return Transition(
        events=tuple(events), targets=targets, guard=guard, actions=tuple(actions), internal=internal, **parts
    )


def always(
    *targets: str,
    guard: str | None = None,
    actions: Iterable[Action] = (),
    internal: bool = False,
    **parts: Any,
) -> Transition:
    """A transition without an event, taken as soon as its guard holds."""
    return Transition(targets=targets, guard=guard, actions=tuple(actions), internal=internal, **parts)


def after(
    delay: Duration | Moment | timedelta | str,
    *targets: str,
    guard: str | None = None,
    actions: Iterable[Action] = (),
    internal: bool = False,
    **parts: Any,
) -> Transition:
    """A transition that fires by itself that long after its state was entered (``"10 ms"``, ``"1.5s"``, a ``timedelta``), or
    when a desk opens or closes. Without targets it acts and stays. Several of one delay in one state are alternatives: the
    first whose guard holds. Raises ``ModelError`` for text that is no duration."""
    lasts = delay if isinstance(delay, Moment) else _duration(delay)
    return Transition(delay=lasts, targets=targets, guard=guard, actions=tuple(actions), internal=internal, **parts)


def act(kind: str, **args: Any) -> Action:
    """An effect, as ``act("emitir", evento="listo")``; a term (``tras``, ``plazo``) may be a ``Duration``, a ``timedelta`` or
    text like ``10 ms``. Raises ``ModelError`` for one that is no duration."""
    term = TERM_ARGUMENTS.get(kind)
    if term in args:
        args[term] = str(_duration(args[term]))
    return Action(kind=kind, args=args)


def raise_event(event: str) -> Action:
    """Raises ``event`` in this machine, to be answered in the same macrostep: the effect ``emitir``."""
    return act("emitir", evento=event)


def send_event(event: str, *, delay: Duration | timedelta | str | None = None, name: str = "") -> Action:
    """Sends ``event`` to this machine from outside: when the macrostep is over, or after ``delay``, whatever state it is in by
    then. ``name`` is one to cancel it by."""
    named = {"id": name} if name else {}
    later: dict[str, Any] = {"externa": True} if delay is None else {"tras": delay}
    return act("emitir", evento=event, **later, **named)


def cancel_event(event: str = "", *, name: str = "") -> Action:
    """Drops the delayed events called ``event``, or the one that was sent under ``name``: the effect ``cancelar``."""
    return act("cancelar", id=name) if name else act("cancelar", evento=event)


def _duration(value: Duration | timedelta | str) -> Duration:
    try:
        return Duration.of(value)
    except ValueError as error:
        raise ModelError([f"«{value}» no es una duración"]) from error


def atomic(
    name: str,
    *transitions: Transition,
    on_entry: Iterable[Action] = (),
    on_exit: Iterable[Action] = (),
    **parts: Any,
) -> State:
    """A state without children. ``parts`` are other fields of ``State``: ``deadline``, ``owner``, ``label`` …"""
    return State(id=name, transitions=transitions, on_entry=tuple(on_entry), on_exit=tuple(on_exit), **parts)


def final(name: str, *, on_entry: Iterable[Action] = (), on_exit: Iterable[Action] = (), **parts: Any) -> State:
    """A final state. Entering it raises ``done.state.<parent>``, and that of a parallel around it when all its regions are
    final; entered at the top, it ends the copy. Its exit effects run only then."""
    return State(id=name, kind="final", on_entry=tuple(on_entry), on_exit=tuple(on_exit), **parts)


def history(name: str, *targets: str, deep: bool = False, actions: Iterable[Action] = ()) -> State:
    """A history pseudo-state. Before its parent was ever left it stands for ``targets``, and ``actions`` then run after the
    parent's entry; without targets it stands for its parent's own initial transition."""
    default = Transition(targets=targets, actions=tuple(actions))
    return State(id=name, kind="history", deep=deep, transitions=(default,) if targets or default.actions else ())


def compound(
    name: str,
    *inside: State | Transition,
    initial: str | Iterable[str] = (),
    on_initial: Iterable[Action] = (),
    on_entry: Iterable[Action] = (),
    on_exit: Iterable[Action] = (),
    transitions: Iterable[Transition] = (),
    **parts: Any,
) -> State:
    """A state with one active child. ``inside`` are its children and, among them or in ``transitions``, its transitions.

    It begins in ``initial``, else in its first child: one descendant however deep, a history, or several in different
    regions. ``on_initial`` are the effects of that initial transition: after its own entry, before the children's.
    """
    return State(
        id=name,
        kind="compound",
        children=_states(inside),
        initial=_ids(initial),
        on_initial=tuple(on_initial),
        transitions=(*_transitions(inside), *transitions),
        on_entry=tuple(on_entry),
        on_exit=tuple(on_exit),
        **parts,
    )


def parallel(
    name: str,
    *inside: State | Transition,
    on_entry: Iterable[Action] = (),
    on_exit: Iterable[Action] = (),
    transitions: Iterable[Transition] = (),
    **parts: Any,
) -> State:
    """A state whose children are all active at once; its transitions are given as those of ``compound``."""
    return State(
        id=name,
        kind="parallel",
        children=_states(inside),
        transitions=(*_transitions(inside), *transitions),
        on_entry=tuple(on_entry),
        on_exit=tuple(on_exit),
        **parts,
    )


def _states(inside: Iterable[State | Transition]) -> tuple[State, ...]:
    return tuple(each for each in inside if isinstance(each, State))


def _transitions(inside: Iterable[State | Transition]) -> tuple[Transition, ...]:
    return tuple(each for each in inside if isinstance(each, Transition))


def _ids(given: str | Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) and given else tuple(given)


def machine(
    name: str,
    *states: State,
    initial: str | Iterable[str] = (),
    on_initial: Iterable[Action] = (),
    resumes: bool = False,
    instance: Instance = "activacion",
) -> Machine:
    """A machine. It begins in ``initial``, else in its first state: one or several states however deep, as of ``compound``.
    With ``resumes`` history has the meaning it has in a file: what it restores runs ``on_resume`` and keeps its clocks."""
    first = tuple(state.id for state in states if state.kind != "history")[:1]
    return Machine(
        id=name,
        instance=instance,
        states=states,
        initial=_ids(initial) or first,
        on_initial=tuple(on_initial),
        resumes=resumes,
    )


def protocol(*machines: Machine, **parts: Any) -> Protocol:
    """A protocol around machines made in code, for charts that need no file; ``parts`` are other fields of ``Protocol``.

    Raises ``ModelError`` with everything that would keep a machine from running."""
    needed: dict[str, Any] = {
        "id": "ejemplo",
        "version": 1,
        "title": {"es": "Ejemplo"},
        "provenance": "Hecho en código.",
        "state_name": "Guanajuato",
        "pcode": "MX11",
        "timezone": "America/Mexico_City",
        "calendar": LFPA28,
        "agencies": {},
        "levels": (),
    }
    needed["machines"] = {each.id: each for each in machines}
    made = Protocol(**(needed | parts))
    problems = [f"máquina repetida «{each.id}»" for each in machines if made.machines[each.id] is not each]
    problems += [problem for each in made.machines.values() for problem in faults(made, each)]
    if problems:
        raise ModelError(problems)
    return made
