"""Whether one guard, effect or transition is at least as strong as another: what the locks of a pack are compared by.

Each function answers with what is weaker, in Spanish, or with nothing. Nothing here looks at where things stand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, cast

import msgspec

from caravan.protocol.expressions import Binary, Node, names, parse
from caravan.protocol.model import Action, Deadline, Duration, Transition
from caravan.protocol.vocabulary import NARROW_FACTS

_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_EXACT = frozenset({"emitir", "enviar", "cancelar", "proponer_relevo", "anotar", "purgar", "abrir_caso"})
"""Effects another machine or timer depends on: they stay word for word."""


def overlap(some: Iterable[str], others: Collection[str]) -> bool:
    """Whether one event could match a descriptor of each."""
    return any(_meet(_stem(one), _stem(other)) for one in some for other in others)


def _stem(descriptor: str) -> str:
    stem = descriptor.removesuffix(".*").removesuffix(".")
    return "" if stem == "*" else stem


def _meet(one: str, other: str) -> bool:
    return one == other or not one or not other or one.startswith(other + ".") or other.startswith(one + ".")


# -- terms


def longer(was: Duration, now: Duration) -> bool:
    """Whether ``now`` gives more time, or is counted in another way: working days and hours do not compare."""
    if "dh" in (was.unit, now.unit):
        return was.unit != now.unit or now.amount > was.amount
    return now.amount * _SECONDS[now.unit] > was.amount * _SECONDS[was.unit]


def weaker_deadline(was: Deadline, now: Deadline | None) -> str:
    if now is None:
        return f"se le quitó el plazo de {was.lasts}"
    if was.since != now.since:
        return f"su plazo se contaba desde {was.since or 'que se entra'} y ahora desde {now.since or 'que se entra'}"
    if longer(was.lasts, now.lasts):
        return f"su plazo pasa de {was.lasts} a {now.lasts}"
    if was.warn_before and (now.warn_before is None or longer(now.warn_before, was.warn_before)):
        return f"se avisaba {was.warn_before} antes de vencer y ya no"
    return ""


def weaker_ladder(
    was: tuple[tuple[str, ...], ...], step: Duration | None, now: tuple[tuple[str, ...], ...], pace: Duration | None
) -> str:
    """Whether some agency hears of a missed term later than before, rung by rung, or no longer."""
    for place, rung in enumerate(was):
        for agency in rung:
            at = next((other for other, each in enumerate(now) if agency in each), None)
            if at is None:
                return f"«{agency}» ya no sabría que se venció"
            if step and pace and longer(_times(step, place), _times(pace, at)):
                return f"«{agency}» sabría más tarde que se venció"
    return ""


def _times(step: Duration, count: int) -> Duration:
    return Duration(amount=step.amount * count, unit=step.unit)


# -- guards


def same_guard(was: str | None, now: str | None) -> bool:
    return was == now or (was is not None and now is not None and _bare(parse(was)) == _bare(parse(now)))


def tightened(was: str | None, now: str | None) -> bool:
    """Whether ``now`` is ``was``, or ``was and …``."""
    if was is None or same_guard(was, now):
        return True
    asked = [_bare(part) for part in _conjuncts(parse(now))] if now is not None else []
    return all(_bare(part) in asked for part in _conjuncts(parse(was)))


def _narrow(guard: str | None) -> set[str]:
    """The facts for a few that a condition reads."""
    read = names(parse(guard)) if guard else ()
    return {name.text for name in read if (name.owner, name.field) in NARROW_FACTS}


def _conjuncts(node: Node) -> Iterator[Node]:
    if isinstance(node, Binary) and node.operator == "and":
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    else:
        yield node


def _bare(node: Node) -> Any:
    """The tree without the places its words stand at."""
    return _placeless(msgspec.to_builtins(node))


def _placeless(tree: Any) -> Any:
    if isinstance(tree, dict):
        known = cast(dict[str, Any], tree)
        return {key: _placeless(value) for key, value in known.items() if key != "offset"}
    if isinstance(tree, list):
        return [_placeless(each) for each in cast(list[Any], tree)]
    return (type(tree).__name__, tree)


# -- effects


def lost(was: Iterable[Action], now: Iterable[Action]) -> list[Action]:
    """The effects of ``was`` that ``now`` no longer has, or has weaker."""
    left = list(now)
    gone: list[Action] = []
    for action in was:
        kept = next((each for each in left if _keeps(action, each)), None)
        if kept is None:
            gone.append(action)
        else:
            left.remove(kept)
    return gone


def added(was: Iterable[Action], now: Iterable[Action]) -> list[Action]:
    """The effects of ``now`` that are not, word for word, among those of ``was``."""
    left = [(action.kind, action.args) for action in was]
    more: list[Action] = []
    for action in now:
        if (action.kind, action.args) in left:
            left.remove((action.kind, action.args))
        else:
            more.append(action)
    return more


def _keeps(was: Action, now: Action) -> bool:
    if was.kind != now.kind:
        return False
    if was.kind in _EXACT:
        return was.args == now.args
    free = {"titulo", "plazo"} if was.kind == "tarea" else {"a"} if was.kind == "avisar" else set[str]()
    if any(now.args.get(key) != value for key, value in was.args.items() if key not in free):
        return False
    if was.kind == "avisar":
        return set(was.args["a"]) <= set(now.args["a"])
    term, then = was.args.get("plazo"), now.args.get("plazo")
    return term is None or (then is not None and not longer(Duration.parse(term), Duration.parse(then)))


# -- transitions


def weaker_transition(was: Transition, now: Transition, *, alone: bool, may_send: Collection[str]) -> Iterator[str]:
    """What of ``was`` is weaker in ``now``. ``alone``: no other transition of its state answers the same trigger.
    ``may_send`` are the agencies that may send the pack's when it names none."""
    if was.targets != now.targets:
        yield f"iba a {_list(was.targets)} y ahora a {_list(now.targets)}"
    if was.internal != now.internal:
        yield "cambió «externa»"
    permission = alone and was.events and not was.events[0].startswith("done.")
    if not same_guard(was.guard, now.guard):
        if was.guard is None or not permission:
            yield "su condición no puede cambiar"
        elif not tightened(was.guard, now.guard):
            yield f"su condición «{was.guard}» solo puede estrecharse, como «({was.guard}) and …»"
        elif asked := sorted(_narrow(now.guard) - _narrow(was.guard)):
            yield f"lo que se permite a las personas no puede depender de {', '.join(f'«{name}»' for name in asked)}"
    if missing := [name for name in was.requires if name not in now.requires]:
        yield f"ya no requiere {', '.join(missing)}"
    elif was.guard is None and not was.requires and now.requires:
        yield f"el paquete la deja pasar sin condición y ahora requiere {', '.join(now.requires)}"
    for action in lost(was.actions, now.actions):
        yield f"pierde su efecto «{told(action)}»"
    yield from _weaker_senders(was, now, may_send)


def _weaker_senders(was: Transition, now: Transition, may_send: Collection[str]) -> Iterator[str]:
    if was.senders == now.senders:
        return
    if was.guard is None and not was.requires and not was.senders:
        yield "el paquete no limita quién la envía y ahora sí"
    elif not now.senders or not set(now.senders) <= set(was.senders or may_send):
        yield f"la podría enviar quien el paquete no dice ({', '.join(now.senders) or 'sin «envia»'})"


def whom(action: Action) -> list[str]:
    """The agencies a notice or a task is for."""
    if action.kind not in ("avisar", "tarea"):
        return []
    agencies = action.args["a"]
    return [agencies] if isinstance(agencies, str) else list(cast(list[str], agencies))


def told(action: Action) -> str:
    """An effect in few words: its kind, whom it is for, what it is."""
    whom = action.args.get("a", "")
    words = [action.kind, whom if isinstance(whom, str) else ", ".join(cast(list[str], whom))]
    words.append(str(action.args.get("plantilla") or action.args.get("evento") or ""))
    return " ".join(word for word in words if word)


def _list(names: tuple[str, ...]) -> str:
    return f"«{', '.join(names)}»" if names else "ninguna parte"
