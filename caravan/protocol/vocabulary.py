"""What the program and a protocol say to each other: the facts a guard may read and the events only the program sends.

Both tables are closed. A protocol's ``datos`` may only declare names of ``PROGRAM_FACTS``, so that no guard waits for
a value nobody supplies (the values of a ``caso`` are the file's own: its machines note them); people may never send a
name of ``PROGRAM_EVENTS``, so that nobody can claim by hand what the program has to establish.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from caravan.basics import Record, Scalar

Kind = Literal["integer", "number", "boolean", "text", "date", "instant", "choice"]
Value = Scalar | date | datetime
Facts = Mapping[str, Mapping[str, Value]]
"""Values by owner (``grupo``, ``activacion``, ``caso``) and name. An absent name and ``None`` both mean unknown."""


class FactType(Record, frozen=True):
    """The type of one value a guard reads. ``options`` are the values of a ``choice``; ``default`` stands for an
    unknown value where the protocol decided one (``por_omision``); ``optional`` says that unknown is expected. An
    ``erasable`` text of an event never enters the journal: only a reference to it does."""

    kind: Kind
    options: tuple[str, ...] = ()
    default: Scalar = None
    optional: bool = False
    erasable: bool = False


PROGRAM_FACTS: dict[str, dict[str, Kind]] = {
    "activacion": {
        "personas": "integer",
        "grupos_abiertos": "integer",
        "casos_abiertos": "integer",
        "nivel": "choice",
        "por_colocar": "integer",
    },
    "grupo": {
        "personas": "integer",
        "nna": "integer",
        "nna_no_acompanados": "integer",
        "mujeres": "integer",
        "horas_sin_comer": "integer",
        "dias_sin_comer": "integer",
        "solicitan_asilo": "integer",
        "embarazadas": "integer",
        "requieren_medico": "integer",
        "lactantes": "integer",
        "por_colocar": "integer",
        "alojadas": "integer",
        "fin_de_estancia": "instant",
        "ingreso_al_pais": "date",
        "idiomas": "text",
        "sobrecupo": "boolean",
    },
    "caso": {},
}

NARROW_FACTS: dict[tuple[str, str], frozenset[str]] = {
    ("grupo", "solicitan_asilo"): frozenset({"COMAR", "ACNUR"}),
    ("grupo", "ingreso_al_pais"): frozenset({"COMAR", "ACNUR"}),
    ("grupo", "nna_no_acompanados"): frozenset({"DIF", "PPNNA", "ACNUR"}),
}
"""Facts that point at people, with the agencies that may know them beside the coordination: those the sharing table keeps
even from health and from partners (LR 10 and 21, LM 112). No step that others see may tell them or turn on them."""

PROGRAM_EVENTS: frozenset[str] = frozenset(
    {
        "grupo_registrado",
        "conteo_registrado",
        "todos_con_lugar",
        "faltan_lugares",
        "todos_alojados",
        "todos_salieron",
        "oferta_vencida",
        "oferta_rechazada",
        "sobrecupo",
        "comida_pedida",
        "comida_entregada",
        "comida_cancelada",
        "faltan_raciones",
        "grupo_anulado",
        "grupo_concluido",
        "tarea_cumplida",
        "relevo_aceptado",
        "relevo_rechazado",
        "activacion_cerrada",
    }
)


def from_program(event: str) -> str | None:
    """The program's event that ``event`` is, or that everybody who waits for it would take it for: ``a.b`` is heard as
    ``a``. That a state is done (``done.state.x``), the engine alone says."""
    stem = event.partition(".")[0]
    return stem if stem in PROGRAM_EVENTS or stem == "done" else None
