"""The words of one version, as the difference from another tells them: Spanish, for whoever has to approve it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from caravan.protocol.model import Action, Deadline, Duration, Ladder, Moment, Protocol, Transition
from caravan.protocol.telling import spoken

AUTOMATIC, DELAYED = "siempre", "tras"
_TOLD = ("avisar", "tarea")
_SAID_ANYWAY = {"emitir": ("evento", "tras"), "enviar": ("a", "evento", "tras"), "cancelar": ("evento",), "abrir_caso": ("maquina",)}  # fmt: skip


def apart(old: str, new: str, was: object, now: object) -> tuple[str, str]:
    """Words of two things that are not the same; with what the file says where the words are."""
    return (old, new) if old != new else (f"{old} (en el archivo: {was})", f"{new} (en el archivo: {now})")


def marks(provenance: Mapping[str, str]) -> str:
    return (
        "; ".join(f"{spoken.mark_words(mark, 'es')}: {text}" for mark, text in sorted(provenance.items())) or "ninguna"
    )


def other_languages(label: Mapping[str, str]) -> dict[str, str]:
    return {language: text for language, text in label.items() if language != "es"}


class Wording:
    """``protocol`` is the version whose agencies, labels and events the words are of."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol

    def agency(self, key: str | None) -> str:
        return spoken.agency_words(self.protocol, key) if key else "nadie"

    def agencies(self, keys: Sequence[str]) -> str:
        return spoken.listed([self.agency(key) for key in keys], "es")

    def seen_by(self, visible: tuple[str, ...] | None) -> str:
        return "cualquiera" if visible is None else self.agencies(visible) or "nadie"

    def senders(self, transition: Transition) -> str:
        return self.agencies(transition.senders) or "quien responde del paso y la coordinación"

    def ladder(self, ladder: Ladder | None) -> str:
        """Its rungs, and how long after one the next is told."""
        if ladder is None:
            return "quien diga el protocolo"
        rungs = spoken.listed([spoken.rung_words(self.protocol, rung, "es") for rung in ladder.rungs], "es")
        return f"{rungs}, uno cada {spoken.duration_words(ladder.every, 'es')}"

    def term(self, deadline: Deadline | None) -> str:
        """A term and what it counts from."""
        return "ninguno" if deadline is None else spoken.deadline_words(deadline, "es")

    def warned(self, deadline: Deadline) -> str:
        before = deadline.warn_before
        return "nada" if before is None else f"{spoken.duration_words(before, 'es')} antes"

    def delay(self, delay: Duration | Moment | None) -> str:
        return "" if delay is None else spoken.delay_words(self.protocol, delay, "es")

    def guard(self, text: str | None) -> str:
        return spoken.guard_words(self.protocol, text, "es") if text else ""

    def event(self, event: str, transition: Transition) -> str:
        """What sets a transition off: «Verificar y activar», por sí solo, tras 7 días."""
        if transition.delay is not None:
            return self.delay(transition.delay)
        if event == AUTOMATIC:
            return "por sí solo"
        if event.startswith("done.state."):
            return "al terminar"
        return f"«{transition.label.get('es') or spoken.event_words(self.protocol, event, 'es')}»"

    def moment(self, event: str, transition: Transition) -> str:
        """When its effects happen."""
        said = self.event(event, transition)
        return f"con {said}" if said.startswith("«") else "al seguir por sí solo" if event == AUTOMATIC else said

    # -- effects

    def notices(self, actions: Sequence[Action]) -> dict[str, str]:
        """By agency and template, what else each notice says."""
        found: dict[str, str] = {}
        for action in actions:
            if action.kind == "avisar":
                template = spoken.plain(str(action.args.get("plantilla", "")))
                for agency in _each(action.args.get("a")):
                    _put(found, f"{self.agency(agency)} («{template}»)", self._rest(action, ("a", "plantilla")))
        return found

    def tasks(self, actions: Sequence[Action]) -> dict[str, str]:
        """By its title, whose each task is, in how long, with which evidence."""
        found: dict[str, str] = {}
        for action in actions:
            if action.kind == "tarea":
                args = action.args
                told = f", para {self.agency(str(args.get('a') or ''))}"
                if (term := args.get("plazo")) is not None:
                    told += f", en {spoken.duration_words(Duration.of(term), 'es')}"
                if evidence := args.get("evidencia"):
                    told += f", con constancia: {spoken.evidence_words(str(evidence), 'es')}"
                _put(found, f"«{spoken.task_words(args, 'es')}»", told)
        return found

    def others(self, actions: Sequence[Action]) -> list[str]:
        return [self.effect(action) for action in actions if action.kind not in _TOLD]

    def effect(self, action: Action) -> str:
        """Any effect as a clause, with all it is given."""
        said = spoken.action_words(self.protocol, action, "es")
        named = tuple(action.args) if action.kind in (*_TOLD, "anotar") else _SAID_ANYWAY.get(action.kind, ())
        return said + self._rest(action, named)

    def _rest(self, action: Action, said: Sequence[str]) -> str:
        rest = {name: value for name, value in action.args.items() if name not in said}
        told = "; ".join(f"{spoken.plain(name)}: {self._value(value)}" for name, value in rest.items())
        return f" ({told})" if told else ""

    def _value(self, value: object) -> str:
        text = str(value)
        if isinstance(value, str) and text.startswith("="):
            return self.guard(text[1:])
        return ", ".join(_each(value))


def in_spanish(actions: Sequence[Action]) -> list[Action]:
    """The same effects with the Spanish words only, and without where they are written."""
    return [Action(kind=action.kind, args={k: _spanish(v) for k, v in action.args.items()}) for action in actions]


def _spanish(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    labels = cast("dict[str, str]", value)
    return {"es": labels["es"]} if "es" in labels else labels


def _put(found: dict[str, str], key: str, told: str) -> None:
    """Two of the same name are told apart by their number."""
    number, free = 2, key
    while free in found:
        free, number = f"{key} ({number})", number + 1
    found[free] = told


def _each(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{key} {one}" for key, one in cast("dict[str, Any]", value).items()]
    return [str(one) for one in cast("list[Any]", value)] if isinstance(value, list | tuple) else [str(value)]
