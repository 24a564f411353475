"""What another state answers about the people who were announced to it."""

from __future__ import annotations

from caravan import commands as c
from caravan import events as e
from caravan.basics import Refusal
from caravan.coordination.authority import may_know_relay
from caravan.coordination.turn import Turn, answers


@answers(c.AnswerRelay)
def answer(turn: Turn, command: c.AnswerRelay) -> None:
    relay = turn.picture.relays.get(command.relay)
    if relay is None or not (turn.by.role == "system" or may_know_relay(turn.picture, relay, turn.by.agency)):
        raise Refusal("unknown_relay", field="relay", relay=command.relay)
    if relay.status != "proposed":
        raise Refusal("relay_answered", field="relay", status=relay.status)
    if not command.accepted and command.received is not None:
        raise Refusal("relay_not_received", field="received", received=command.received)
    turn.happen(
        e.RelayAnswered(
            relay=relay.id, accepted=command.accepted, received=command.received, reason=command.reason.strip()
        )
    )
    if command.accepted:
        difference = turn.picture.relays[relay.id].missing
        turn.tell(
            relay.owner, "relevo_aceptado", enviadas=relay.sent, recibidas=command.received, diferencia=difference
        )
    else:
        turn.tell(relay.owner, "relevo_rechazado", enviadas=relay.sent)
