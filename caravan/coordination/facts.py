"""What a protocol's guards may read, worked out from the picture. The names are those of ``PROGRAM_FACTS``."""

from __future__ import annotations

from datetime import date, datetime

from caravan.basics import Scalar
from caravan.groups import Group
from caravan.picture import Activation, Instance, Picture

FactValue = Scalar | date | datetime


def facts_of(picture: Picture, instance: Instance) -> dict[str, dict[str, FactValue]]:
    """The facts one instance reads, by scope. Unknown is ``None``, never zero."""
    facts = {"activacion": _of_activation(picture.activations[instance.activation])}
    if instance.group is not None:
        facts["grupo"] = _of_group(picture, picture.groups[instance.group])
    return facts


def _of_activation(run: Activation) -> dict[str, FactValue]:
    return {
        "personas": run.attended,
        "grupos_abiertos": run.open_groups,
        "nivel": run.level,
        "por_colocar": run.unplaced,
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
