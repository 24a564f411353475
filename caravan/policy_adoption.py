"""A state begins its placement policy with another's figures: every one of them is its own to decide, but for those of the law."""

from __future__ import annotations

from collections.abc import Iterator

from caravan.policies import LEVEL_NAMES
from caravan.protocol.adoption import FederalState
from caravan.shelters.policy import Policy

_NAMES = {level: name for name, level in LEVEL_NAMES.items()}
_HM_PER_KM = 10


def begun(policy: Policy, state: FederalState) -> str:
    """The file of ``state``, version 1, with the figures of ``policy``. What a house said of its door stays where the house is."""
    return "\n".join(_lines(policy, state)) + "\n"


def _lines(policy: Policy, state: FederalState) -> Iterator[str]:
    yield f"# Política de colocación de {state.name}, empezada con las cifras de {policy.key}."
    yield "# Cada «fuente» con D es una decisión que falta tomar: escriba quién la tomó. La ley no está aquí: no hay clave para ella."
    yield "# Se explica en docs/politica-de-colocacion.md."
    yield ""
    yield f"colocacion: {state.id}"
    yield "version: 1"
    yield f"titulo: Colocación de personas en tránsito en albergues de {state.name}"
    for part, figures in _parts(policy):
        yield ""
        yield f"{part}:"
        yield from (f"  {figure}" for figure in figures)
        law = policy.sources.get(part, {}).get("L")
        yield f'  fuente: {{L: "{law}"}}' if law else f'  fuente: {{D: "tomado de {policy.key}; falta decidir"}}'


def _parts(policy: Policy) -> Iterator[tuple[str, list[str]]]:
    yield "orden", ["niveles:", *(f"  - {_NAMES[level]}" for level in policy.levels)]
    far = [] if policy.far_hm is None else [f"desde_km: {policy.far_hm // _HM_PER_KM}"]
    yield "lejos", [f"cuenta: {'otro_municipio' if policy.far == 'municipality' else 'distancia'}", *far]
    yield "oferta", [f"vence: {policy.hold_minutes} min"]
    released = [] if policy.release_at is None else [f"se_libera: {policy.release_at}"]
    yield "reserva", [f"porcentaje: {policy.reserve_percent}", *released]
    yield "sobrecupo", [f"desde_nivel: {policy.surge_from or 'nunca'}"]
    unknown = [] if policy.unknown_after_hours is None else [f"sin_dato_desde: {policy.unknown_after_hours} h"]
    yield "cifras", [f"viejas_desde: {policy.stale_after_hours} h", f"descuento: {policy.stale_percent}", *unknown]
    yield "noches", [f"adelante: {policy.nights}"]
    yield "tramite", [f"dura: {policy.procedure_days} dh"]
    yield "historia", [f"noches: {policy.history_nights}"]
    yield "comida", [f"alcance_km: {policy.meals_reach_hm // _HM_PER_KM}"]
