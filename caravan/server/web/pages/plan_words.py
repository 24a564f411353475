"""How sure a plan is, what it was made with and what it keeps, as people say it."""

from __future__ import annotations

from collections.abc import Iterable

from caravan.basics import Record
from caravan.events import PlanProposed
from caravan.server.web.pages.wording import number, word
from caravan.server.web.words import gettext as _
from caravan.server.web.words import mark
from caravan.sharing import SharedPicture
from caravan.shelters.model import SECTIONS, Section, Standing
from caravan.shelters.plan import Vector
from caravan.shelters.policy import Policy
from caravan.shelters.staleness import counted_percent

# The levels of a policy, as an official counts them; what is counted stands after the figure.
LEVELS: dict[str, str] = {
    "PIN": mark("personas sin lugar donde la coordinación eligió"),
    "U1": mark("personas de casos prioritarios sin lugar"),
    "U2": mark("personas sin lugar"),
    "FAR": mark("personas enviadas a otro municipio"),
    "PRICE": mark("lugares escasos que otros van a necesitar"),
    "SPL": mark("separaciones de grupos"),
    "CHG": mark("personas a las que les cambia lo ya propuesto"),
    "SOFT": mark("incomodidades (idioma, mudanza, noche aparte)"),
    "DIST": mark("camino en total"),
    "BAL": mark("casas demasiado llenas"),
}
# What else a search is doing.
STAGES: dict[str, str] = {
    "construct": mark("Primera colocación"), "bound": mark("Cuántas caben a lo más"), "improve": mark("Mejorando"),
    "hub": mark("Estación por estación"), "explain": mark("Explicando el plan de cada grupo"),
}  # fmt: skip
# What a choice may make worse, in this order; the last two compare only plans that place as many people.
_TOLD: tuple[str, ...] = ("U1", "U2", "FAR", "SPL", "SOFT", "DIST")
_OF_THE_PLACED = frozenset({"SOFT", "DIST"})


class Certainty(Record, frozen=True):
    """How sure a plan is: ``proven`` altogether, or up to which level, and how much better each of the others could be."""

    proven: bool
    sentence: str
    open_levels: tuple[str, ...] = ()


def stage_words(stage: str) -> str:
    """What a search is doing now: a level being made as small as can be, or a part of the work."""
    if stage in LEVELS:
        return _("Se busca el mínimo de: %(what)s", what=_(LEVELS[stage]))
    return _(STAGES.get(stage, stage))


def certainty(plan: PlanProposed) -> Certainty | None:
    """``None`` for a plan that an earlier version made and that does not say, and for one that places nobody."""
    if not plan.status or not plan.parts:
        return None
    open_levels = [level for level, status in plan.status.items() if status != "optimal"]
    if not open_levels and plan.pins:
        told = _("Demostrado: es lo mejor con lo que usted eligió. Sin esa elección puede haber una colocación mejor.")
        return Certainty(proven=True, sentence=told)
    if not open_levels:
        return Certainty(proven=True, sentence=_("Demostrado: no hay colocación mejor con estos datos y estas reglas."))
    proven = [level for level in plan.status if level not in open_levels]
    sure = [_(LEVELS.get(level, level)) for level in proven if level in ("U1", "U2", "FAR")]
    sentence = (
        _("Lo mejor encontrado. Demostrado que no se puede menos en: %(levels)s.", levels=", ".join(sure))
        if sure
        else _("Lo mejor encontrado; no se demostró que no haya otra mejor.")
    )
    return Certainty(proven=False, sentence=sentence, open_levels=tuple(_bounded(plan, level) for level in open_levels))


def _bounded(plan: PlanProposed, level: str) -> str:
    """«separaciones de grupos: 51; a lo menos serían 16»."""
    reached = getattr(plan.vector, level, 0)
    said = f"{_(LEVELS.get(level, level))}: {_amount(level, reached)}"
    if level not in plan.bounds:
        return said
    return _("%(said)s; a lo menos serían %(bound)s", said=said, bound=_amount(level, plan.bounds[level]))


def costs(before: Vector, after: Vector) -> list[tuple[str, int]]:
    """The levels on which ``after`` is worse, and by how much, the weightiest first."""
    placed = after.U2 == before.U2
    found = (
        (level, getattr(after, level) - getattr(before, level))
        for level in _TOLD
        if placed or level not in _OF_THE_PLACED
    )
    return [(level, more) for level, more in found if more > 0]


def cost_words(level: str, more: int, people: int) -> str:
    """What choosing oneself would cost, on one level; ``people`` are those who were sent."""
    match level:
        case "U1":
            if more == 1:
                return _("1 persona de un caso prioritario se quedaría sin lugar")
            return _("%(n)s personas de casos prioritarios se quedarían sin lugar", n=number(more))
        case "U2":
            if more == 1:
                return _("1 persona que tendría lugar se quedaría sin él")
            return _("%(n)s personas que tendrían lugar se quedarían sin él", n=number(more))
        case "FAR":
            if more == 1:
                return _("1 persona más saldría del municipio")
            return _("%(n)s personas más saldrían del municipio", n=number(more))
        case "SPL":
            if more == 1:
                return _("el grupo se separaría una vez más")
            return _("el grupo se separaría %(n)s veces más", n=number(more))
        case "SOFT":
            return _("habría más incomodidades: idioma, animales, una mudanza antes de tiempo o una noche aparte")
        case _:
            return _("cada persona iría %(km)s km más lejos", km=number(round(more / 10 / max(1, people), 1)))


def _amount(level: str, value: int) -> str:
    return f"{number(round(value / 10))} km" if level == "DIST" else number(value)


def kept_words(kept: dict[str, int], until: str | None) -> str:
    """«se guardan 2 en familias hasta las 21:00»."""
    told = ", ".join(_places(s, kept[s]) for s in SECTIONS if kept.get(s))
    if until is None:
        return _("se guardan toda la noche para casos prioritarios: %(places)s", places=told)
    return _("se guardan hasta las %(until)s para casos prioritarios: %(places)s", until=until, places=told)


def _places(section: Section, places: int) -> str:
    """«2 lugares», «1 lugar», «1 lugar de familias»."""
    if section == "mix":
        return _("1 lugar") if places == 1 else _("%(places)s lugares", places=number(places))
    if places == 1:
        return _("1 lugar de %(section)s", section=word(section))
    return _("%(n)s lugares de %(section)s", n=number(places), section=word(section))


def policy_words(key: str) -> str:
    """«política de Guanajuato, versión 1» of ``guanajuato@1``."""
    state, at, version = key.partition("@")
    if not at:
        return key
    return _("política de %(state)s, versión %(n)s", state=state.replace("_", " ").title(), n=version)


def uncounted(share: SharedPicture) -> list[str]:
    """Why a place may be missing that is there: figures that are too old, houses that never told, sites that could be opened."""
    policy, found = share.policy() or Policy(), list[str]()
    houses = [one for one in share.shelters() if one.shelter.kind != "attention_point"]
    asked = [one for one in houses if not one.shelter.closed and counted_percent(one, policy, share.now) is None]
    old = [one for one in asked if one.reported_at is not None and one.free_total]
    places = sum(one.free_total or 0 for one in old)
    if places == 1:
        found.append(_("1 lugar con cifra vencida no se cuenta: llame."))
    elif places:
        found.append(_("%(n)s lugares con cifra vencida no se cuentan: llame.", n=number(places)))
    silent = ", ".join(one.shelter.name for one in asked if one.available is None)
    if silent:
        found.append(_("Sin cifra de lugares: %(houses)s. Llame.", houses=silent))
    for one in houses:
        if one.shelter.closed and one.shelter.kind == "temporary":
            found.append(_openable(one))
    return found


def _openable(standing: Standing) -> str:
    shelter = standing.shelter
    if shelter.nominal is None:
        return _("%(house)s (%(town)s) está cerrado: se puede habilitar.", house=shelter.name, town=shelter.town)
    return _(
        "%(house)s (%(town)s, %(places)s) está cerrado: se puede habilitar.",
        house=shelter.name, town=shelter.town, places=_places("mix", shelter.nominal),
    )  # fmt: skip


def kept_of_free(places: int, until: str | None) -> str:
    """«de ellos se guardan 2 hasta las 21:00»."""
    if until is None:
        return _("de ellos se guardan %(n)s toda la noche", n=number(places))
    return _("de ellos se guardan %(n)s hasta las %(until)s", n=number(places), until=until)


WAIVABLE_WORDS: dict[str, str] = {
    "intake_over": mark("recibir fuera de su horario"),
    "does_not_admit": mark("recibir a quienes de ordinario no admite"),
    "declined": mark("recibirlas aunque antes dijo que no"),
    "kept_until": mark("usar también los lugares que se guardan"),
    "stale_figure": mark("contar todos los lugares que dijo, aunque la cifra sea vieja"),
}


def waived_words(codes: Iterable[str]) -> str:
    return ", ".join(_(WAIVABLE_WORDS.get(code, code)) for code in codes)
