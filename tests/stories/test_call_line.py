"""A line of calls and a consular alert, as files: a call at night, a referral that the receiver accepts, what is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from realm import DIF, SDH, Night
from side_protocols import ALERT_TEXT, CONSULATE, LINE, call, line, runs

from caravan import commands as c
from caravan import events as e
from caravan.audiences import viewer_of
from caravan.basics import Actor
from caravan.sharing import SharedPicture, share

STORY = "Dice que su esposo la busca en la terminal"


def states(night: Night, case: str) -> set[str]:
    return night.steps(case)


def mine(night: Night, who: Actor) -> SharedPicture:
    return share(night.picture, viewer_of(who), night.now)


def test_a_call_at_night_waits_for_the_desk_is_referred_accepted_and_forgotten(night: Night) -> None:
    ident = line(night)
    case = call(night, ident)
    assert states(night, case) == {"fuera_de_horario"}
    assert [n.template for n in mine(night, LINE).notices()] == ["llamada_fuera_de_horario"]

    night.passes(hours=12, minutes=59)
    assert states(night, case) == {"fuera_de_horario"}
    night.passes(minutes=1)
    assert night.now == datetime(2023, 5, 16, 15, 0, tzinfo=UTC)  # 09:00 in León
    assert states(night, case) == {"por_escuchar"}
    assert [step.kind for step in mine(night, LINE).steps() if step.case == case] == ["step", "task"]

    outcome = night.do(c.SendEvent(event="escuchar", case=case, payload={"relato": STORY, "personas": 3}), LINE)
    ((reference, (owner, words)),) = outcome.texts.items()
    assert (owner, words) == (case, STORY)
    assert not any(STORY.encode() in e.encode(event) for event, _ in night.journal)
    assert not [task for task in mine(night, LINE).steps() if task.kind == "task"]

    night.do(c.SendEvent(event="canalizar", case=case), LINE)
    assert [text.id for text in mine(night, DIF).texts(case)] == [reference]
    assert mine(night, SDH).text(reference) is None
    assert night.refusal(c.SendEvent(event="aceptar", case=case), LINE).code == "event_not_awaited"
    night.do(c.SendEvent(event="aceptar", case=case), DIF)
    assert states(night, case) == {"recibida_por_dif"}

    night.passes(days=29)
    assert night.picture.texts[reference].erased_at is None
    erased = [event for event in night.passes(days=1).events if isinstance(event, e.TextsPurged)]
    assert erased == [e.TextsPurged(owner=case, texts=(reference,))]
    assert night.picture.texts[reference].erased_at == night.now
    assert night.picture.cases[case].status == "closed"


def test_a_referral_nobody_accepts_is_told_to_its_receiver_again_and_never_taken_for_accepted(night: Night) -> None:
    night.passes(hours=16)
    case = call(night, line(night))
    night.do(c.SendEvent(event="escuchar", case=case, payload={"relato": STORY}), LINE)
    night.do(c.SendEvent(event="canalizar", case=case), LINE)
    missed = [event for event in night.passes(days=1).events if isinstance(event, e.DeadlineMissed)]
    assert [(event.case, event.state, event.told) for event in missed][:1] == [(case, "enviada", ("DIF",))]
    assert states(night, case) == {"enviada"}
    # The coordination may not know of the referral, so no rung of the ladder tells it.
    assert not any("SDH" in event.told for event in missed)


@pytest.mark.parametrize("minutes", [0, 14])
def test_an_alert_that_is_withdrawn_in_its_time_of_grace_reaches_no_consulate(night: Night, minutes: int) -> None:
    ident = runs(night, ALERT_TEXT, "alerta-de-ensayo")
    case = night.create(c.OpenCase(activation=ident, machine="alerta"))
    night.passes(minutes=minutes)
    night.do(c.SendEvent(event="retirar", case=case))
    night.passes(days=2)
    assert states(night, case) == {"retirada"}
    assert mine(night, CONSULATE).notices() == []


def test_an_alert_that_is_not_withdrawn_reaches_the_consulate_which_alone_acknowledges_it(night: Night) -> None:
    ident = runs(night, ALERT_TEXT, "alerta-de-ensayo")
    case = night.create(c.OpenCase(activation=ident, machine="alerta"))
    night.passes(minutes=15)
    assert [notice.template for notice in mine(night, CONSULATE).notices()] == ["alerta_consular"]
    assert night.refusal(c.SendEvent(event="retirar", case=case)).code == "event_not_awaited"
    assert night.refusal(c.SendEvent(event="acusar", case=case)).code == "event_not_awaited"
    night.do(c.SendEvent(event="acusar", case=case), CONSULATE)
    assert night.picture.cases[case].status == "closed"
