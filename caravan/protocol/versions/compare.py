"""Two versions of a protocol side by side: everything that is not as it was, each thing told once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from caravan.protocol.model import Action, Machine, Protocol, Service, State
from caravan.protocol.telling.spoken import event_words, fact_words, plain, role_words, service_words
from caravan.protocol.versions.alike import bare_transition, pairs, placed, unplaced, words_of
from caravan.protocol.versions.difference import Difference, reading_order
from caravan.protocol.versions.steps import locked_steps_gone, machine_differences, ordered, translated
from caravan.protocol.versions.wording import Wording, apart
from caravan.protocol.vocabulary import FactType
from caravan.protocol.workdays import Calendar

_DAYS = ("lun", "mar", "mié", "jue", "vie", "sáb", "dom")
_HEAD = {
    "id": "Nombre del protocolo", "state_name": "Entidad", "pcode": "Clave de la entidad", "timezone": "Zona horaria",
    "effective": "Vigente desde",
}  # fmt: skip


def differences(before: Protocol, after: Protocol) -> tuple[Difference, ...]:
    """All that differs, in reading order; nothing where only the version number, the lines or the comments do."""
    found = [
        *_packs(before, after), *_machines(before, after), *_ladder(before, after), *_agencies(before, after), *_levels(before, after),
        *_services(before, after), *_calendar(before.calendar, after.calendar), *_facts(before, after), *_head(before, after),
    ]  # fmt: skip
    if not found and _bare(before) != _bare(after):
        found = [Difference(code="other")]
    if found and all(difference.code == "order.changed" for difference in found):
        found = [Difference(code="order.only"), *found]
    return reading_order(_translations_together(found))


def _translations_together(found: list[Difference]) -> list[Difference]:
    """All words in other languages as one line."""
    told = [difference for difference in found if difference.code != "words.translated"]
    if len(told) == len(found):
        return found
    return [*told, Difference(code="words.translated", about=str(len(found) - len(told)))]


def _packs(before: Protocol, after: Protocol) -> Iterable[Difference]:
    was, now = ({key.partition("@")[0]: key for key in protocol.extends} for protocol in (before, after))
    for _, old, new in pairs(was, now):
        if old != new:
            code = "pack.added" if old is None else "pack.gone" if new is None else "pack.changed"
            yield Difference(code=code, old=f"«{old}»", new=f"«{new}»")
    yield from ordered("los paquetes de que deriva", was, now)


def _machines(before: Protocol, after: Protocol) -> Iterable[Difference]:
    for name, old, new in pairs(before.machines, after.machines):
        if old is None and new is not None:
            yield Difference(code="machine.added", machine=name, step=_machine(new), new=str(_count(new.states)))
        elif new is None and old is not None:
            yield Difference(code="machine.gone", machine=name, step=_machine(old), old=str(_count(old.states)))
            yield from locked_steps_gone(placed(old).values())
        elif old is not None and new is not None:
            yield from machine_differences(before, after, name)
    was, now = ([_machine(made) for made in protocol.machines.values()] for protocol in (before, after))
    yield from ordered("sus partes", was, now)


def _machine(machine: Machine) -> str:
    return f"«{words_of(machine.label, machine.id)}»"


def _count(states: Iterable[State]) -> int:
    return sum((state.kind != "history") + _count(state.children) for state in states)


def _ladder(before: Protocol, after: Protocol) -> list[Difference]:
    old, new = before.ladder, after.ladder
    if old == new:
        return []
    was, now = apart(Wording(before).ladder(old), Wording(after).ladder(new), old, new)
    return [Difference(code="ladder.protocol", old=was, new=now)]


def _agencies(before: Protocol, after: Protocol) -> Iterable[Difference]:
    for key, old, new in pairs(before.agencies, after.agencies):
        if old is None or new is None:
            code = "agency.added" if old is None else "agency.gone"
            yield Difference(code=code, about=key, old=old.name if old else "", new=new.name if new else "")
            continue
        if old.name != new.name:
            yield Difference(code="agency.name", about=key, old=old.name, new=new.name)
        if old.kind != new.kind:
            was, now = role_words(old.kind, "es"), role_words(new.kind, "es")
            yield Difference(code="agency.kind", about=new.name, old=was, new=now)
        if old.channels != new.channels:
            was, now = ", ".join(old.channels) or "ningún medio", ", ".join(new.channels) or "ningún medio"
            yield Difference(code="agency.channels", about=new.name, old=was, new=now)
    was, now = (
        [after.agencies[k].name for k in p.agencies if k in after.agencies and k in before.agencies]
        for p in (before, after)
    )
    yield from ordered("las instituciones", was, now)


def _levels(before: Protocol, after: Protocol) -> Iterable[Difference]:
    old_levels = {level.id: level.minimum for level in before.levels}
    new_levels = {level.id: level.minimum for level in after.levels}
    for about, old, new in pairs(old_levels, new_levels):
        if old != new:
            code = "level.added" if old is None else "level.gone" if new is None else "level.minimum"
            yield Difference(code=code, about=about, old=_plain(old), new=_plain(new))
    yield from ordered("los niveles", old_levels, new_levels)


def _services(before: Protocol, after: Protocol) -> Iterable[Difference]:
    for name, old, new in pairs(before.services, after.services):
        if old is None or new is None or _in_spanish(old) != _in_spanish(new):
            code = "service.added" if old is None else "service.gone" if new is None else "service.changed"
            about = f"«{service_words(before if new is None else after, name, 'es')}»"
            yield Difference(code=code, about=about, old=_hours(old), new=_hours(new))
        if old is not None and new is not None:
            yield from translated(old.label, new.label)
    yield from ordered("los horarios", before.services, after.services)


def _in_spanish(service: Service) -> Service:
    return replace(unplaced(service), label={"es": service.label.get("es", "")})


def _hours(service: Service | None) -> str:
    if service is None:
        return ""
    days = ", ".join(_DAYS[day] for day in service.days)
    only = ", solo en días hábiles" if service.working_days else ", también en días inhábiles"
    called = f", «{service.label['es']}»" if "es" in service.label else ""
    return f"{days} de {service.opens:%H:%M} a {service.closes:%H:%M}{only}{called}"


def _calendar(old: Calendar, new: Calendar) -> Iterable[Difference]:
    if old.id != new.id:
        yield Difference(code="calendar.changed", old=old.id, new=new.id)
    told = (
        ("los días de la semana", _weekdays(old), _weekdays(new)),
        ("los días festivos", _holidays(old), _holidays(new)),
        ("la fuente", old.source or "ninguna", new.source or "ninguna"),
    )
    for about, was, now in told:
        if was != now:
            yield Difference(code="calendar.days", about=about, old=was, new=now)
    dates = sorted({*old.closures, *new.closures})
    for day in dates:
        was, now = old.closures.get(day), new.closures.get(day)
        if was != now:
            code = "closure.added" if was is None else "closure.gone" if now is None else "closure.changed"
            yield Difference(code=code, about=day.isoformat(), old=was or "", new=now or "")


def _weekdays(calendar: Calendar) -> str:
    return ", ".join(_DAYS[day] for day in calendar.weekdays)


def _holidays(calendar: Calendar) -> str:
    yearly = [f"{day:02}/{month:02}" for month, day in calendar.holidays]
    some = [f"{o.day:02}/{o.month:02} cada {o.every} años desde {o.since}" for o in calendar.recurring]
    return ", ".join([*yearly, *some]) or "ninguno"


def _facts(before: Protocol, after: Protocol) -> Iterable[Difference]:
    was, now = _flat(before.facts), _flat(after.facts)
    for name, old, new in pairs(was, now):
        if old != new:
            code = "fact.added" if old is None else "fact.gone" if new is None else "fact.changed"
            about = f"«{fact_words(name, 'es')}» ({name})"
            yield Difference(code=code, about=about, old=_type(old), new=_type(new))
    for name, old, new in pairs(before.events, after.events):
        about = event_words(before if new is None else after, name, "es")
        for field, one, other in pairs(old or {}, new or {}):
            if one != other:
                code = "payload.added" if one is None else "payload.gone" if other is None else "payload.changed"
                yield Difference(code=code, about=about, old=_field(field, one), new=_field(field, other))


def _flat(facts: Mapping[str, Mapping[str, FactType]]) -> dict[str, FactType]:
    return {f"{owner}.{name}": kind for owner, names in facts.items() for name, kind in names.items()}


def _field(name: str, kind: FactType | None) -> str:
    return f"{plain(name)} ({_type(kind)})"


_KINDS = {
    "integer": "entero", "number": "número", "boolean": "sí o no", "text": "texto", "date": "fecha", "instant": "fecha y hora",
    "choice": "una de",
}  # fmt: skip


def _type(kind: FactType | None) -> str:
    if kind is None:
        return ""
    words = [_KINDS[kind.kind] + (f" {', '.join(kind.options)}" if kind.options else "")]
    if kind.default is not None:
        words.append(f"si no se sabe, {kind.default}")
    if kind.optional:
        words.append("opcional")
    if kind.erasable:
        words.append("se borra")
    return "; ".join(words)


def _head(before: Protocol, after: Protocol) -> Iterable[Difference]:
    for field, about in _HEAD.items():
        old, new = _plain(getattr(before, field)), _plain(getattr(after, field))
        if old != new:
            yield Difference(code="head.changed", about=about, old=_quoted(old), new=_quoted(new))
    old, new = before.title.get("es", ""), after.title.get("es", "")
    if old != new:
        yield Difference(code="head.changed", about="Título", old=_quoted(old), new=_quoted(new))
    yield from translated(before.title, after.title)
    if before.provenance != after.provenance:
        yield Difference(code="provenance.protocol", old=before.provenance, new=after.provenance)


def _quoted(words: str) -> str:
    return f"«{words}»" if words else "nada"


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


# --- what is left when lines and inherited words are taken away -------------------------------------------------------


def _bare(protocol: Protocol) -> tuple[Any, ...]:
    """Everything a protocol says, without its version and without where it is written."""
    machines = {name: _bare_machine(machine) for name, machine in protocol.machines.items()}
    services = {name: unplaced(service) for name, service in protocol.services.items()}
    fields = (getattr(protocol, n) for n in protocol.__struct_fields__ if n not in ("version", "machines", "services"))
    return (machines, services, *fields)


def _bare_machine(machine: Machine) -> Machine:
    states = tuple(_bare_state(state, None, None) for state in machine.states)
    return replace(unplaced(machine), states=states, on_initial=_bare_actions(machine.on_initial))


def _bare_state(state: State, owner: str | None, visible: tuple[str, ...] | None) -> State:
    owner, visible = state.owner or owner, visible if state.visible is None else state.visible
    return replace(
        unplaced(state), owner=owner, visible=visible,
        children=tuple(_bare_state(child, owner, visible) for child in state.children),
        transitions=tuple(bare_transition(transition) for transition in state.transitions),
        on_entry=_bare_actions(state.on_entry), on_exit=_bare_actions(state.on_exit),
        on_resume=_bare_actions(state.on_resume), on_initial=_bare_actions(state.on_initial),
    )  # fmt: skip


def _bare_actions(actions: Sequence[Action]) -> tuple[Action, ...]:
    return tuple(unplaced(action) for action in actions)
