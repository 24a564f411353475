"""One step of a protocol in sentences: who answers, in how long, what follows, who is told, which law it comes from."""

from __future__ import annotations

from caravan.protocol.chart import Node, chart_of
from caravan.protocol.model import Action, Protocol, Transition
from caravan.protocol.telling.spoken import (
    action_words,
    agency_words,
    deadline_words,
    duration_words,
    evidence_words,
    guard_words,
    is_otherwise,
    listed,
    mark_words,
    opening,
    state_words,
    transition_words,
    undecided_words,
)
from caravan.protocol.vocabulary import PROGRAM_EVENTS

Row = tuple[str, tuple[str, ...]]


class Telling:
    def __init__(self, protocol: Protocol, machine: str, language: str) -> None:
        self.protocol = protocol
        self.chart = chart_of(protocol, machine)
        self.language = language

    def t(self, es: str, en: str) -> str:
        return es if self.language == "es" else en

    def title(self, node: Node) -> str:
        return state_words(node.state, self.language)

    def beginning(self, node: Node) -> str:
        """Where it begins."""
        if node.kind == "parallel":
            return self.t(
                f"Corren al mismo tiempo {len(node.children)} líneas: {self._titles(node.children)}.",
                f"{len(node.children)} lines run at the same time: {self._titles(node.children)}.",
            )
        return self.t(f"Comienza en {self._titles(node.initial)}.", f"It begins at {self._titles(node.initial)}.")

    def _titles(self, nodes: tuple[Node, ...]) -> str:
        return listed([f"«{self.title(node)}»" for node in nodes], self.language)

    def facts(self, node: Node) -> tuple[Row, ...]:
        """What is told of a step, in the order an official asks."""
        if node.kind == "final":
            return (
                (self.t("Qué es", "What it is"), (self.t("Fin de esta parte.", "The end of this part."),)),
                *self._source(node),
            )
        rows: list[Row] = []
        if node.children:
            rows.append((self.t("Qué reúne", "What it holds"), (self.beginning(node),)))
        if node.owner:
            rows.append((self.t("Quién responde", "Who answers"), (agency_words(self.protocol, node.owner),)))
        rows += self._deadline(node)
        rows += self._actions(node)
        rows += self._exits(node)
        if node.state.visible is not None:
            names = listed([agency_words(self.protocol, key) for key in node.state.visible], self.language)
            only = self.t(f"Solo {names}.", f"Only {names}.")
            rows.append((self.t("Quién puede saber", "Who may know"), (only,)))
        rows += self._source(node)
        if node.state.locked:
            fixed = self.t("Nadie puede quitar ni debilitar este paso.", "Nobody may remove or weaken this step.")
            rows.append((self.t("Bloqueado", "Locked"), (fixed,)))
        return tuple(rows)

    # --- the deadline ---

    def _deadline(self, node: Node) -> list[Row]:
        term = node.state.deadline
        title = self.t("En cuánto tiempo", "In how long")
        if term is None:
            around = next((each for each in node.above if each.state.deadline is not None), None)
            if around is None or around.state.deadline is None or node.children:
                return []
            lasts = deadline_words(around.state.deadline, self.language)
            said = self.t(
                f"Sin plazo propio: rige el de «{self.title(around)}», {lasts}.",
                f"No deadline of its own: that of «{self.title(around)}» holds, {lasts}.",
            )
            return [(title, (said,))]
        said = deadline_words(term, self.language)
        from_entry = self.t(" desde que comienza el paso", " from when the step begins") if term.since is None else ""
        lines = [f"{opening(said)}{from_entry}."]
        if term.warn_before is not None:
            before = duration_words(term.warn_before, self.language)
            lines.append(
                self.t(f"Se avisa a quien responde {before} antes.", f"Whoever answers is told {before} before.")
            )
        if node.rungs:
            lines.append(self._late(node))
        return [(title, tuple(lines))]

    def _late(self, node: Node) -> str:
        """«Si no se hace a tiempo, se avisa a A; 30 min después, a B.»"""
        told = [
            listed([agency_words(self.protocol, key) for key in rung], self.language) for rung in node.rungs if rung
        ]
        first, *others = told or [self.t("nadie", "nobody")]
        said = self.t(f"Si no se hace a tiempo, se avisa a {first}", f"If it is not done in time, {first} is told")
        every = "" if node.every is None else duration_words(node.every, self.language)
        for other in others:
            said += self.t(f"; {every} después, a {other}", f"; {every} later, {other}")
        return said + "."

    # --- what is done ---

    def _actions(self, node: Node) -> list[Row]:
        state = node.state
        moments = (
            (self.t("Al comenzar", "When it begins"), state.on_entry), (self.t("Al retomarlo", "When it is resumed"), state.on_resume),
            (self.t("Al terminarlo", "When it ends"), state.on_exit), (self.t("Al entrar por primera vez", "On its beginning"), state.on_initial),
        )  # fmt: skip
        return [(title, tuple(self._done(action) for action in actions)) for title, actions in moments if actions]

    def _done(self, action: Action) -> str:
        return f"{opening(self._clause(action))}."

    def _clause(self, action: Action) -> str:
        said = action_words(self.protocol, action, self.language)
        evidence = action.args.get("evidencia") if action.kind == "tarea" else None
        if evidence:
            name = evidence_words(str(evidence), self.language)
            said += self.t(f", con constancia: {name}", f", with evidence: {name}")
        return said

    # --- what follows ---

    def _exits(self, node: Node) -> list[Row]:
        leaving = [self.exit(node, t) for t in node.state.transitions if t.targets]
        staying = [self.exit(node, t) for t in node.state.transitions if not t.targets]
        rows: list[Row] = []
        if leaving:
            title = (
                self.t("En cualquier momento", "At any time") if node.children else self.t("Qué sigue", "What follows")
            )
            rows.append((title, tuple(leaving)))
        if staying:
            rows.append((self.t("Mientras tanto", "Meanwhile"), tuple(staying)))
        return rows

    def exit(self, node: Node, transition: Transition) -> str:
        """One way on as a sentence."""
        said = self._when(transition)
        if transition.guard is not None:
            guard = guard_words(self.protocol, transition.guard, self.language)
            said += self.t(f", si {guard}", f", if {guard}") if said else opening(self.t(f"si {guard}", f"if {guard}"))
            undecided = undecided_words(self.protocol, transition, self.language)
            said += f" ({undecided})" if undecided else ""
        elif is_otherwise(node.state, transition):
            said = f"{said}, {self.t('si no', 'otherwise')}" if said else self.t("Si no", "Otherwise")
        said = said or self.t("En seguida", "At once")
        parts = [self._clause(action) for action in transition.actions]
        if transition.targets:
            names = listed([self._target(target) for target in transition.targets], self.language)
            parts.append(self.t(f"sigue {names}", f"{names} follows"))
        said += f": {'; '.join(parts)}." if parts else "."
        if transition.requires:
            names = listed([evidence_words(name, self.language) for name in transition.requires], self.language)
            said += self.t(f" Debe acompañarse de: {names}.", f" It must come with: {names}.")
        if transition.senders:
            names = listed([agency_words(self.protocol, key) for key in transition.senders], self.language)
            said += self.t(f" Solo lo puede anotar: {names}.", f" Only {names} may record it.")
        return said

    def _when(self, transition: Transition) -> str:
        words = transition_words(self.protocol, transition, self.language)
        if transition.delay is not None:
            return opening(words)
        if not transition.events:
            return ""
        if all(event.startswith("done.") for event in transition.events):
            return self.t("Cuando todo lo de adentro termina", "When everything inside is complete")
        if all(event in PROGRAM_EVENTS for event in transition.events):
            return self.t(f"Cuando consta: «{words}»", f"When it is on record: «{words}»")
        return self.t(f"Cuando se anota «{words}»", f"When «{words}» is recorded")

    def _target(self, state: str) -> str:
        node = self.chart.by_id[state]
        if node.kind != "history":
            return f"«{self.title(node)}»"
        around = f"«{self.title(node.parent)}»" if node.parent is not None else ""
        return self.t(f"{around}, donde se había quedado", f"{around}, where it had been left")

    def _source(self, node: Node) -> tuple[Row, ...]:
        lines = tuple(f"{mark_words(mark, self.language)}: {text}." for mark, text in node.state.provenance.items())
        return ((self.t("De dónde sale", "Where it comes from"), lines),) if lines else ()
