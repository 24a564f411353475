"""Stays that end too soon, what would mend them and whom to phone, as an official reads them."""

from __future__ import annotations

from datetime import date

import pytest

from caravan.server.web.pages.horizons import call_sentence, long_day, short_stay, weekday
from caravan.server.web.words import LANGUAGE
from caravan.shelters.staleness import Call

THURSDAY = date(2023, 5, 18)


@pytest.mark.parametrize(
    ("people", "lacking"), [(83, "faltan 83 lugares"), (1, "falta 1 lugar"), (None, "faltan menos de 5 lugares")]
)
def test_a_short_stay_is_one_sentence(people: int | None, lacking: str) -> None:
    assert (
        short_stay("Galilea", THURSDAY, 45, people)
        == f"Galilea: hasta el jueves 18 de mayo; trámite: 45 días hábiles; {lacking} desde el jueves."
    )


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (Call(shelter="g", because="unknown", places=None), "nadie ha dicho cuántos lugares tiene libres"),
        (Call(shelter="g", because="unknown", places=34), "nadie ha dicho cuántos lugares tiene libres; publica 34 lugares"),
        (Call(shelter="g", because="unknown", places=1, hours=50), "hace 50 h que no informa: su cifra ya no cuenta; publica 1 lugar"),
        (Call(shelter="g", because="unknown", places=None, hours=50), "hace 50 h que no informa: su cifra ya no cuenta"),
        (Call(shelter="g", because="stale", places=12, hours=20), "hace 20 h dijo tener 12 lugares: que lo confirme"),
    ],
)  # fmt: skip
def test_why_a_house_is_phoned_is_said_with_its_figures(call: Call, told: str) -> None:
    assert call_sentence(call) == told


def test_days_are_named_in_the_readers_language() -> None:
    assert (weekday(THURSDAY), long_day(THURSDAY)) == ("jueves", "jueves 18 de mayo")
    before = LANGUAGE.set("en")
    try:
        assert weekday(THURSDAY) == "Thursday"
    finally:
        LANGUAGE.reset(before)
