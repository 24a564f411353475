"""The placement policy in force, as sentences an official reads; its versions; and a form to publish the next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from litestar import Request

from caravan import commands as c
from caravan.basics import Record
from caravan.server.db.users import User
from caravan.server.web.pages.frame import Page
from caravan.server.web.pages.names import shelter_name
from caravan.server.web.pages.plan_words import LEVELS, policy_words
from caravan.server.web.pages.wording import day, level, number, opening, word
from caravan.server.web.pages.work import may
from caravan.server.web.words import gettext as _
from caravan.sharing import SharedPicture
from caravan.shelters.policy import AdmissionRule, Policy


class Rule(Record, frozen=True):
    """One part of the policy in words, with where its figures come from."""

    title: str
    sentences: tuple[str, ...]
    sources: dict[str, str]


async def _policy(_request: Request[Any, Any, Any], share: SharedPicture, user: User) -> dict[str, Any]:
    policy = share.policy()
    versions = share.policies()
    rules = [] if policy is None else list(rules_of(policy, share))
    ordering = {} if policy is None else policy.sources.get("orden", {})
    return {
        "policy": policy, "rules": rules, "versions": versions, "policy_words": policy_words,
        "sources": [(_("Qué va primero"), ordering), *((rule.title, rule.sources) for rule in rules)],
        "levels": [] if policy is None else [opening(_(LEVELS[one])) for one in policy.levels],
        "text": next((one.text for one in versions if policy is not None and one.policy.key == policy.key), ""),
        "may_publish": may(user, c.PublishPolicy) and share.leads,
    }  # fmt: skip


def rules_of(policy: Policy, share: SharedPicture) -> Iterable[Rule]:
    """All that the policy says but the order of its levels."""
    yield _rule(policy, "lejos", _("Qué es mandar lejos"), _far(policy))
    yield _rule(
        policy, "oferta", _("Cuánto se guarda un apartado"),
        [_("%(n)s minutos mientras la casa contesta; después los lugares quedan libres.", n=number(policy.hold_minutes))],
    )  # fmt: skip
    yield _rule(policy, "reserva", _("Qué se guarda para quienes aún llegan"), _reserve(policy))
    yield _rule(policy, "sobrecupo", _("Lugares de emergencia"), _surge(policy))
    yield _rule(policy, "cifras", _("Cifras viejas"), _stale(policy))
    yield _rule(policy, "noches", _("Cuántas noches se planean"), [_("%(n)s, con la de hoy.", n=number(policy.nights))])
    yield _rule(
        policy, "tramite", _("Contra qué se mide una estancia"),
        [_("El trámite de refugio dura %(n)s días hábiles: una estancia que acaba antes da aviso la noche de la llegada.", n=number(policy.procedure_days))],
    )  # fmt: skip
    yield _rule(
        policy, "historia", _("Desde cuándo se aprende de lo anotado"),
        [_("Desde %(n)s noches anotadas; antes rige la reserva fija.", n=number(policy.history_nights))],
    )  # fmt: skip
    yield _rule(
        policy, "comida", _("Hasta dónde viaja la comida"), [_("%(km)s km.", km=number(policy.meals_reach_hm / 10))]
    )
    if policy.admissions:
        said = [_admission(rule, share) for rule in policy.admissions]
        yield _rule(policy, "ingreso", _("Lo que cada casa dijo de su puerta"), said)


def _rule(policy: Policy, part: str, title: str, sentences: list[str]) -> Rule:
    return Rule(title=title, sentences=tuple(sentences), sources=policy.sources.get(part, {}))


def _far(policy: Policy) -> list[str]:
    found = [_("A otro municipio.")] if policy.far == "municipality" else []
    if policy.far_hm is not None:
        found.append(_("A más de %(km)s km por carretera.", km=number(policy.far_hm / 10)))
    return found or [_("Nada: ninguna distancia cuenta.")]


def _reserve(policy: Policy) -> list[str]:
    if not policy.reserve_percent:
        return [_("Nada.")]
    told = _(
        "De los lugares libres de cada sección, %(n)s de cada 100 son solo para casos prioritarios.",
        n=number(policy.reserve_percent),
    )
    if policy.release_at is None:
        return [told, _("Se guardan toda la noche.")]
    return [told, _("A las %(at)s se reparten a quien falte.", at=policy.release_at)]


def _surge(policy: Policy) -> list[str]:
    if policy.surge_from is None:
        return [_("No se usan.")]
    return [_("Cuentan desde el nivel %(level)s de la activación.", level=level(policy.surge_from))]


def _stale(policy: Policy) -> list[str]:
    found = [
        _(
            "De una cifra de más de %(hours)s horas no se cuentan %(n)s de cada 100 lugares, y se llama a la casa.",
            hours=number(policy.stale_after_hours), n=number(policy.stale_percent),
        )
    ]  # fmt: skip
    if policy.unknown_after_hours is not None:
        found.append(
            _(
                "Una de más de %(hours)s horas es como si nadie la hubiera dicho.",
                hours=number(policy.unknown_after_hours),
            )
        )
    return found


def _admission(rule: AdmissionRule, share: SharedPicture) -> str:
    parts: list[str] = []
    if rule.days is not None:
        parts.append(_("del %(start)s al %(end)s", start=day(rule.days[0]), end=day(rule.days[1])))
    if rule.hours is not None:
        parts.append(_("de %(start)s a %(end)s", start=rule.hours[0], end=rule.hours[1]))
    if rule.admits is not None:
        whom = ", ".join(word(kind) for kind in rule.admits)
        parts.append(_("recibe solo a: %(whom)s", whom=whom) if whom else _("no recibe a nadie"))
    if rule.intake is not None:
        parts.append(_("abre de %(start)s a %(end)s", start=rule.intake[0], end=rule.intake[1]))
    source = f" [{rule.source}]" if rule.source else ""
    return f"{shelter_name(share, rule.shelter)}: {'; '.join(parts)}{source}."


PAGES: tuple[Page, ...] = (
    Page("/politica", "policy.html", _policy, roles=frozenset({"coordination"}), commands=(c.PublishPolicy,)),
)
