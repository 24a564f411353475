"""What each agency may see of the picture: the only door out.

Maps, pages, feeds, notices and exports take a ``SharedPicture``, which only ``share`` makes. Which audience may know which
field of a group is the table of ``audiences.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from typing import NewType

from msgspec.structs import replace

from caravan import events as e
from caravan.audiences import (
    EXACT,
    GROUP_FIELDS,
    LEADERS_LOG,
    PARTNER_LOG,
    RESTRICTED_FACTS,
    Audience,
    OpenStep,
    SharedActivation,
    SharedCase,
    SharedGroup,
    Viewer,
    activation_of,
    case_of,
    shared_case,
    shared_group,
    states_of,
    tells,
)
from caravan.basics import Scalar
from caravan.coordination.activations import possible_for
from caravan.coordination.authority import is_theirs, may_know_case, may_know_relay, may_know_run
from caravan.coordination.cases import openable_by
from caravan.coordination.hunger import FoodService, food_of
from caravan.groups import Group
from caravan.handoff import Relay
from caravan.picture import Activation, Instance, Picture
from caravan.protocol.chart import chart_of
from caravan.protocol.drawing.sight import shown_to
from caravan.protocol.model import Protocol, Why
from caravan.protocol.outlook import ActiveState, PossibleEvent, waiting, who_may_know
from caravan.shared_care import SharedCare
from caravan.shared_machines import SharedMachine, shared_machine
from caravan.tasks import Notice, Task
from caravan.texts import KeptText

# Facts of notices that count something else than people.
_NO_PEOPLE: frozenset[str] = frozenset({"peldano", "tramite"})


class _Share(SharedCare):
    """The whole of it: groups, the protocol, cases, the log."""

    # --- groups ---

    def groups(self) -> Iterator[SharedGroup]:
        for ident in self._picture.groups:
            group = self.group(ident)
            if group is not None and group.status == "open":
                yield group

    def group(self, ident: str) -> SharedGroup | None:
        if ident not in self._seen:
            self._seen[ident] = self._see(ident)
        return self._seen[ident]

    def _see(self, ident: str) -> SharedGroup | None:
        group = self._picture.groups.get(ident)
        if group is None:
            return None
        audiences = self._audiences | self._near(group)
        shared = shared_group(group, audiences, small=not self.tells_where(ident))
        if "host" in audiences:
            shared = replace(shared, placements=tuple(p for p in shared.placements if self.placement(p) is not None))
        return replace(shared, status=self._status(group))

    def _status(self, group: Group) -> str:
        leads = self.viewer.agency in self._picture.protocol_of(group.activation).coordination()
        if leads or group.status not in ("open", "concluded"):
            return group.status
        instances = (self._picture.instances[ident] for ident in self._picture.machines_of.get(group.id, ()))
        protocol = self._picture.protocol_of(group.activation)
        seen = any(self.may_know(visible) for one in instances for visible in who_may_know(protocol, one.snapshot))
        return "open" if seen else "concluded"

    def reads(self, field: str, ident: str) -> bool:
        """Whether this viewer may read that field of that group; if so, ``None`` in it means that nobody has said."""
        group = self._picture.groups.get(ident)
        return group is not None and bool(GROUP_FIELDS[field] & (self._audiences | self._near(group)))

    def told(self, people: int, ident: str | None = None) -> int | None:
        """A number of people of that group; ``None`` where it is small and this viewer need not know."""
        group = self._picture.groups.get(ident or "")
        audiences = self._audiences if group is None else self._audiences | self._near(group)
        return people if bool(EXACT & audiences) or tells(people) else None

    def food(self, day: date) -> list[FoodService] | None:
        """The day's services: who eats where, what is ordered and what is missing. The coordination's."""
        return food_of(self._picture, day, self.now) if self.coordinates else None

    # --- the protocol ---

    def activations(self) -> list[SharedActivation]:
        """Open ones first, then in the order they were opened."""
        return [self._run(run) for run in self._runs()]

    def _runs(self) -> list[Activation]:
        return sorted(
            (run for i in self._picture.activations if self._knows_run(run := self._picture.activations[i])),
            key=lambda a: (a.closed, a.opened_at, a.id),
        )

    def running_at(self, station: str) -> tuple[str, str] | None:
        """Id and level of the station's open activation. Cheap: the map asks for it at every step of the protocol."""
        ident = self._picture.running_at(station)
        return None if ident is None else (ident, self._picture.activations[ident].level)

    def open_activation(self, station: str) -> SharedActivation | None:
        """The station's open activation."""
        ident = self._picture.running_at(station)
        return None if ident is None else self.activation(ident)

    def activation(self, ident: str) -> SharedActivation | None:
        run = self._picture.activations.get(ident)
        return None if run is None or not self._knows_run(run) else self._run(run)

    def _knows_run(self, run: Activation) -> bool:
        return may_know_run(self._picture, run.id, self.viewer.agency)

    def _run(self, run: Activation) -> SharedActivation:
        open_groups, people, unplaced = run.open_groups, run.people, run.unplaced
        if not self._exact:
            shown = [g for i in run.groups if (g := self.group(i)) is not None and g.status == "open"]
            open_groups = len(shown)
            hidden = any(g.people is None for g in shown)
            people = None if hidden or not tells(people) else people
            unplaced = None if any(g.waiting is None for g in shown) or not tells(unplaced) else unplaced
        return SharedActivation(
            id=run.id, protocol=run.protocol, version=run.version, station=run.station, opened_at=run.opened_at,
            level=run.level, closed=run.closed, groups=run.groups, open_groups=open_groups,
            reason="" if self.restricted else run.reason, people=people, unplaced=None if self.restricted else unplaced,
        )  # fmt: skip

    def protocol_words(self, activation: str) -> tuple[str, int]:
        run = self._picture.activations[activation]
        return run.protocol, run.version

    def state_words(self, activation: str, state: str) -> dict[str, str]:
        """What a state is called by language; empty for one this viewer may not know of. A state of which only another version
        knows is called as there."""
        now, picture = self._picture.protocol_of(activation), self._picture
        others = (picture.protocols[key] for key in sorted(picture.protocols, reverse=True))
        for protocol in (now, *(p for p in others if p.id == now.id and p is not now)):
            charts = (chart_of(protocol, machine) for machine in protocol.machines)
            nodes = [chart.by_id[state] for chart in charts if state in chart.by_id]
            if nodes:
                known = (node for node in nodes if self.may_know(node.visible))
                return next((node.state.label or {"es": state.replace("_", " ")} for node in known), dict[str, str]())
        return {}

    def agency_name(self, activation: str | None, agency: str) -> str:
        picture = self._picture
        key = picture.in_force if activation is None else None
        protocol = picture.protocol_of(activation) if activation is not None else picture.protocols.get(key or "")
        known = protocol.agencies.get(agency) if protocol is not None else None
        return known.name if known is not None else agency

    def waiting(self, owner: str) -> list[ActiveState]:
        """The steps of a group or an activation that wait, as far as this viewer may know of them."""
        return [s for i, s in self._states(owner) if self._may_follow(i.case or i.group, s.owner, s.visible)]

    def machines(self, owner: str) -> list[SharedMachine]:
        """Where the machines of a group, an activation or a case stand, as far as this viewer may follow their steps."""
        if not self._knows_case(owner):
            return []
        found = (self._picture.instances[i] for i in self._picture.machines_of.get(owner, ()))
        return [m for one in found if (m := self._machine(one)) is not None]

    def _machine(self, one: Instance) -> SharedMachine | None:
        follow = partial(self._may_follow, one.case or one.group)
        return shared_machine(self._picture.protocol_of(one.activation), one.snapshot, follow)

    def shown_states(self, protocol: Protocol, machine: str) -> frozenset[str] | None:
        """The states of a machine this viewer might follow in a running copy of it; ``None``: all."""
        cared = None if protocol.machines[machine].instance == "activacion" else machine
        return shown_to(protocol, machine, partial(self._may_follow, cared))

    def _states(self, owner: str) -> Iterator[tuple[Instance, ActiveState]]:
        if not self._knows_case(owner):
            return
        for ident in self._picture.machines_of.get(owner, ()):
            instance = self._picture.instances[ident]
            for state in waiting(self._picture.protocol_of(instance.activation), instance.snapshot):
                yield instance, state

    def possible(self, owner: str) -> list[PossibleEvent]:
        if not self._knows_case(owner):
            return []
        case = self._picture.cases.get(owner)
        group = self._picture.groups.get(owner if case is None else case.group or "")
        if group is not None and not is_theirs(self._picture, group, self.viewer.role, self.viewer.place):
            return []
        return [event for _, event in possible_for(self._picture, owner, self.viewer.agency)]

    def may_know(self, visible: tuple[str, ...] | None) -> bool:
        return visible is None or self.viewer.agency in visible

    def _may_follow(self, cared: str | None, owner: str | None, visible: tuple[str, ...] | None) -> bool:
        """Whether a step or a task is this viewer's to know of. The steps of a group's or a case's care (``cared``) tell of children,
        needs and places: a restricted viewer and a kitchen follow only their own, and those that name them."""
        if self._apart and cared is not None and owner != self.viewer.agency and visible is None:
            return False
        return self.may_know(visible)

    def steps(self, activation: str | None = None, owner: str | None = None) -> list[OpenStep]:
        """Waiting steps and open tasks, the late ones first, then by deadline; those without a date come after."""
        found: list[OpenStep] = []
        for run in self._runs():
            # What was dismissed as a false alarm may leave people in somebody's care.
            if (run.closed and not run.open_groups and not self._picture.cases_in.get(run.id)) or (
                activation is not None and run.id != activation
            ):
                continue
            found += self._steps_of(run)
        if owner is not None:
            found = [s for s in found if s.owner == owner]
        never = datetime.max.replace(tzinfo=self.now.tzinfo)
        return sorted(found, key=lambda s: (s.deadline or never, s.kind, s.id))

    def _steps_of(self, run: Activation) -> Iterator[OpenStep]:
        owners = [run.id, *(g for g in run.groups if self._picture.groups[g].status == "open")]
        owners += [case.id for case in self._picture.open_cases(run.id)]
        for one in owners:
            for instance, state in self._states(one):
                if not self._may_follow(instance.case or instance.group, state.owner, state.visible):
                    continue
                yield OpenStep(
                    kind="step", id=f"{instance.id}/{state.state}", activation=run.id, group=instance.group, case=instance.case,
                    label=state.label, owner=state.owner, deadline=state.deadline, track=state.track,
                    counted_from=state.counted_from, lasts=state.lasts, provenance=state.provenance,
                    stopped=bool({timer.state for timer in instance.stopped} & {state.state, *state.path}),
                )  # fmt: skip
        for ident in self._picture.tasks_in.get(run.id, ()):
            task = self.task(ident)
            if task is not None:
                yield OpenStep(
                    kind="task", id=task.id, activation=run.id, group=task.group, case=task.case, label=task.title, owner=task.owner,
                    deadline=task.due, evidence=task.evidence,
                )  # fmt: skip

    def task(self, ident: str) -> Task | None:
        task = self._picture.tasks.get(ident)
        if task is None or not self._knows_case(task.case or ""):
            return None
        return task if self._may_follow(task.case or task.group, task.owner, task.visible) else None

    # --- cases, what may be forgotten, relays ---

    @property
    def _apart(self) -> bool:
        """A viewer who learns of people's care only what names them."""
        return self.restricted or "cook" in self._audiences

    def _knows_case(self, ident: str) -> bool:
        """True also for what is no case."""
        case = self._picture.cases.get(ident)
        return case is None or may_know_case(self._picture, case, self.viewer.agency, named=self._apart)

    def case(self, ident: str) -> SharedCase | None:
        case = self._picture.cases.get(ident)
        if case is None or not self._knows_case(ident):
            return None
        return shared_case(self._picture, case, self.viewer.agency, exact=self._exact)

    def cases(self, activation: str) -> list[SharedCase]:
        """The cases of an activation that this viewer may know of: open ones first, then by the hour they were opened."""
        run = self._picture.activations.get(activation)
        found = [case for i in (() if run is None else run.cases) if (case := self.case(i)) is not None]
        return sorted(found, key=lambda case: (case.status != "open", case.opened_at, case.id))

    def openable(self, activation: str) -> list[str]:
        """The machines of which this viewer may open a case there."""
        run = self._picture.activations.get(activation)
        if run is None or run.closed or not self._knows_run(run):
            return []
        return openable_by(self._picture.protocol_of(run.id), self.viewer.agency)

    def texts(self, owner: str) -> list[KeptText]:
        """The marks of the erasable texts of a case, a group or an activation, oldest first, erased ones too."""
        found = [text for i in self._picture.texts_of.get(owner, ()) if (text := self.text(i)) is not None]
        return sorted(found, key=lambda text: (text.kept_at, text.id))

    def text(self, ident: str) -> KeptText | None:
        """The mark of a text this viewer may read."""
        text = self._picture.texts.get(ident)
        if text is None or not self._knows_case(text.case or "") or not self.may_know(text.visible):
            return None
        run = self._picture.activations[text.activation]
        hidden = (self._apart and text.visible is None) or not self._knows_run(run)
        group = self._picture.groups.get(text.group or "")
        theirs = group is None or is_theirs(self._picture, group, self.viewer.role, self.viewer.place)
        return None if hidden or not theirs else text

    def relays(self, activation: str) -> list[Relay]:
        """What was announced to other states and what they answered: the coordination's."""
        found = (relay for i in self._picture.relays if (relay := self._picture.relays[i]).activation == activation)
        mine = (relay for relay in found if self._knows_relay(relay))
        return sorted(mine, key=lambda relay: (relay.proposed_at, relay.id))

    def _knows_relay(self, relay: Relay) -> bool:
        return self.coordinates and may_know_relay(self._picture, relay, self.viewer.agency, named=self._apart)

    # --- notices ---

    def notices(self) -> list[Notice]:
        """Unseen notices to this viewer's agency; a shelter or kitchen hears only of its own."""
        own = self.viewer.role in ("shelter", "kitchen")
        place = f"{self.viewer.role}:{self.viewer.place}"
        found = (self._picture.notices[i] for i in self._picture.notices)
        mine = (n for n in found if n.to == self.viewer.agency and self.may_know(n.visible))
        told = [self._told(n) for n in mine if not own or n.place in (None, place)]
        return sorted(told, key=lambda n: (n.queued_at, n.id), reverse=True)

    def _told(self, notice: Notice) -> Notice:
        """The notice without the figures that this viewer would not be shown on a page."""
        facts = notice.facts
        if self.restricted:
            return replace(
                notice,
                place=None,
                facts={k: v for k, v in facts.items() if k in RESTRICTED_FACTS and self._may_tell(k, v)},
            )
        group = self._picture.groups.get(notice.group or "")
        near = self._near(group) if group is not None else frozenset[Audience]()
        if "host" in near:
            facts = {k: v for k, v in facts.items() if k != "no_acompanados"}
        own = self.viewer.place is not None and notice.place == f"{self.viewer.role}:{self.viewer.place}"
        if self._exact or own or EXACT & near:
            return replace(notice, facts=facts)
        return replace(notice, facts={k: v for k, v in facts.items() if self._may_tell(k, v)})

    def _may_tell(self, name: str, value: Scalar) -> bool:
        """Whether a notice's figure may be told to those who need not know it exactly; rungs and days are no people."""
        return name in _NO_PEOPLE or isinstance(value, bool) or not isinstance(value, int) or tells(value)

    # --- the log ---

    def shows(self, event: e.Event) -> bool:
        """Whether this viewer may read that line of the journal."""
        run = self._picture.activations.get(activation_of(self._picture, event) or "")
        if not self._knows_case(case_of(self._picture, event) or "") or (run is not None and not self._knows_run(run)):
            return False
        match event:
            case e.ProtocolStepped():
                return self._leads(run) and self._follows(event)
            case e.InstanceStopped():
                return self._leads(run) and self.may_know(event.visible)
            case e.TaskCompleted():
                return self._leads(run) and self.may_know(event.visible)
            case _ if type(event) in LEADERS_LOG:
                return self._leads(run)
            case e.TaskOpened(task=task):
                return self._may_follow(task.case or task.group, task.owner, task.visible)
            case e.NoticeQueued(notice=notice):
                return self.may_know(notice.visible) and (self.coordinates or notice.to == self.viewer.agency)
            case e.DeadlineMissed():
                return self._may_follow(event.case or event.group, None, event.visible)
            case e.Remarked():
                # The protocol's notes quote what officials wrote, as an activation's reason does.
                return not self.restricted and self._may_follow(event.case or event.group, None, event.visible)
            case e.CaseOpened():
                return True
            case e.TextKept(text=text):
                return self._leads(run) and self.may_know(text.visible)
            case e.RelayProposed(relay=relay):
                return self._knows_relay(relay)
            case e.RelayAnswered(relay=ident):
                return self._knows_relay(self._picture.relays[ident])
            case _:
                return self.coordinates or (type(event) in PARTNER_LOG and not self.restricted)

    def taken(self, event: e.ProtocolStepped) -> tuple[Why, ...]:
        """The transitions of a step, as far as this viewer may know of every state they come from, leave and enter."""
        return tuple(why for why in event.why if all(self._knows_state(event, state) for state in states_of(why)))

    def _follows(self, event: e.ProtocolStepped) -> bool:
        """A line says where a step led: where it led only to what is closed to this viewer there is no line. What comes back from
        such a state stays closed too."""
        timer = event.trigger.timer
        if not event.why:
            return timer is None or self._knows_state(event, timer.state)
        moved = any(why.entered for why in event.why)
        return any(bool(why.entered) or not moved for why in self.taken(event))

    def _knows_state(self, event: e.ProtocolStepped, state: str) -> bool:
        """As the version says that was in force for the step."""
        taken = event.snapshot
        chart = chart_of(self._picture.protocols[f"{taken.protocol}@{taken.version}"], taken.machine)
        node = chart.by_id.get(state)
        return node is not None and self.may_know(node.visible)

    def _leads(self, run: Activation | None) -> bool:
        """Whether this viewer leads what the line speaks of: arrivals, or a protocol beside them by its own coordination."""
        answering = self._picture.answering
        if run is None or (answering is not None and run.protocol == answering.id):
            return self.leads
        latest = self._picture.protocols[self._picture.latest[run.protocol]]
        return self.coordinates and self.viewer.agency in latest.coordination()


SharedPicture = NewType("SharedPicture", _Share)


def share(picture: Picture, viewer: Viewer, now: datetime) -> SharedPicture:
    """The picture as ``viewer`` may see it at ``now``. Costs nothing until something is asked of it."""
    return SharedPicture(_Share(picture, viewer, now))
