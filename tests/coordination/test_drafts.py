"""Who may write, propose and approve a change of a protocol; that nothing typed is lost and nothing unread is published."""

from __future__ import annotations

import re

import pytest
from golden import GOLDEN, published_in
from realm import SDH, Night, opened, plain, replayed

from caravan import commands as c
from caravan import events as e
from caravan.basics import SYSTEM, Actor
from caravan.fold import fold

COLLEAGUE = Actor(agency="SDH", role="coordination", user="u2")
RED = Actor(agency="RED", role="coordination", user="r1")
OTHER_RED = Actor(agency="RED", role="coordination", user="r2")
TOWN = Actor(agency="MUNICIPIO", role="coordination", user="m1")
PROTOCOL = published_in(GOLDEN / "0.1")[0]
NEXT = PROTOCOL.replace("version: 1\n", "version: 2\n", 1).replace("vigente_desde: 2026-12-01\n", "")
SIDE = """\
protocolo: albergues
version: 1
titulo: {es: Red de albergues, en: Shelters}
procedencia: Ensayo.
entidad: {nombre: Guanajuato, pcode: MX11}
zona_horaria: America/Mexico_City
calendario: lfpa28
escala: {peldanos: [responsable, coordinacion], cada: 1 h}
agencias:
  RED: {nombre: Red de albergues, papel: coordinacion, avisos: [correo]}
niveles: [{id: n1, desde: 1}]
maquinas:
  red:
    instancia: activacion
    inicial: atenta
    estados:
      atenta:
        etiqueta: {es: Atenta, en: Watching}
        responsable: RED
        plazo: 30 d
        fuente: {D: todo el paso}
        cuando: {cerrar: cerrada}
      cerrada: {etiqueta: {es: Cerrada, en: Closed}, final: true}
"""


def _of_red(text: str, protocol: str, version: int) -> str:
    """The text with another name and number, and RED wherever SDH stood."""
    text = re.sub(r"^protocolo: .*$", f"protocolo: {protocol}", text, count=1, flags=re.MULTILINE)
    return re.sub(r"\bSDH\b", "RED", re.sub(r"^version: .*$", f"version: {version}", text, count=1, flags=re.MULTILINE))


@pytest.fixture
def night() -> Night:
    night = opened(protocol=PROTOCOL)
    night.do(c.PublishProtocol(text=SIDE), SYSTEM)
    return night


def _saved(night: Night, text: str, by: Actor) -> str:
    return night.create(c.SaveDraft(text=text), by)


def _change(night: Night, draft: str, text: str) -> c.SaveDraft:
    return c.SaveDraft(draft=draft, text=text, replaces=night.picture.drafts[draft].sha256)


def _proposal(night: Night, draft: str) -> c.ProposePublication:
    return c.ProposePublication(draft=draft, sha256=night.picture.drafts[draft].sha256)


def _approval(night: Night, draft: str) -> c.ApprovePublication:
    return c.ApprovePublication(draft=draft, sha256=night.picture.drafts[draft].sha256)


# --- what answers arrivals --------------------------------------------------------------------------------------------


def test_the_coordination_of_a_protocol_beside_does_not_take_over_arrivals(night: Night) -> None:
    draft = _saved(night, _of_red(NEXT, "albergues", 9), RED)
    refusal = night.refusal(_proposal(night, draft), RED)
    assert (refusal.code, refusal.details) == ("arrivals_taken", {"protocol": "albergues", "answering": "guanajuato"})
    assert night.picture.in_force == "guanajuato@1"


def test_nor_does_whoever_leads_arrivals_hand_them_to_another_protocol(night: Night) -> None:
    another = NEXT.replace("protocolo: guanajuato\n", "protocolo: otro\n", 1)
    assert night.refusal(_proposal(night, _saved(night, another, SDH)), SDH).code == "arrivals_taken"


def test_the_version_after_it_is_published_by_those_who_lead_arrivals_alone(night: Night) -> None:
    theirs = _saved(night, _of_red(NEXT, "guanajuato", 2), RED)
    assert night.refusal(_proposal(night, theirs), RED).code == "not_yours_to_do"
    draft = _saved(night, NEXT, SDH)
    night.do(_proposal(night, draft))
    assert night.create(_approval(night, draft), COLLEAGUE) == "guanajuato@2"
    assert night.picture.in_force == "guanajuato@2"


def test_a_protocol_beside_goes_on_being_changed_by_its_own(night: Night) -> None:
    draft = _saved(night, SIDE.replace("version: 1", "version: 2").replace("plazo: 30 d", "plazo: 20 d"), RED)
    night.do(_proposal(night, draft), RED)
    assert night.create(_approval(night, draft), OTHER_RED) == "albergues@2"
    assert night.picture.in_force == "guanajuato@1"


@pytest.mark.parametrize(
    ("draft", "in_force"), [("b-1", "guanajuato@1"), ("", "otro@1")], ids=["people", "the program"]
)
def test_only_what_the_program_publishes_may_answer_arrivals_in_place_of_another(
    night: Night, draft: str, in_force: str
) -> None:
    text = PROTOCOL.replace("protocolo: guanajuato\n", "protocolo: otro\n", 1).replace(
        "vigente_desde: 2026-12-01\n", ""
    )
    event = e.ProtocolPublished(protocol="otro", version=1, sha256="0" * 64, text=text, draft=draft)
    assert fold(night.picture, event, night.now).in_force == in_force


# --- whose draft it is ------------------------------------------------------------------------------------------------


def test_a_coordination_that_does_not_lead_neither_overwrites_nor_withdraws_the_draft_of_one_that_does(
    night: Night,
) -> None:
    draft = _saved(night, NEXT, SDH)
    for by in (RED, TOWN):
        assert night.refusal(_change(night, draft, "protocolo: nada"), by).code == "draft_of_others"
        assert night.refusal(c.WithdrawDraft(draft=draft), by).code == "draft_of_others"
    assert night.picture.drafts[draft].text == NEXT


def test_a_draft_stays_its_beginner_s_when_those_who_lead_write_on_it(night: Night) -> None:
    draft = _saved(night, NEXT, TOWN)
    night.do(_change(night, draft, NEXT + "# visto\n"), SDH)
    assert night.picture.drafts[draft].agency == "MUNICIPIO"
    night.do(_change(night, draft, NEXT + "# visto y corregido\n"), TOWN)
    assert plain(replayed(night.journal)) == plain(night.picture)
    night.do(c.WithdrawDraft(draft=draft), TOWN)


def test_a_draft_of_a_protocol_beside_is_changed_by_those_who_lead_that_one(night: Night) -> None:
    draft = _saved(night, SIDE.replace("version: 1", "version: 2"), TOWN)
    assert night.refusal(c.WithdrawDraft(draft=draft), SDH).code == "draft_of_others"
    night.do(c.WithdrawDraft(draft=draft), RED)


# --- two readings -----------------------------------------------------------------------------------------------------


def test_what_is_proposed_is_what_was_read(night: Night) -> None:
    draft = _saved(night, NEXT, SDH)
    read = _proposal(night, draft)
    night.do(_change(night, draft, NEXT + "# otra cosa\n"), COLLEAGUE)
    assert night.refusal(read, SDH).code == "draft_changed"


def test_whoever_saved_last_may_approve_what_another_person_read_and_proposed(night: Night) -> None:
    draft = _saved(night, NEXT, SDH)
    night.do(_proposal(night, draft), COLLEAGUE)
    assert night.refusal(_approval(night, draft), COLLEAGUE).code == "two_persons"
    assert night.create(_approval(night, draft), SDH) == "guanajuato@2"


def test_a_text_saved_over_another_s_is_refused_until_it_names_it_and_both_are_kept(night: Night) -> None:
    draft = _saved(night, NEXT, SDH)
    mine = _change(night, draft, NEXT + "# lo mío\n")
    night.do(_change(night, draft, NEXT + "# lo suyo\n"), COLLEAGUE)
    refusal = night.refusal(mine, SDH)
    assert (refusal.code, refusal.field) == ("draft_saved_meanwhile", "text")
    assert night.refusal(c.SaveDraft(draft=draft, text=NEXT), SDH).code == "draft_saved_meanwhile"
    assert night.picture.drafts[draft].text == NEXT + "# lo suyo\n"
    night.do(_change(night, draft, NEXT + "# lo mío\n"), SDH)
    texts = [event.text for event, _ in night.journal if isinstance(event, e.DraftSaved)]
    assert texts[1:] == [NEXT + "# lo suyo\n", NEXT + "# lo mío\n"]


def test_a_second_click_on_proposing_leaves_one_proposal() -> None:
    night = opened(protocol=PROTOCOL)
    first = Actor(agency="SDH", role="coordination", user="u1")
    draft = night.create(c.SaveDraft(text=NEXT, note="Prueba"), first)
    asked = c.ProposePublication(draft=draft, sha256=night.picture.drafts[draft].sha256)
    assert night.create(asked, first) == draft
    assert night.create(asked, first) == draft
    proposals = [event for event, _ in night.journal if isinstance(event, e.PublicationProposed)]
    assert [event.user for event in proposals] == ["u1"]
