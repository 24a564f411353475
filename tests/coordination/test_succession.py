"""The law is not published away: what a next version keeps, who may change a pack, and what keeps a draft from being published."""

from __future__ import annotations

import re

import pytest
from golden import GOLDEN, published_in
from realm import PACKS, PROTOCOL, SDH, SYSTEM, Night, opened, plain, replayed

from caravan import commands as c
from caravan import events as e
from caravan.basics import Actor, Refusal
from caravan.coordination.succession import BARRING
from caravan.fold import fold
from caravan.server.web.problems import sentence

COLLEAGUE = Actor(agency="SDH", role="coordination", user="u2")
WITHOUT_PACKS = published_in(GOLDEN / "0.1")[0]
"""Guanajuato in one file, as the first release had it."""
LAW = PACKS["base-legal@1"]
OWN = re.search(r"(?m)^version: (\d+)$", PROTOCOL)
NOW = int(OWN[1]) if OWN else 0


def numbered(text: str, version: int) -> str:
    changed = re.sub(r"(?m)^version: \d+$", f"version: {version}", text, count=1)
    return re.sub(r"(?m)^vigente_desde: .*\n", "", changed)


def unlocked(text: str) -> str:
    return re.sub(r"bloqueado: true(, )?", lambda found: "" if found[1] else "bloqueado: false", text)


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.fixture
def night() -> Night:
    return opened()


def proposal(night: Night, text: str) -> c.ProposePublication:
    draft = night.create(c.SaveDraft(text=text), SDH)
    return c.ProposePublication(draft=draft, sha256=night.picture.drafts[draft].sha256)


def refusal(night: Night, text: str) -> Refusal:
    return night.refusal(proposal(night, text), SDH)


def published(night: Night, text: str) -> str:
    asked = proposal(night, text)
    night.do(asked, SDH)
    return night.create(c.ApprovePublication(draft=asked.draft, sha256=asked.sha256), COLLEAGUE)


def test_a_version_without_the_packs_of_the_one_before_is_refused_and_says_what_is_lost(night: Night) -> None:
    found = refusal(night, numbered(WITHOUT_PACKS, NOW + 1))
    assert (found.code, found.details["packs"]) == ("packs_lost", ["base-legal@1"])
    said = sentence(found)
    assert "no deriva de base-legal@1" in said
    assert "«Asilo»" in said
    assert "«Anunciar salida voluntaria»" in said


def test_an_installation_of_the_first_release_goes_on_to_the_law() -> None:
    night = opened(protocol=WITHOUT_PACKS)
    assert published(night, numbered(PROTOCOL, 2)) == "guanajuato@2"
    assert refusal(night, numbered(WITHOUT_PACKS, 3)).code == "packs_lost"


@pytest.mark.parametrize("text", [LAW, unlocked(LAW)], ids=["the same", "without its locks"])
def test_a_pack_s_own_version_is_taken_though_it_only_came_with_another_file(night: Night, text: str) -> None:
    found = refusal(night, text)
    assert (found.code, found.details["above"]) == ("version_not_higher", 1)


def test_two_people_do_not_publish_a_pack_that_unlocks(night: Night) -> None:
    found = refusal(night, numbered(unlocked(LAW), 2))
    assert (found.code, found.details["pack"]) == ("law_weakened", "base-legal@1")
    assert any("estado «asilo»: se le quitó «bloqueado»" in each for each in found.details["problems"])
    longer = numbered(changed(LAW, "plazo: 5 dh", "plazo: 9 dh"), 2)
    assert "su plazo pasa de 5 dh a 9 dh" in sentence(refusal(night, longer))


def test_two_people_may_publish_a_stricter_pack_and_go_on_with_it(night: Night) -> None:
    stricter = numbered(changed(LAW, "plazo: 5 dh", "plazo: 4 dh"), 2)
    assert published(night, stricter) == "base-legal@2"
    third = numbered(PROTOCOL, NOW + 1).replace("base-legal@1", "base-legal@2")
    assert published(night, third) == f"guanajuato@{NOW + 1}"
    back = refusal(night, numbered(PROTOCOL, NOW + 2))
    assert (back.code, back.details["packs"]) == ("packs_lost", ["base-legal@2"])


def test_a_reform_of_the_law_comes_from_the_operator_and_two_people_may_go_on_with_it(night: Night) -> None:
    reform = numbered(changed(LAW, "plazo: 5 dh", "plazo: 9 dh"), 2)
    night.do(c.PublishProtocol(text=reform), SYSTEM)
    third = numbered(PROTOCOL, NOW + 1).replace("base-legal@1", "base-legal@2")
    assert published(night, third) == f"guanajuato@{NOW + 1}"
    assert plain(replayed(night.journal)) == plain(night.picture)


def test_what_runs_under_the_law_does_not_go_back_to_a_version_without_it() -> None:
    night = opened(protocol=WITHOUT_PACKS)
    published(night, numbered(PROTOCOL, 2))
    run = night.group(night.arrives(30)).activation
    found = night.refusal(c.MigrateActivation(activation=run, version=1, reason="Era más corta"))
    assert (found.code, found.details["packs"]) == ("packs_lost", ["base-legal@1"])


def test_a_state_may_take_back_what_it_made_stricter_than_the_law(night: Night) -> None:
    before = "              triaje:\n"
    stricter = changed(numbered(PROTOCOL, NOW + 1), before, before + "                plazo: 1 h\n")
    published(night, stricter)
    assert published(night, numbered(PROTOCOL, NOW + 2)) == f"guanajuato@{NOW + 2}"


def test_not_even_the_operator_puts_another_text_under_a_name_that_is_taken(night: Night) -> None:
    draft = numbered(PROTOCOL, NOW + 1)
    asked = c.PublishProtocol(text=draft, packs={"base-legal@1": unlocked(LAW)})
    assert night.refusal(asked, SYSTEM).code == "protocol_version_taken"
    assert night.refusal(c.PublishProtocol(text=unlocked(LAW)), SYSTEM).code == "protocol_version_taken"
    assert night.create(c.PublishProtocol(text=LAW), SYSTEM) == "base-legal@1"


def test_of_two_texts_under_one_name_in_a_journal_the_first_stays(night: Night) -> None:
    another = e.ProtocolPublished(protocol="base-legal", version=1, sha256="", text=unlocked(LAW))
    assert fold(night.picture, another, night.now).packs["base-legal@1"] == LAW


BROKEN = {
    "to_define": ("nombre: Protección Civil,", "nombre: POR DEFINIR,"),
    "no_deadline": ("        plazo: 30 min\n", ""),
    "no_path_to_final": ("lecciones_registradas: {etiqueta: {es: Archivar, en: Archive}, requiere: [lecciones], ir_a: archivado}", "lecciones_registradas: {etiqueta: {es: Archivar, en: Archive}, requiere: [lecciones], ir_a: evaluacion}"),
    "told_too_much": ("plantilla: llegada, personas: =grupo.personas", "plantilla: llegada, personas: =grupo.solicitan_asilo"),
}  # fmt: skip


@pytest.mark.parametrize("code", list(BROKEN))
def test_what_leaves_people_waiting_or_tells_too_much_is_not_published(night: Night, code: str) -> None:
    assert code in BARRING
    text = numbered(PROTOCOL, NOW + 1)
    found = refusal(night, changed(text, *BROKEN[code]))
    assert found.code == "protocol_unfit"
    assert sentence(found).startswith("No se publica mientras alguien quede esperando o se diga de más: ")


def test_what_only_lacks_words_is_published_with_its_warning(night: Night) -> None:
    text = changed(numbered(PROTOCOL, NOW + 1), "etiqueta: {es: Suspender, en: Suspend}, ", "")
    assert published(night, text) == f"guanajuato@{NOW + 1}"
