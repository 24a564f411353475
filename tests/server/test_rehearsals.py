"""Who may try a draft on which past, and how much of it they are told."""

from __future__ import annotations

import pytest
from golden import GOLDEN, published_in
from realm import Night, opened

from caravan import commands as c
from caravan import events as e
from caravan.audiences import Viewer
from caravan.coordination.recording import Past, recorded
from caravan.protocol.load import load
from caravan.protocol.model import Protocol
from caravan.server.rehearsals import facts_beyond, leads_past, tried_for
from caravan.sharing import SharedPicture, share

TEXT = published_in(GOLDEN / "0.1")[0]
BEFORE = load(TEXT)


@pytest.fixture
def night() -> Night:
    night = opened(protocol=TEXT)
    group = night.arrives(30, asylum=3)
    night.passes(minutes=20)
    night.do(c.SendEvent(group=group, event="aviso_enviado", payload={"documento": "Oficio 12"}))
    night.passes(minutes=20)
    return night


def _seen_by(night: Night, agency: str, role: str = "coordination") -> SharedPicture:
    return share(night.picture, Viewer(agency=agency, role=role), night.now)


def _draft(*changes: tuple[str, str]) -> Protocol:
    text = TEXT.replace("version: 1\n", "version: 2\n", 1)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return load(text)


def _past(night: Night) -> Past:
    (past,) = recorded(night.journal)
    return past


def test_a_past_is_tried_by_the_agency_that_coordinates_it_alone(night: Night) -> None:
    opening = next(event for event, _ in night.journal if isinstance(event, e.ActivationOpened))
    assert leads_past(_seen_by(night, "SDH"), opening)
    for agency in ("MUNICIPIO", "RED", "INM"):
        assert not leads_past(_seen_by(night, agency), opening)


def test_a_draft_that_turns_on_a_figure_is_tried_by_those_who_may_know_it(night: Night) -> None:
    assert facts_beyond(_seen_by(night, "SDH"), BEFORE) == []
    assert "grupo.solicitan_asilo" in facts_beyond(_seen_by(night, "MUNICIPIO"), BEFORE)
    assert {"grupo.nna", "grupo.solicitan_asilo"} <= set(facts_beyond(_seen_by(night, "INM"), BEFORE))
    blind = _draft(
        ("grupo.solicitan_asilo", "grupo.personas"), ("grupo.nna_no_acompanados", "grupo.personas"),
        ("grupo.ingreso_al_pais", "grupo.fin_de_estancia"),
    )  # fmt: skip
    assert facts_beyond(_seen_by(night, "MUNICIPIO"), blind) == []


def test_steps_closed_in_the_past_or_in_the_draft_are_told_to_nobody_else(night: Night) -> None:
    late = ("siempre: [{si: grupo.solicitan_asilo > 0, ir_a: por_avisar}]", "tras: {10 min: por_avisar}")
    closes = ("visible: [COMAR, ACNUR, SDH]", "visible: [COMAR, ACNUR]")
    past = _past(night)
    open_track = str(tried_for(_seen_by(night, "SDH"), past, BEFORE, _draft(late)))
    assert "10 min después" in open_track
    closed_track = tried_for(_seen_by(night, "SDH"), past, BEFORE, _draft(late, closes))
    assert closed_track == [("Resultado", ["Nada habría sido distinto."])]


def test_a_draft_is_tried_against_the_version_it_follows(night: Night) -> None:
    shorter = ("plazo: 60 min", "plazo: 5 min")
    follows, draft = _draft(shorter), load(TEXT.replace("version: 1\n", "version: 3\n", 1).replace(*shorter))
    seen, past = _seen_by(night, "SDH"), _past(night)
    assert tried_for(seen, past, follows, draft) == [("Resultado", ["Nada habría sido distinto."])]
    assert "Plazos vencidos de más" in dict(tried_for(seen, past, BEFORE, draft))
