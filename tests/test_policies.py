"""The file of a placement policy: read whole, and every mistake told at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from caravan.policies import is_policy, load_policy, places_named
from caravan.protocol.model import ProtocolErrors
from caravan.shelters.policy import LEVELS

ROOT = Path(__file__).parents[1]
FILE = ROOT / "protocols" / "guanajuato.colocacion.yaml"
TEXT = FILE.read_text(encoding="utf-8")


def problems(right: str, wrong: str) -> list[str]:
    """What is told of Guanajuato's file once ``right`` in it says ``wrong``."""
    assert TEXT.count(right) == 1, right
    with pytest.raises(ProtocolErrors) as told:
        load_policy(TEXT.replace(right, wrong))
    return [problem.message for problem in told.value.problems]


def test_guanajuatos_policy_is_read_as_it_is_written() -> None:
    policy = load_policy(TEXT)
    assert policy.key == "guanajuato@1"
    assert policy.levels == ("U1", "U2", "FAR", "SPL", "CHG", "PRICE", "SOFT", "DIST", "BAL")
    assert set(LEVELS) <= set(policy.levels)
    assert (policy.far, policy.far_hm, policy.hold_minutes) == ("municipality", 300, 90)
    assert (policy.reserve_percent, policy.release_at, policy.surge_from) == (3, "21:00", "n2")
    assert (policy.stale_after_hours, policy.stale_percent, policy.unknown_after_hours) == (12, 25, 48)
    assert (policy.nights, policy.procedure_days, policy.history_nights, policy.meals_reach_hm) == (3, 45, 14, 300)
    assert [(rule.shelter, rule.intake) for rule in policy.admissions] == [("buen-samaritano", ("17:00", "21:00"))]


def test_every_part_says_where_its_figures_come_from() -> None:
    policy = load_policy(TEXT)
    assert set(policy.sources["tramite"]) == {"L"}
    assert all(policy.sources.values())
    assert all(rule.source for rule in policy.admissions)
    assert problems("  fuente: {L: LR 24 (G20)}", "") == ["tramite: falta «fuente»"]
    assert problems("  fuente: {L: LR 24 (G20)}", "  fuente: {Q: LR 24}") == [
        "tramite: «fuente»: marca desconocida «Q»"
    ]


def test_a_policy_is_told_from_a_protocol_by_its_first_key() -> None:
    assert is_policy(TEXT)
    assert not is_policy((ROOT / "protocols" / "guanajuato.yaml").read_text(encoding="utf-8"))


def test_all_mistakes_are_told_at_once_each_at_its_line() -> None:
    text = (
        TEXT.replace("desde_km: 30", "desde_kms: 30")
        .replace("vence: 90 min", "vence: 45 dh")
        .replace("libera: 21:00", "libera: 25:00")
    )
    with pytest.raises(ProtocolErrors) as told:
        load_policy(text)
    lines = text.splitlines()
    found = [(lines[p.line - 1].strip(), p.message) for p in told.value.problems]
    assert found == [
        ("desde_kms: 30", "lejos: clave desconocida «desde_kms»; ¿quiso decir «desde_km»?"),
        ("vence: 45 dh", "oferta: «vence»: se dice en «min», «h» o «d»"),
        ("se_libera: 25:00", "reserva: «se_libera»: hora «25:00» mal escrita; se escribe 17:00"),
    ]


@pytest.mark.parametrize("key", ["dif: no_hace_falta", "capacidad: 120", "familias: separables"])
def test_the_law_has_no_key_in_a_policy(key: str) -> None:
    name = key.partition(":")[0]
    assert problems("colocacion: guanajuato", f"colocacion: guanajuato\n{key}")[0].startswith(
        f"clave desconocida «{name}»"
    )


def test_nothing_goes_before_those_who_have_no_place() -> None:
    swapped = "    - distancia\n    - prioritarias_sin_lugar"
    found = problems("    - prioritarias_sin_lugar", swapped)
    assert (
        "orden: «niveles»: empieza con «prioritarias_sin_lugar» y «sin_lugar»: todo lo demás sería mejor si nadie tuviera lugar"
        in found
    )
    assert "orden: «distancia» está dos veces" in found


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("cuenta: otro_municipio", "cuenta: otro_pais", "lejos: lejos se cuenta por «otro_municipio» o «distancia», no «otro_pais»"),
        ("porcentaje: 3", "porcentaje: 101", "reserva: «porcentaje»: se esperaba un número de 0 a 100"),
        ("viejas_desde: 12 h", "viejas_desde: 90 min", "cifras: «viejas_desde»: se dice en horas enteras"),
        ("sin_dato_desde: 48 h", "sin_dato_desde: 6 h", "cifras: «sin_dato_desde»: una cifra es vieja antes de no valer nada"),
        ("dura: 45 dh", "dura: 45 d", "tramite: «dura»: se dice en días hábiles, de 1 dh a 400 dh"),
        ("recibe: {de: 17:00, a: 21:00}", "recibe: {de: 17:00, a: 17:00}", "ingreso 1: «recibe»: empieza y termina a la misma hora"),
        ("recibe: {de: 17:00, a: 21:00}", "horas: {de: 17:00, a: 21:00}", "ingreso 1: diga a quién «admite» la casa o a qué horas «recibe»"),
        ("recibe: {de: 17:00, a: 21:00}", "admite: [nadie, mujeres]", "ingreso 1: «nadie» va solo"),
        ("recibe: {de: 17:00, a: 21:00}", "admite: []", "ingreso 1: «admite» es «nadie» o una lista de quiénes"),
        (
            "recibe: {de: 17:00, a: 21:00}",
            "admite: nadie\n    dias: {de: 2023-05-18, a: 2023-05-12}",
            "ingreso 1: «dias»: termina antes de empezar",
        ),
        ("version: 1", "version: 0", "«version»: la primera versión es la 1"),
        ("vence: 90 min", "vence: 25 h", "oferta: «vence»: se esperaba más de cero y a lo más 24 h"),
        ("vence: 90 min", "vence: pronto", "oferta: «vence»: duración «pronto» mal escrita; se escribe como «30 min», «4 h», «1 d» o «30 dh»"),
        ("dura: 45 dh", "dura: mucho", "tramite: «dura»: duración «mucho» mal escrita; se escribe como «30 min», «4 h», «1 d» o «30 dh»"),
        ("fuente: {L: LR 24 (G20)}", "fuente: {L: [LR 24]}", "tramite: «fuente»: se esperaba texto"),
        ("colocacion: guanajuato", "colocacion: Guanajuato", "colocacion: el nombre «Guanajuato» lleva minúsculas, números y «_»"),
        ("colocacion: guanajuato\n", "", "falta «colocacion»"),
        (
            "recibe: {de: 17:00, a: 21:00}",
            "admite: nadie\n    dias: {de: 2023-05-12, a: mañana}",
            "ingreso 1: «dias»: fecha «mañana» mal escrita; se escribe 2026-12-01",
        ),
        ("- equilibrio ", "- equilibro ", "orden: nivel desconocido «equilibro»; ¿quiso decir «equilibrio»?"),
        ("fuente: {S: SOLBAJ-BS-2022}", "fuente: {}", "ingreso 1: «fuente»: diga de dónde sale: S, L, K o D"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_told(right: str, wrong: str, told: str) -> None:
    assert told in problems(right, wrong)


def test_far_by_distance_needs_the_kilometres() -> None:
    wrong = TEXT.replace("cuenta: otro_municipio\n  desde_km: 30", "cuenta: distancia")
    with pytest.raises(ProtocolErrors, match="falta «desde_km»: desde cuántos kilómetros es lejos"):
        load_policy(wrong)


def test_a_rule_says_whom_a_house_admits_and_on_which_days() -> None:
    rule = "admite: [mujeres, familias]\n    horas: {de: 20:00, a: 06:00}\n    dias: {de: 2023-05-12, a: 2023-05-18}"
    [found] = load_policy(TEXT.replace("recibe: {de: 17:00, a: 21:00}", rule)).admissions
    assert found.admits == ("wom", "fam")
    assert found.hours == ("20:00", "06:00")
    assert found.days is not None
    assert [day.isoformat() for day in found.days] == ["2023-05-12", "2023-05-18"]


def test_a_house_may_admit_nobody_and_emergency_places_may_never_count() -> None:
    text = TEXT.replace("recibe: {de: 17:00, a: 21:00}", "admite: nadie").replace(
        "desde_nivel: n2", "desde_nivel: nunca"
    )
    policy = load_policy(text)
    assert policy.admissions[0].admits == ()
    assert policy.surge_from is None


def test_the_houses_a_policy_names_are_told_with_their_place() -> None:
    [(place, name)] = places_named(TEXT)
    assert name == "buen-samaritano"
    assert TEXT.splitlines()[place.line - 1][place.column - 1 :] == "buen-samaritano"


def test_a_policy_without_rules_of_admission_names_no_house() -> None:
    assert places_named(TEXT[: TEXT.index("ingreso:")]) == []
