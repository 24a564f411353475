"""A state takes up another's protocol: the overlay it begins with, and what it still has to decide.

The overlay names nothing it does not know: what is the state's to say reads ``POR DEFINIR``, which the checker reports
until somebody writes it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import msgspec

from caravan.basics import Record
from caravan.protocol.chart import Node, chart_of
from caravan.protocol.check import TO_DEFINE
from caravan.protocol.expressions import nearest
from caravan.protocol.locking.locks import is_locked, locked_arcs
from caravan.protocol.model import Agency, Protocol

_EVERYWHERE = ("federal", "internacional")
_CENTRE = "America/Mexico_City"


class FederalState(Record, frozen=True):
    """``pcode`` is OCHA's: ``MX`` and INEGI's key. ``zone`` is the one of its capital."""

    pcode: str
    name: str
    zone: str = _CENTRE

    @property
    def id(self) -> str:
        """The name as a protocol's id: ``queretaro``."""
        plain = unicodedata.normalize("NFD", self.name.lower()).encode("ascii", "ignore").decode()
        return plain.replace(" ", "-")


# Names and order: INEGI, Catálogo Único de Claves de Áreas Geoestadísticas. Zones: Ley de los Husos Horarios en los Estados
# Unidos Mexicanos (2022) for the centre; the others are general knowledge, and border municipalities may keep another.
_NAMES = (
    "Aguascalientes", "Baja California", "Baja California Sur", "Campeche", "Coahuila de Zaragoza", "Colima", "Chiapas",
    "Chihuahua", "Ciudad de México", "Durango", "Guanajuato", "Guerrero", "Hidalgo", "Jalisco", "México", "Michoacán de Ocampo",
    "Morelos", "Nayarit", "Nuevo León", "Oaxaca", "Puebla", "Querétaro", "Quintana Roo", "San Luis Potosí", "Sinaloa", "Sonora",
    "Tabasco", "Tamaulipas", "Tlaxcala", "Veracruz de Ignacio de la Llave", "Yucatán", "Zacatecas",
)  # fmt: skip
_ZONES = {
    "Baja California": "America/Tijuana", "Baja California Sur": "America/Mazatlan", "Chihuahua": "America/Chihuahua",
    "Nayarit": "America/Mazatlan", "Quintana Roo": "America/Cancun", "Sinaloa": "America/Mazatlan", "Sonora": "America/Hermosillo",
}  # fmt: skip
STATES: dict[str, FederalState] = {
    f"MX{key:02}": FederalState(pcode=f"MX{key:02}", name=name, zone=_ZONES.get(name, _CENTRE))
    for key, name in enumerate(_NAMES, 1)
}
"""The 32 states by p-code."""


class Locked(Record, frozen=True):
    """One step that the law holds: its words and its articles."""

    state: str
    words: str
    law: str


class Adoption(Record, frozen=True):
    """``text`` is the overlay to begin with. ``steps`` and ``terms`` count what is inherited; ``locked`` what no overlay may
    weaken; ``decisions`` are Spanish sentences on what the state has to decide, and ``next_steps`` on what follows."""

    text: str
    steps: int
    terms: int
    locked: tuple[Locked, ...]
    decisions: tuple[str, ...]
    next_steps: tuple[str, ...]


def state_called(word: str) -> FederalState:
    """The state of a p-code or a name. Raises ``KeyError`` with a Spanish sentence for one that is not known."""
    for state in STATES.values():
        if word.upper() == state.pcode or FederalState(pcode="", name=word).id in (state.id, state.id.split("-de-")[0]):
            return state
    known = [*STATES, *(state.name for state in STATES.values())]
    raise KeyError(f"No hay estado «{word}»{nearest(word, known)}")


def adopted(parent: Protocol, state: FederalState, file: str) -> Adoption:
    """How ``state`` begins from ``parent``; ``file`` is what the overlay will be called, for the next steps. Raises
    ``ValueError`` with a Spanish sentence for a state that would derive from itself."""
    if state.id == parent.id:
        raise ValueError(f"{parent.key} ya es el protocolo de {state.name}: se cambia con una versión nueva")
    nodes = [node for name in parent.machines for node in chart_of(parent, name).nodes[1:] if node.kind == "atomic"]
    own = tuple(agency for agency in parent.agencies.values() if agency.kind not in _EVERYWHERE)
    return Adoption(
        text=_overlay(parent, state, own),
        steps=len(nodes),
        terms=sum(node.state.deadline is not None for node in nodes),
        locked=tuple(_locked(nodes)),
        decisions=tuple(_decisions(parent, state, own)),
        next_steps=(
            f"Escriba en {file} lo que dice «{TO_DEFINE}».",
            f"caravan check {file}",
            f"caravan protocol print {file}   (para leerlo y firmarlo)",
            f"Escriba el directorio de lugares de {state.name}: estaciones, albergues y comedores.",
            "Ensáyelo con «caravan protocol rehearse» y en un simulacro, y publíquelo entre dos personas.",
            "El camino completo es el protocolo «adopcion-estatal».",
        ),
    )


def _locked(nodes: list[Node]) -> Iterator[Locked]:
    for node in nodes:
        if is_locked(node) or locked_arcs(node):
            law = next((each.state.provenance["L"] for each in (node, *node.above) if "L" in each.state.provenance), "")
            yield Locked(state=node.id, words=node.state.label.get("es", node.id), law=law)


def _decisions(parent: Protocol, state: FederalState, own: tuple[Agency, ...]) -> Iterator[str]:
    yield "Qué acto adopta el protocolo, quién lo firma y desde cuándo rige."
    for agency in own:
        yield f"{agency.id}: qué institución de {state.name} es «{agency.name}» y cómo se le avisa."
    yield "Qué albergues, comedores y puntos de llegada hay: el directorio es otro archivo."
    yield f"Qué días cierra la autoridad del estado, además de los inhábiles de «{parent.calendar.id}»."
    levels = ", ".join(f"{level.id} desde {level.minimum}" for level in parent.levels)
    yield f"Si los niveles sirven como están ({levels} personas)."
    yield f"Si los plazos de diseño (D) de «{parent.key}» sirven como están; los de la ley no se alargan."
    if state.zone != parent.timezone:
        yield f"Si todo el estado se rige por la hora de {state.zone}; hay municipios fronterizos con otra."


def _overlay(parent: Protocol, state: FederalState, own: tuple[Agency, ...]) -> str:
    width = max((len(agency.id) for agency in own), default=0) + 1
    agencies = "\n".join(
        f"  {agency.id + ':':<{width}} {{nombre: {TO_DEFINE}, avisos: [{', '.join(agency.channels)}]}}   # {_line(agency.name)}"
        for agency in own
    )
    levels = "\n".join(f"#   - {{id: {level.id}, desde: {level.minimum}}}" for level in parent.levels)
    titles = "\n".join(f"  {language}: {_quoted(words)}" for language, words in parent.title.items())
    zone = f"zona_horaria: {state.zone}   # la de la capital; verifique los municipios fronterizos\n"
    return f"""\
# {_line(parent.title.get("es", parent.id))}: {state.name}.
#
# Este archivo deriva de {parent.key}: dice solo lo que {state.name} decide o cambia. Todo lo demás se hereda.
# Lo que dice «{TO_DEFINE}» falta, y «caravan check» lo señala hasta que se escribe. Lo que un paquete bloquea por ley
# puede reforzarse (plazos más cortos, más evidencia, más avisos); no puede quitarse ni aflojarse.
# Un mapa se une clave por clave con el heredado; un texto o una lista lo reemplazan; «quitar: [nombres]» quita claves.

protocolo: {state.id}
version: 1
deriva_de: {parent.key}
# vigente_desde: 2027-01-01
titulo:
{titles}
procedencia: "{TO_DEFINE}: el acto de {state.name} que adopta este protocolo, y de qué fuentes sale lo que cambia."
entidad: {{nombre: {state.name}, pcode: {state.pcode}}}
{zone if state.zone != parent.timezone else ""}
# Quién es quién. La clave se conserva; el nombre y los medios de aviso son los de {state.name}.
{"agencias:" if own else "# agencias:"}
{agencies}

# Niveles heredados; descomente para cambiarlos.
# niveles:
{levels}

# Cierres publicados de la autoridad del estado, cada uno con su acuerdo; se suman a los días inhábiles de la ley.
# calendarios:
#   {parent.calendar.id}:
#     cierres:
#       2027-03-29: "Acuerdo …, Periódico Oficial …"

{_example(parent)}"""


def _example(parent: Protocol) -> str:
    """A step of the parent with a shorter term, to be uncommented as it stands."""
    for name in parent.machines:
        for node in chart_of(parent, name).nodes[1:]:
            term = node.state.deadline
            if node.kind != "atomic" or term is None or term.lasts.amount < 2 or is_locked(node):
                continue
            lines = ["# Pasos que cambian; por ejemplo, un plazo más corto:", "# maquinas:", f"#   {name}:"]
            shorter = msgspec.structs.replace(term.lasts, amount=term.lasts.amount // 2)
            path = [each for each in (*reversed(node.above), node) if each.parent is not None]
            for depth, each in enumerate(path):
                indent = "    " * depth
                holds = "paralelo" if each.parent is not None and each.parent.kind == "parallel" else "estados"
                change = f" {{plazo: {shorter}}}" if each is node else ""
                lines += [f"#     {indent}{holds}:", f"#       {indent}{each.id}:{change}"]
            return "\n".join(lines) + "\n"
    return ""


def _line(words: str) -> str:
    """Words that fit in a comment of one line."""
    return " ".join(words.split())


def _quoted(words: str) -> str:
    return '"' + _line(words).replace("\\", "\\\\").replace('"', '\\"') + '"'
