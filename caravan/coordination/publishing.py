"""A protocol's life: a draft is saved, one person proposes it, another approves it; what runs stays on its version until it is
migrated by an explicit map."""

from __future__ import annotations

import hashlib

from msgspec.structs import replace

from caravan import commands as c
from caravan import events as e
from caravan.basics import Refusal
from caravan.coordination.activations import begin_one
from caravan.coordination.facts import facts_of
from caravan.coordination.succession import check_fit, check_free, check_packs_kept, check_succession
from caravan.coordination.turn import Turn, answers
from caravan.drafts import Draft
from caravan.picture import Activation, Instance, Picture
from caravan.protocol.load import load
from caravan.protocol.model import Machine, Protocol, ProtocolErrors
from caravan.protocol.packs import key_of, packs_needed
from caravan.protocol.versions.migrate import CannotMigrate, Carried, carry


@answers(c.PublishProtocol)
def publish(turn: Turn, command: c.PublishProtocol) -> str:
    """The operator's way: setting up an installation, bringing in a reform of the law, the demo, drills. Only here may a
    version keep less than the one before."""
    protocol = _sound(command.text, command.packs)
    check_free(turn.picture, {**command.packs, protocol.key: command.text})
    if protocol.key in turn.picture.protocols:
        raise Refusal("protocol_version_taken", field="text", protocol=protocol.id, version=protocol.version)
    return _publish(turn, protocol, command.text, command.packs)


def _publish(turn: Turn, protocol: Protocol, text: str, packs: dict[str, str], draft: Draft | None = None) -> str:
    turn.happen(
        e.ProtocolPublished(
            protocol=protocol.id, version=protocol.version, sha256=fingerprint(text), text=text, packs=packs,
            draft=draft.id if draft else "", proposed_by=draft.proposed_by if draft else "",
            approved_by=turn.by.user if draft else "",
        )
    )  # fmt: skip
    return protocol.key


def fingerprint(text: str) -> str:
    """What two people agree on: SHA-256 of the text in UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _sound(text: str, packs: dict[str, str]) -> Protocol:
    try:
        return load(text, packs)
    except ProtocolErrors as errors:
        raise Refusal("protocol_unsound", field="text", problems=[str(p) for p in errors.problems]) from errors


# --- drafts -----------------------------------------------------------------------------------------------------------


@answers(c.SaveDraft)
def save(turn: Turn, command: c.SaveDraft) -> str:
    if command.draft is not None:
        draft = _changeable(turn, command.draft)
        if command.replaces != draft.sha256:
            raise Refusal("draft_saved_meanwhile", field="text")
    ident = command.draft or turn.mint("b")
    text = in_lines(command.text)
    turn.happen(
        e.DraftSaved(
            draft=ident, text=text, sha256=fingerprint(text), agency=turn.by.agency, user=turn.by.user, note=command.note
        )
    )  # fmt: skip
    return ident


def in_lines(text: str) -> str:
    """The text as a file holds it: a browser sends other line ends and drops the last one."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"


@answers(c.ProposePublication)
def propose(turn: Turn, command: c.ProposePublication) -> str:
    draft = _draft(turn, command.draft)
    if command.sha256 != draft.sha256:
        raise Refusal("draft_changed", field="sha256")
    _check_person(turn)
    protocol, _ = publishable(turn.picture, draft.text)
    _check_succeeds(turn, protocol)
    if draft.status == "proposed" and draft.proposed_by == turn.by.user:
        return draft.id  # a second click: it is proposed already
    turn.happen(e.PublicationProposed(draft=draft.id, sha256=draft.sha256, user=turn.by.user))
    return draft.id


@answers(c.ApprovePublication)
def approve(turn: Turn, command: c.ApprovePublication) -> str:
    """Two persons have named this very text: whoever saved it last may be one of them, never both."""
    draft = _draft(turn, command.draft)
    if draft.status != "proposed":
        raise Refusal("draft_not_proposed", field="draft")
    if command.sha256 != draft.sha256:
        raise Refusal("draft_changed", field="sha256")
    _check_person(turn)
    if turn.by.user == draft.proposed_by:
        raise Refusal("two_persons", field="draft")
    protocol, packs = publishable(turn.picture, draft.text)
    _check_succeeds(turn, protocol)
    turn.happen(e.PublicationApproved(draft=draft.id, sha256=draft.sha256, user=turn.by.user))
    return _publish(turn, protocol, draft.text, packs, draft)


@answers(c.WithdrawDraft)
def withdraw(turn: Turn, command: c.WithdrawDraft) -> str:
    draft = _changeable(turn, command.draft)
    turn.happen(e.DraftWithdrawn(draft=draft.id, user=turn.by.user))
    return draft.id


def _draft(turn: Turn, ident: str) -> Draft:
    draft = turn.picture.drafts.get(ident)
    if draft is None:
        raise Refusal("unknown_draft", field="draft")
    if not draft.changeable:
        raise Refusal("draft_closed", field="draft")
    return draft


def _changeable(turn: Turn, ident: str) -> Draft:
    draft = _draft(turn, ident)
    if turn.by.role != "system" and not may_change(turn.picture, draft, turn.by.agency):
        raise Refusal("draft_of_others", field="draft")
    return draft


def may_change(picture: Picture, draft: Draft, agency: str) -> bool:
    """A draft is written and withdrawn by the agency that began it, or by one that leads the protocol it speaks of."""
    return agency == draft.agency or may_publish(picture, draft, agency)


def may_publish(picture: Picture, draft: Draft, agency: str) -> bool:
    """Whether an agency leads the protocol that a draft speaks of."""
    try:
        spoken_of = key_of(draft.text).rpartition("@")[0]
    except ProtocolErrors:
        spoken_of = ""
    led = _latest(picture, spoken_of)
    return led is None or agency in led.coordination()


def _check_person(turn: Turn) -> None:
    """Two accounts must stand behind a publication; what acts without one is nobody."""
    if not turn.by.user:
        raise Refusal("two_persons", field="draft")


def _check_leads(turn: Turn, protocol: Protocol | None) -> None:
    """A protocol is changed by the agencies that coordinate under it, not by another's coordination that works beside them."""
    if turn.by.role != "system" and protocol is not None and turn.by.agency not in protocol.coordination():
        raise Refusal("not_yours_to_do")


def _check_succeeds(turn: Turn, protocol: Protocol) -> None:
    """Those who lead a protocol change it; what answers arrivals is followed by its own next version, not by another protocol."""
    _check_leads(turn, _latest(turn.picture, protocol.id))
    answering = turn.picture.answering
    if answering is None or not protocol.answers_arrivals:
        return
    if protocol.id != answering.id:
        raise Refusal("arrivals_taken", field="text", protocol=protocol.id, answering=answering.id)
    _check_leads(turn, answering)


def _latest(picture: Picture, protocol: str) -> Protocol | None:
    """Its newest version; for one that is new, the protocol that answers arrivals."""
    return picture.protocols.get(picture.latest.get(protocol) or "") or picture.answering


def publishable(picture: Picture, text: str) -> tuple[Protocol, dict[str, str]]:
    """The protocol and the packs it extends. Refuses a text with problems, one that extends a pack nobody published here, one
    that does not rightly follow what is published, and one that would leave somebody waiting or tell too much."""
    packs = known_packs(picture, text)
    protocol = _sound(text, packs)
    check_succession(picture, protocol, text)
    check_fit(protocol)
    return protocol, packs


def known_packs(picture: Picture, text: str) -> dict[str, str]:
    """The texts of the packs a draft extends, from what is published here: a pack that came with the draft itself could lack its
    locks. Refuses an unknown one."""
    known = {key: picture.packs[key] for key in picture.packs}
    try:
        needed = packs_needed(text, known)
    except ProtocolErrors as errors:
        raise Refusal("protocol_unsound", field="text", problems=[str(p) for p in errors.problems]) from errors
    missing = next((key for key in needed if key not in known), None)
    if missing is not None:
        raise Refusal("pack_unknown", field="text", pack=missing, known=sorted(known))
    return {key: known[key] for key in needed}


# --- another version for what is running ------------------------------------------------------------------------------


@answers(c.MigrateActivation)
def migrate(turn: Turn, command: c.MigrateActivation) -> str:
    """Every instance of the activation goes over, or none does; one of a machine that the other version lacks must have ended."""
    run = turn.picture.activations.get(command.activation)
    if run is None:
        raise Refusal("unknown_activation", field="activation")
    _check_leads(turn, turn.picture.protocol_of(run.id))
    after = turn.picture.protocols.get(f"{run.protocol}@{command.version}")
    if after is None:
        raise Refusal("unknown_version", field="version", protocol=run.protocol, version=command.version)
    if command.version == run.version:
        raise Refusal("same_version", field="version", version=run.version)
    check_packs_kept(turn.picture, turn.picture.protocol_of(run.id), after)
    instances = instances_of(turn.picture, run)
    if run.closed and not run.open_groups and not turn.picture.cases_in.get(run.id):
        raise Refusal("activation_over", field="activation")
    carried = _carried(turn, run, instances, after, command.map)
    ended = tuple(instance.id for instance in instances if instance.id not in carried)
    for task in (task for ident in ended for task in sorted(turn.picture.tasks_of.get(ident, ()))):
        turn.happen(e.TaskWithdrawn(task=task, case=turn.picture.tasks[task].case))
    new = [
        machine for machine in after.machines.values() if machine.id not in turn.picture.protocol_of(run.id).machines
    ]
    turn.happen(
        e.ActivationMigrated(
            activation=run.id, protocol=after.id, version=after.version, map=command.map, reason=command.reason,
            snapshots={ident: one.snapshot for ident, one in carried.items()},
            dropped={ident: one.dropped for ident, one in carried.items() if one.dropped}, ended=ended,
        )
    )  # fmt: skip
    for machine in new:
        _begin(turn, run, after, machine)
    for instance in instances:
        turn.stale[instance.owner] = None
    return run.id


def _begin(turn: Turn, run: Activation, protocol: Protocol, machine: Machine) -> None:
    """A machine that only the new version has begins for whoever is still in its care. A case begins when one is opened."""
    if machine.instance == "activacion" and not run.closed:
        begin_one(turn, protocol, machine, run.id, None)
    elif machine.instance == "grupo":
        for group in sorted(g for g in run.groups if turn.picture.groups[g].status == "open"):
            begin_one(turn, protocol, machine, run.id, group)


def instances_of(picture: Picture, run: Activation) -> list[Instance]:
    """Every running copy of the activation: its own, its groups' and its cases'."""
    owners = (run.id, *run.groups, *run.cases)
    return [picture.instances[ident] for owner in owners for ident in picture.machines_of.get(owner, ())]


def _carried(
    turn: Turn, run: Activation, instances: list[Instance], after: Protocol, images: dict[str, dict[str, str]]
) -> dict[str, Carried]:
    before = turn.picture.protocol_of(run.id)
    problems = [f"el mapa nombra la máquina «{name}», que no existe" for name in images if name not in before.machines]
    if run.level not in ("n0", *(level.id for level in after.levels)):
        problems.append(f"el nivel «{run.level}» no existe en la versión {after.version}")
    found: dict[str, Carried] = {}
    for instance in instances:
        machine = instance.snapshot.machine
        if machine not in after.machines and instance.snapshot.done:
            continue
        try:
            facts = facts_of(turn.picture, instance)
            # A clock that was stopped because the protocol could not go on may ring again: the other version may be able to.
            standing = replace(instance.snapshot, timers=(*instance.snapshot.timers, *instance.stopped))
            found[instance.id] = carry(standing, before, after, images.get(machine, {}), facts, turn.now)
        except CannotMigrate as refusal:
            problems += [f"{machine}: {problem}" for problem in refusal.problems]
    if problems:
        raise Refusal("cannot_migrate", field="map", version=after.version, problems=list(dict.fromkeys(problems)))
    return found
