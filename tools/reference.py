"""Writes the tables of the documents from the code they describe: ``python tools/reference.py``.

A page marks where a table goes: ``<!-- tabla: name -->`` … ``<!-- fin -->``. What stands between is written here and
nowhere else; ``tests/test_docs.py`` says when it is out of date. A name without its meaning below is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import get_args

import msgspec
from litestar.handlers import HTTPRouteHandler

from caravan import commands as c
from caravan.audiences import GROUP_FIELDS, NAMING, Audience
from caravan.coordination.authority import MAY
from caravan.events import Event
from caravan.protocol.loading import schema
from caravan.protocol.loading.meanings import EFFECTS
from caravan.protocol.loading.meanings import TABLES as TABLES_OF_KEYS
from caravan.protocol.vocabulary import PROGRAM_EVENTS, PROGRAM_FACTS, Kind
from caravan.protocol.workdays import CALENDARS
from caravan.server.web import operations
from caravan.server.web.api.commands import NOT_ROUTED, ROUTES
from caravan.server.web.api.readings import READINGS
from caravan.server.web.pages.entry import ENTRY
from caravan.server.web.pages.registry import PAGES, PLACING
from caravan.server.web.problems import MISTAKES, REFUSALS

ROOT = Path(__file__).resolve().parents[1]
_BLOCK = re.compile(r"(<!-- tabla: (?P<name>[a-z-]+) -->\n).*?(<!-- fin -->)", re.DOTALL)

SHAPES: dict[str, str] = {
    "text": "texto",
    "whole": "número entero",
    "flag": "`true` o `false`",
    "map": "mapa",
    "list": "lista",
    "words": "palabra o lista",
    "any": "según el caso",
}

EVENTS: dict[str, str] = {
    "grupo_registrado": "Llegó un grupo a la activación.",
    "conteo_registrado": "Hay una cifra nueva del grupo.",
    "todos_con_lugar": "Cada persona del grupo tiene un lugar apartado u ocupado.",
    "faltan_lugares": "Volvió a haber personas sin lugar.",
    "todos_alojados": "Todas las personas que quedan están en un albergue.",
    "todos_salieron": "No queda nadie del grupo.",
    "oferta_vencida": "Un apartado venció sin respuesta.",
    "oferta_rechazada": "Un albergue dijo que no.",
    "sobrecupo": "A un albergue llegaron más personas del grupo que las esperadas.",
    "comida_pedida": "Se pidieron raciones para el grupo.",
    "comida_entregada": "Se sirvieron raciones.",
    "comida_cancelada": "Se canceló un pedido de raciones.",
    "faltan_raciones": "Ningún comedor puede dar lo que falta.",
    "grupo_anulado": "El grupo se anuló: era un error.",
    "grupo_concluido": "Todas las líneas del grupo terminaron. Lo oye la activación.",
    "tarea_cumplida": "Se cumplió una tarea.",
    "activacion_cerrada": "La activación terminó; lo oyen sus casos abiertos.",
    "relevo_aceptado": "El otro estado recibió el relevo. Lleva `enviadas`, `recibidas` y `diferencia`.",
    "relevo_rechazado": "El otro estado no recibió el relevo. Lleva `enviadas`.",
}

FACTS: dict[str, str] = {
    "activacion.personas": "Personas atendidas en la activación.",
    "activacion.grupos_abiertos": "Grupos que siguen abiertos.",
    "activacion.casos_abiertos": "Casos que siguen abiertos.",
    "activacion.nivel": "Nivel vigente.",
    "activacion.por_colocar": "Personas sin lugar, en todos sus grupos.",
    "grupo.personas": "Personas del grupo, según la cifra en uso.",
    "grupo.nna": "Niñas, niños y adolescentes.",
    "grupo.nna_no_acompanados": "Los que viajan sin un adulto a su cargo.",
    "grupo.mujeres": "Mujeres adultas.",
    "grupo.horas_sin_comer": "Horas sin comer.",
    "grupo.dias_sin_comer": "Días sin comer.",
    "grupo.solicitan_asilo": "Personas que manifestaron temor o piden asilo.",
    "grupo.embarazadas": "Mujeres embarazadas.",
    "grupo.requieren_medico": "Personas que requieren atención médica.",
    "grupo.lactantes": "Mujeres que amamantan.",
    "grupo.por_colocar": "Personas del grupo sin lugar.",
    "grupo.alojadas": "Personas del grupo en un albergue.",
    "grupo.fin_de_estancia": "Cuándo vence la primera de sus estancias.",
    "grupo.ingreso_al_pais": "Fecha de ingreso al país.",
    "grupo.idiomas": "Lenguas del grupo.",
    "grupo.sobrecupo": "Si a alguno de sus albergues llegaron más de las esperadas.",
}

FACT_KINDS: dict[Kind, str] = {kind: word for word, kind in schema.KINDS.items()} | {"choice": "uno_de"}

READING: dict[str, str] = {
    "/api/v1/groups": "open groups",
    "/api/v1/groups/{ident}": "one group with its placements, plan, steps, possible events and meals",
    "/api/v1/activations": "runs of the protocol, open ones first",
    "/api/v1/activations/{ident}": "one run with its steps, deadlines, cases, relays and the events possible now",
    "/api/v1/cases/{ident}": "one case with its facts, steps, possible events and the marks of its erasable texts",
    "/api/v1/texts/{ident}": "one text that may be erased; once it is, only its mark with `erased_at`",
    "/api/v1/shelters": "shelters with places, load and when they last reported",
    "/api/v1/shelters/{ident}": "one shelter with its placements",
    "/api/v1/kitchens": "kitchens with what they can serve and what was asked of them",
    "/api/v1/stations": "stations",
    "/api/v1/meals": "orders of rations",
    "/api/v1/policy": "the placement policy in force; for the coordination also every version with its text and its reason",
    "/api/v1/horizon": "each house's nights ahead, the stays that end before the procedure could with what would mend them, and whom to phone first",
    "/api/v1/tasks": "waiting steps and open tasks, by deadline",
    "/api/v1/notices": "unseen notices to the asker's agency",
    "/api/v1/journal": "lines of the log; `activation`, `group`, `before` narrow it",
    "/map.geojson": "the map as GeoJSON, with the id the stream goes on from",
    "/api/v1/map.geojson": "the same",
    "/live": "the map's stream (Server-Sent Events)",
    "/api/v1/live": "the same",
    "/health/live": "the process answers; no sign-in",
    "/health/ready": "the database answers; no sign-in",
    "/metrics": "totals in Prometheus' text format",
    "/entrar": "the sign-in page and its form",
    "/salir": "signs out, from a page",
    "/colocacion/buscar": "begins a search for places from a page: of a group or of an activation, with what a person chose",
    "/colocacion/busquedas/{ident}/detener": "stops a search; its best so far is proposed",
    "/colocacion/confirmar": "confirms the proposals a page showed, each by itself",
    "/lengua": "chooses the reader's language, from a page",
    "/api/v1/session": "`POST {email, password}` signs in and sets the cookie; `DELETE` signs out",
}

AUDIENCES: dict[Audience, str] = {
    "coordination": "coordinación",
    "asylum": "asilo",
    "children": "niñez",
    "health": "salud",
    "host": "albergue que los recibe",
    "station": "brigada de su central",
    "cook": "comedor",
    "partner": "las demás",
    "restricted": "restringida (INM)",
}


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _keys() -> Iterator[str]:
    for title, told in TABLES_OF_KEYS.items():
        yield from (f"### {title}", "", told.where, "")
        rows = (
            (f"`{name}`", SHAPES[key.shape], "sí" if key.required else "", told.meanings[name])
            for name, key in told.table.items()
        )
        yield from (*_table(("clave", "forma", "obligatoria", "qué es"), rows), "")


def _words() -> Iterator[str]:
    rows = (
        ("`papel`", _codes(schema.ROLES)),
        ("`avisos`", _codes(schema.CHANNELS)),
        ("`instancia`", _codes(schema.INSTANCES)),
        ("`fuente`", _codes(schema.MARKS)),
        ("`etiqueta`, `titulo`", _codes(schema.LANGUAGES)),
        ("`dias`, `semana`", _codes(schema.DAYS)),
        ("`inhabiles`", _codes(schema.CLOSED_DAYS)),
        ("`historia`", _codes(schema.HISTORIES)),
        ("`tipo`", _codes(schema.KINDS)),
        ("`calendario`", _codes(CALENDARS)),
        ("`enviar`, `a`", _codes(schema.DESTINATIONS)),
    )
    return _table(("dónde", "palabras admitidas"), rows)


def _effects() -> Iterator[str]:
    rows = (
        (f"`{kind}`", _codes(spec.required), "cualquier otro" if spec.others else _codes(spec.optional), EFFECTS[kind])
        for kind, spec in schema.EFFECTS.items()
    )
    return _table(("efecto", "obligatorios", "opcionales", "qué hace"), rows)


def _program_events() -> Iterator[str]:
    return _table(("evento", "cuándo"), ((f"`{name}`", EVENTS[name]) for name in sorted(PROGRAM_EVENTS)))


def _facts() -> Iterator[str]:
    named = ((f"{owner}.{name}", kind) for owner, facts in PROGRAM_FACTS.items() for name, kind in facts.items())
    return _table(("hecho", "tipo", "qué es"), ((f"`{n}`", f"`{FACT_KINDS[k]}`", FACTS[n]) for n, k in named))


def _plain(path: str) -> str:
    return re.sub(r":\w+}", "}", path)


def _roles_for(kind: type[c.Command]) -> str:
    return ", ".join(role for role, may in MAY.items() if kind in may and role != "system")


def _body(path: str, kind: type[c.Command]) -> str:
    fields = [f for f in msgspec.structs.fields(kind) if f"{{{f.name}:" not in path]
    needed, free = [f.name for f in fields if f.required], [f.name for f in fields if not f.required]
    return " · ".join(part for part in (_codes(needed), f"optional: {_codes(free)}" if free else "") if part)


def _routes() -> Iterator[str]:
    rows = (
        (f"`{method} /api/v1{_plain(path)}`", f"`{kind.__name__}`", _body(path, kind), _roles_for(kind))
        for method, path, kind in ROUTES
    )
    return _table(("route", "command", "body", "who may"), rows)


def _desk_commands() -> Iterator[str]:
    rows = ((f"`{kind.__name__}`", _body("", kind)) for kind in c.ALL if kind in NOT_ROUTED)
    return _table(("command", "fields"), rows)


def _handled(handlers: Iterable[HTTPRouteHandler]) -> Iterator[tuple[str, str]]:
    for handler in handlers:
        for path in sorted(handler.paths, key=len):
            yield " ".join(sorted(handler.http_methods)), _plain(path)


def _readings() -> Iterator[str]:
    rows = ((f"`{method} {path}`", READING[path]) for method, path in _handled(READINGS))
    return _table(("route", "answer"), rows)


def _others() -> Iterator[str]:
    rows = ((f"`{method} {path}`", READING[path]) for method, path in _handled([*ENTRY, *PLACING, *operations.ROUTES]))
    return _table(("route", "what"), rows)


def _pages() -> Iterator[str]:
    rows = (
        (f"`{_plain(page.path)}`", ", ".join(sorted(page.roles)) or "everybody signed in",
         _codes(kind.__name__ for kind in page.commands))
        for page in PAGES
    )  # fmt: skip
    return _table(("page", "who may open it", "what its forms may ask for"), rows)


def _refusals() -> Iterator[str]:
    return _table(
        ("code", "status", "sentence"), ((f"`{k}`", str(s), words) for k, (s, words) in sorted(REFUSALS.items()))
    )


def _mistakes() -> Iterator[str]:
    return _table(("code", "sentence"), ((f"`{code}`", words) for code, words in sorted(MISTAKES.items())))


def _journal_facts() -> Iterator[str]:
    rows = (
        (f"`{kind.__name__}`", _codes(f.name for f in msgspec.structs.fields(kind))) for kind in Event.__subclasses__()
    )
    return _table(("fact", "fields"), rows)


def _group_fields() -> Iterator[str]:
    audiences: tuple[Audience, ...] = get_args(Audience)
    named = ((f"`{name}`", *("●" for _ in audiences)) for name in sorted(NAMING))
    ruled = ((f"`{name}`", *("●" if a in told else "" for a in audiences)) for name, told in GROUP_FIELDS.items())
    return _table(("campo", *(AUDIENCES[a] for a in audiences)), (*named, *ruled))


def _authority() -> Iterator[str]:
    roles = [role for role in MAY if role != "system"]
    rows = ((f"`{kind.__name__}`", *("●" if kind in MAY[role] else "" for role in roles)) for kind in c.ALL)
    return _table(("orden", *(f"`{role}`" for role in roles)), rows)


TABLES: dict[str, Callable[[], Iterator[str]]] = {
    "claves": _keys,
    "palabras": _words,
    "efectos": _effects,
    "eventos-del-programa": _program_events,
    "hechos": _facts,
    "routes": _routes,
    "desk-commands": _desk_commands,
    "readings": _readings,
    "others": _others,
    "pages": _pages,
    "refusals": _refusals,
    "mistakes": _mistakes,
    "facts": _journal_facts,
    "campos": _group_fields,
    "ordenes": _authority,
}


def fill(page: str) -> str:
    """The page with every marked table as the code has it now. Raises ``KeyError`` for a table or a word nobody explained."""

    def written(block: re.Match[str]) -> str:
        return block[1] + "\n" + "\n".join(TABLES[block["name"]]()).strip() + "\n\n" + block[3]

    return _BLOCK.sub(written, page)


def main() -> None:
    for path in sorted((ROOT / "docs").rglob("*.md")):
        path.write_text(fill(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
