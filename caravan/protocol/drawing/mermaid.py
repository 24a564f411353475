"""A machine as a Mermaid ``stateDiagram-v2``: text that code hosts and editors draw by themselves."""

from __future__ import annotations

import re

from caravan.protocol.chart import Node, chart_of
from caravan.protocol.drawing.sight import machine_words
from caravan.protocol.model import Protocol, Transition
from caravan.protocol.telling.spoken import deadline_words, guard_words, one_of, state_words, transition_words

_PLAIN = re.compile(r"[^\w .,«»()áéíóúüñÁÉÍÓÚÜÑ¿?¡!/·-]")
_STEP = "    "


def mermaid(protocol: Protocol, machine: str, language: str = "es") -> str:
    """Every state with its owner and deadline, every transition with its words. States are named ``s`` and their number, because
    Mermaid reserves words that a file may use. Raises ``KeyError`` for an unknown machine."""
    chart = chart_of(protocol, machine)
    writing = _Writing(protocol, language)
    title = f"{machine_words(protocol, machine, language)}, {one_of(protocol.title, language)}"
    lines = ["---", f"title: {_quoted(title)}", "---", "stateDiagram-v2", f"{_STEP}direction TB"]
    lines += writing.inside(chart.root, 1)
    for node in chart.nodes[1:]:
        lines += writing.leaving(node, chart.by_id)
    return "\n".join(lines) + "\n"


class _Writing:
    def __init__(self, protocol: Protocol, language: str) -> None:
        self.protocol = protocol
        self.language = language

    def inside(self, node: Node, depth: int) -> list[str]:
        pad = _STEP * depth
        lines: list[str] = []
        for number, child in enumerate((*node.children, *node.histories)):
            if node.kind == "parallel" and 0 < number < len(node.children):
                lines.append(f"{pad}--")
            lines += self._state(child, depth)
        lines += [f"{pad}[*] --> {_id(target)}" for target in node.initial]
        return lines

    def _state(self, node: Node, depth: int) -> list[str]:
        pad = _STEP * depth
        lines = [f'{pad}state "{escaped(self._words(node))}" as {_id(node)}']
        if node.children:
            lines += [f"{pad}state {_id(node)} {{", *self.inside(node, depth + 1), f"{pad}}}"]
        if node.kind == "final":
            lines.append(f"{pad}{_id(node)} --> [*]")
        return lines

    def _words(self, node: Node) -> str:
        if node.kind == "history":
            return "H*" if node.state.deep else "H"
        parts = [state_words(node.state, self.language)]
        if node.owner and node.kind != "final":
            parts.append(node.owner)
        if node.state.deadline is not None:
            parts.append(deadline_words(node.state.deadline, self.language))
        return " · ".join(parts)

    def leaving(self, node: Node, by_id: dict[str, Node]) -> list[str]:
        return [
            f"{_STEP}{_id(node)} --> {_id(by_id[target])}{self._label(transition)}"
            for transition in node.state.transitions
            for target in transition.targets or (node.id,)
        ]

    def _label(self, transition: Transition) -> str:
        said = transition_words(self.protocol, transition, self.language)
        if transition.guard is not None:
            guard = guard_words(self.protocol, transition.guard, self.language)
            said = f"{said} [{guard}]".strip()
        return f": {escaped(said)}" if said else ""


def _id(node: Node) -> str:
    return f"s{node.index}"


def escaped(text: str) -> str:
    """Letters that Mermaid would read as its own become their numbers."""
    one_line = " ".join(text.split())
    return _PLAIN.sub(lambda found: f"#{ord(found[0])};", one_line)


def _quoted(text: str) -> str:
    """For the title, which is YAML."""
    plain = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{"".join(letter for letter in plain if letter.isprintable())}"'
