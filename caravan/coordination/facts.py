"""What a protocol's guards may read, worked out from the picture. The names are those of ``PROGRAM_FACTS``."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from caravan.basics import Scalar
from caravan.cases import Case
from caravan.groups import Group
from caravan.picture import Activation, Instance, Picture
from caravan.protocol.chart import chart_of
from caravan.protocol.expressions import names, parse
from caravan.protocol.model import Protocol

FactValue = Scalar | date | datetime


def facts_of(picture: Picture, instance: Instance) -> dict[str, dict[str, FactValue]]:
    """The facts one instance reads, by scope. Unknown is ``None``, never zero."""
    facts = {"activacion": _of_activation(picture, picture.activations[instance.activation])}
    if instance.group is not None:
        facts["grupo"] = _of_group(picture, picture.groups[instance.group])
    if instance.case is not None:
        facts["caso"] = _of_case(picture.protocol_of(instance.activation), picture.cases[instance.case])
    return facts


@lru_cache(maxsize=64)
def readers_of(protocol: Protocol, scope: str) -> frozenset[str]:
    """The ``caso`` machines that something in ``scope`` may move by itself: an automatic step or a deadline reads it."""
    return frozenset(m.id for m in protocol.machine_for("caso") if scope in _reads(protocol, m.id))


def _reads(protocol: Protocol, machine: str) -> set[str]:
    found: set[str] = set()
    for node in chart_of(protocol, machine).nodes:
        guards = (arc.transition.guard for arc in node.always if arc.transition.guard is not None)
        found |= {name.owner for guard in guards for name in names(parse(guard))}
        if node.state.deadline is not None and node.state.deadline.since is not None:
            found.add(node.state.deadline.since.partition(".")[0])
    return found


def _of_case(protocol: Protocol, case: Case) -> dict[str, FactValue]:
    kinds = protocol.facts.get("caso", {})
    return {name: _value(spec.kind, case.values.get(name)) for name, spec in kinds.items()}


def _value(kind: str, value: Scalar) -> FactValue:
    """The journal holds dates as text; guards compare dates."""
    if not isinstance(value, str):
        return value
    match kind:
        case "date":
            return date.fromisoformat(value[:10])
        case "instant":
            return datetime.fromisoformat(value)
        case _:
            return value


def _of_activation(picture: Picture, run: Activation) -> dict[str, FactValue]:
    return {
        "personas": run.attended,
        "grupos_abiertos": run.open_groups,
        "nivel": run.level,
        "por_colocar": run.unplaced,
        "casos_abiertos": len(picture.cases_in.get(run.id, ())),
    }


def _of_group(picture: Picture, group: Group) -> dict[str, FactValue]:
    ends = [p.ends_at for p in picture.placements_of(group.id) if p.present and p.ends_at is not None]
    days = group.days_without_food
    return {
        "personas": group.people,
        "nna": group.children,
        "nna_no_acompanados": group.alone,
        "mujeres": None if group.composition is None else group.composition.women,
        "horas_sin_comer": None if days is None else days * 24,
        "dias_sin_comer": days,
        "solicitan_asilo": group.asylum,
        "embarazadas": group.needs.get("pregnant"),
        "requieren_medico": group.needs.get("medical"),
        "lactantes": group.needs.get("lactating"),
        "por_colocar": group.unplaced,
        "alojadas": group.hosted,
        "fin_de_estancia": min(ends, default=None),
        "ingreso_al_pais": group.entered_country,
        "idiomas": ", ".join(group.languages) or None,
        "sobrecupo": any((p.came or 0) > p.people for p in picture.placements_of(group.id)),
    }
