"""A rehearsal in Spanish sentences, for whoever has to decide whether the draft is better."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from caravan.protocol.model import Protocol
from caravan.protocol.versions.rehearse import Missed, Recording, Rehearsal, Shift, Told, Unheard, step_words

_SAME = "Nada habría sido distinto."
_TEMPLATES = {"vencido": "plazo vencido", "por_vencer": "plazo por vencer"}


def tell(
    rehearsal: Rehearsal, before: Protocol, draft: Protocol, recording: Recording, most: int | None = None
) -> list[tuple[str, list[str]]]:
    """Titles with their sentences; one that says that nothing differs where nothing does. Beyond ``most`` sentences in all, how
    many more there are of each."""
    words = _Words(before, draft, recording)
    groups: list[tuple[str, Sequence[Any], Callable[[Any], str]]] = [
        ("Hasta dónde se llegó", () if rehearsal.until is None else (rehearsal.until,), words.until),
        ("No pudo seguir", rehearsal.broken, words.broken),
        ("Pasos antes o después", rehearsal.shifts, words.shift),
        ("Avisos de más", rehearsal.told_more, words.notice),
        ("Avisos de menos", rehearsal.told_fewer, words.notice),
        ("Avisos a otra hora", rehearsal.moved, words.moved),
        ("Plazos vencidos de más", rehearsal.missed_more, words.missed),
        ("Plazos vencidos de menos", rehearsal.missed_fewer, words.missed),
        ("Lo que nadie habría esperado", rehearsal.unheard, words.unheard),
        ("Dónde habría terminado", rehearsal.ends, words.ended),
    ]
    told: list[tuple[str, list[str]]] = []
    for title, found, say in groups:
        room = len(found) if most is None else max(0, most - sum(len(said) for _, said in told))
        if found:
            more = [f"Y {len(found) - room} más."] if len(found) > room else []
            told.append((title, [say(one) for one in found[:room]] + more))
    if rehearsal.until is not None and len(told) == 1:
        told.append(("Resultado", ["Hasta entonces, nada habría sido distinto."]))
    return told or [("Resultado", [_SAME])]


class _Words:
    def __init__(self, before: Protocol, draft: Protocol, recording: Recording) -> None:
        self.before, self.draft = before, draft
        self.zone = ZoneInfo(draft.timezone)
        self.names = _names(recording)

    def when(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%d/%m/%Y %H:%M}"

    def who(self, agency: str) -> str:
        known = self.draft.agencies.get(agency) or self.before.agencies.get(agency)
        return known.name if known is not None else agency or "nadie"

    def step(self, state: str) -> str:
        known = any(_has(self.draft, state)) or not any(_has(self.before, state))
        return f"«{step_words(self.draft if known else self.before, state)}»"

    def of(self, owner: str) -> str:
        return self.names.get(owner, owner)

    def shift(self, shift: Shift) -> str:
        said = f"{self.of(shift.owner)}, «{shift.step}» (responde {self.who(shift.responsible)})"
        if shift.before is None and shift.after is not None:
            return f"{said}: no se llegaba; se habría llegado el {self.when(shift.after)}."
        if shift.after is None and shift.before is not None:
            return f"{said}: se llegó el {self.when(shift.before)}; no se habría llegado."
        if shift.before is None or shift.after is None:
            return f"{said}."
        sooner = shift.after < shift.before
        span = span_words(abs(shift.after - shift.before))
        return f"{said}: {span} {'antes' if sooner else 'después'}, el {self.when(shift.after)} en vez del {self.when(shift.before)}."

    def notice(self, told: Told) -> str:
        template = _TEMPLATES.get(told.template, told.template.replace("_", " "))
        step = f", por {self.step(told.state)}" if told.state else ""
        return f"{self.when(told.at)}, {self.of(told.owner)}: a {self.who(told.agency)}, «{template}»{step}."

    def until(self, at: datetime) -> str:
        return (
            f"Había demasiado que ensayar: se comparó lo que pasó antes del {self.when(at)}. Donde abajo dice que no se habría "
            "llegado, o que se habría avisado de más o de menos, es hasta esa hora."
        )

    def broken(self, broken: tuple[str, str]) -> str:
        owner, _, machine = broken[0].rpartition("/")
        known = self.draft.machines.get(machine)
        label = (known.label.get("es") if known is not None else None) or machine.replace("_", " ")
        return f"{self.of(owner)}, «{label}»: {broken[1].removeprefix(f'{machine}: ')}."

    def moved(self, moved: tuple[Told, Told]) -> str:
        old, new = moved
        return f"{self.notice(new).removesuffix('.')}; fue el {self.when(old.at)}."

    def missed(self, missed: Missed) -> str:
        return f"{self.when(missed.at)}, {self.of(missed.owner)}: {self.step(missed.state)}."

    def unheard(self, one: Unheard) -> str:
        lacking = ", ".join(name.replace("_", " ") for name in one.lacking)
        why = f"le habría faltado {lacking}" if lacking else "nadie lo habría esperado"
        return f"{self.when(one.at)}, {self.of(one.owner)}: «{one.name.replace('_', ' ')}», {why}."

    def ended(self, end: tuple[str, tuple[str, ...], tuple[str, ...]]) -> str:
        ident, old, new = end
        owner = ident.rpartition("/")[0]
        only = [s for s in old if s not in new], [s for s in new if s not in old]
        told = [", ".join(self.step(state) for state in states) or "menos pasos" for states in only]
        return f"{self.of(owner)}: terminó en {told[0]}; habría terminado en {told[1]}."


def _has(protocol: Protocol, state: str) -> Iterator[bool]:
    for machine in protocol.machines.values():
        stack = list(machine.states)
        while stack:
            one = stack.pop()
            yield one.id == state
            stack += one.children


def _names(recording: Recording) -> dict[str, str]:
    """Groups and cases by their number, in the order in which they began."""
    names = {recording.activation: "la activación"}
    for kind in ("grupo", "caso"):
        begun = (heard.owner for heard in recording.heard if heard.kind == "start" and heard.instance == kind)
        names.update({owner: f"{kind} {n}" for n, owner in enumerate(dict.fromkeys(begun), 1)})
    return names


def span_words(span: timedelta) -> str:
    """``2 d 3 h``, ``1 h 30 min``, ``20 min``: the two largest parts."""
    minutes = int(span.total_seconds() // 60)
    parts = [(minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min")]
    told = [f"{amount} {unit}" for amount, unit in parts if amount][:2]
    return " ".join(told) or "menos de 1 min"
