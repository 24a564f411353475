"""People announced to another state: its answer, and the difference between those sent and those received."""

from __future__ import annotations

import pytest
from realm import DIF, NIGHTFALL, SDH, STATIONS, Night, plain, replayed
from side_protocols import RELAY_TEXT
from trial_protocols import A, running

from caravan import commands as c
from caravan import events as e
from caravan.audiences import viewer_of
from caravan.basics import SYSTEM, Actor
from caravan.handoff import Relay
from caravan.sharing import share


@pytest.fixture
def night() -> Night:
    night = Night(now=NIGHTFALL)
    night.do(c.OpenRealm(name="Ensayo", salt="sal-de-los-ensayos-01"), SYSTEM)
    night.do(c.PublishProtocol(text=RELAY_TEXT), SYSTEM)
    night.do(c.RegisterStation(station=STATIONS[0]))
    return night


def announced(night: Night, people: int = 30) -> tuple[str, Relay]:
    group = night.arrives(people)
    outcome = night.do(c.SendEvent(event="anunciar", group=group))
    relay = next(event.relay for event in outcome.events if isinstance(event, e.RelayProposed))
    return group, relay


def answered(night: Night, relay: Relay, **answer: object) -> Relay:
    night.do(c.AnswerRelay(relay=relay.id, **answer))  # pyright: ignore[reportArgumentType]
    return night.picture.relays[relay.id]


def test_a_relay_says_where_to_and_how_many_and_waits_for_an_answer(night: Night) -> None:
    group, relay = announced(night)
    assert (relay.to_state, relay.sent, relay.group, relay.status) == ("MX22", 30, group, "proposed")
    assert night.steps(group) == {"anunciado"}
    assert relay.missing is None


def test_who_received_all_of_them_ends_the_relay(night: Night) -> None:
    group, relay = announced(night)
    after = answered(night, relay, accepted=True, received=30)
    assert (after.status, after.received, after.missing) == ("accepted", 30, 0)
    assert night.steps(group) == {"entregado"}


def test_people_who_were_sent_and_not_received_are_kept_as_a_difference_and_looked_for(night: Night) -> None:
    group, relay = announced(night)
    assert answered(night, relay, accepted=True, received=27).missing == 3
    assert night.steps(group) == {"por_aclarar"}
    (shown,) = share(night.picture, viewer_of(SDH), night.now).relays(relay.activation)
    assert shown.missing == 3


def test_an_answer_that_gives_no_figure_leaves_the_difference_unknown(night: Night) -> None:
    group, relay = announced(night)
    assert answered(night, relay, accepted=True).missing is None
    assert night.steps(group) == {"por_aclarar"}


def test_a_state_that_does_not_accept_leaves_the_people_with_us(night: Night) -> None:
    group, relay = announced(night)
    after = answered(night, relay, accepted=False, reason="No hay lugar")
    assert (after.status, after.reason, after.received) == ("rejected", "No hay lugar", None)
    assert night.steps(group) == {"en_ruta"}


def test_the_answer_about_a_merged_group_is_the_group_s_that_stays(night: Night) -> None:
    gone, relay = announced(night)
    kept, _ = announced(night)
    night.do(c.MergeGroups(group=gone, into=kept, reason="El mismo autobús"))
    assert answered(night, relay, accepted=True, received=30).group == kept
    assert night.steps(kept) == {"entregado"}
    assert plain(replayed(night.journal)) == plain(night.picture)


def test_only_the_coordination_answers_and_only_once(night: Night) -> None:
    _, relay = announced(night)
    assert night.refusal(c.AnswerRelay(relay=relay.id, accepted=True), DIF).code == "not_yours_to_do"
    assert night.refusal(c.AnswerRelay(relay="r-nada", accepted=True)).code == "unknown_relay"
    wrong = night.refusal(c.AnswerRelay(relay=relay.id, accepted=False, received=3))
    assert (wrong.code, wrong.field) == ("relay_not_received", "received")
    answered(night, relay, accepted=True, received=30)
    assert night.refusal(c.AnswerRelay(relay=relay.id, accepted=False)).code == "relay_answered"


def test_relays_are_the_coordination_s_to_read(night: Night) -> None:
    _, relay = announced(night)
    answered(night, relay, accepted=True, received=30)
    partner = share(night.picture, viewer_of(DIF), night.now)
    assert partner.relays(relay.activation) == []
    told = {type(event) for event, _ in night.journal if partner.shows(event)}
    assert not told & {e.RelayProposed, e.RelayAnswered}
    assert plain(replayed(night.journal)) == plain(night.picture)


BESIDE = f"""\
  m:
    instancia: activacion
    inicial: a
    estados:
      a: {A}plazo: 1 d, al_entrar: [{{proponer_relevo: {{a: MX22, personas: 3}}}}], cuando: {{fin: z}}}}
      z: {{etiqueta: {{es: Fin, en: End}}, final: true}}
"""


def test_a_coordination_that_the_relay_s_protocol_does_not_name_does_not_answer_it(night: Night) -> None:
    running(night, BESIDE)
    (relay,) = (event.relay for event, _ in night.journal if isinstance(event, e.RelayProposed))
    other = Actor(agency="OTRA", role="coordination", user="u9")
    answer = c.AnswerRelay(relay=relay.id, accepted=True, received=3)
    assert share(night.picture, viewer_of(other), night.now).relays(relay.activation) == []
    assert night.refusal(answer, other).code == "unknown_relay"
    night.do(answer, SDH)
    assert night.picture.relays[relay.id].status == "accepted"
