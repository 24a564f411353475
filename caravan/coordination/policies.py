"""The placement policy's life: one person of the leading coordination publishes it with a reason, and whoever regrets it publishes
the earlier text again."""

from __future__ import annotations

from hashlib import sha256

from caravan import commands as c
from caravan import events as e
from caravan.basics import Refusal
from caravan.coordination.turn import Turn, answers
from caravan.picture import Picture
from caravan.policies import load_policy, places_named
from caravan.protocol.expressions import nearest
from caravan.protocol.model import Problem, ProtocolErrors
from caravan.shelters.policy import Policy


@answers(c.PublishPolicy)
def publish(turn: Turn, command: c.PublishPolicy) -> str:
    _check_leads(turn)
    policy = publishable(turn.picture, command.text)
    fingerprint = sha256(command.text.encode()).hexdigest()
    present = turn.picture.policies.get(policy.key)
    if present is not None and present.sha256 == fingerprint and turn.picture.policy.key == policy.key:
        return policy.key  # a second click: it is in force already
    _check_succeeds(turn, policy)
    turn.happen(
        e.PolicyPublished(
            policy=policy, text=command.text, sha256=fingerprint, reason=command.reason, agency=turn.by.agency, user=turn.by.user
        )
    )  # fmt: skip
    return policy.key


def publishable(picture: Picture, text: str) -> Policy:
    """The policy of a text that may be published here. Refuses one with problems of its own, and one that names a house or a
    level that nobody knows here, or has a house take in children who are alone without DIF."""
    try:
        policy = load_policy(text)
        if problems := [*_strangers(picture, policy, text)]:
            raise ProtocolErrors(problems)
    except ProtocolErrors as errors:
        raise Refusal("policy_unsound", field="text", problems=[str(p) for p in errors.problems]) from errors
    for rule in policy.admissions:
        if "uam" in (rule.admits or ()) and "dif" not in picture.shelters[rule.shelter].shelter.services:
            raise Refusal("minors_only_dif", field="text")
    return policy


def _strangers(picture: Picture, policy: Policy, text: str) -> list[Problem]:
    known = sorted(picture.shelters)
    found = [
        Problem(place.line, place.column, f"ingreso: no hay un albergue «{name}» registrado{nearest(name, known)}")
        for place, name in places_named(text)
        if name not in picture.shelters
    ]
    levels = [] if picture.answering is None else [level.id for level in picture.answering.levels]
    if policy.surge_from is not None and levels and policy.surge_from not in levels:
        hint = nearest(policy.surge_from, levels)
        found.append(Problem(1, 1, f"sobrecupo: el protocolo no tiene un nivel «{policy.surge_from}»{hint}"))
    return found


def _check_leads(turn: Turn) -> None:
    answering = turn.picture.answering
    if turn.by.role != "system" and (answering is None or turn.by.agency not in answering.coordination()):
        raise Refusal("not_yours_to_do")


def _check_succeeds(turn: Turn, policy: Policy) -> None:
    """A policy is followed by its own next version: a number names one text for ever, whoever reads an old plan."""
    present = turn.picture.policy
    if present.id and policy.id != present.id:
        raise Refusal("policy_of_another", field="text", policy=policy.id, known=present.id)
    if policy.version <= present.version:
        raise Refusal("policy_version_not_newer", field="text", version=policy.version, latest=present.version)
