"""The timers of one running copy during one step: deadlines, delays, delayed events, and what history keeps of them."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from datetime import date, datetime

from caravan.protocol.chart import Chart, Node
from caravan.protocol.model import Duration, Moment, Snapshot, Timer
from caravan.protocol.services import next_moment
from caravan.protocol.vocabulary import Facts

_OF_DEADLINES = ("deadline", "escalation", "forewarning")
_YEARS = range(1900, 9000)
"""A date in another year is a slip of the pen: it counts as unknown, and no term overflows."""


class Clocks:
    """``timers`` are kept as a snapshot keeps them: what is due first, first, and delayed events of one instant as they were
    sent. ``changed`` tells whether they differ from the snapshot's."""

    __slots__ = ("_dues", "changed", "chart", "held", "missed", "now", "timers")

    def __init__(self, chart: Chart, snapshot: Snapshot, now: datetime) -> None:
        self.chart = chart
        self.now = now
        self.timers = list(snapshot.timers)
        self.missed = snapshot.missed
        self.held = snapshot.held
        self.changed = False
        self._dues: dict[Duration, datetime] = {}

    def take(self, timer: Timer) -> bool:
        """Remove a timer that is due; whether it was waiting."""
        if timer.due > self.now or timer not in self.timers:
            return False
        self.timers.remove(timer)
        self.changed = True
        return True

    def _keep(self, timers: list[Timer]) -> None:
        self.changed = self.changed or len(timers) != len(self.timers)
        self.timers = timers

    def _add(self, timer: Timer) -> None:
        insort(self.timers, timer, key=_order)
        self.changed = True

    def term(self, lasts: Duration) -> datetime:
        """When a term that begins now ends; equal terms of one step share the instant."""
        found = self._dues.get(lasts)
        if found is None:
            found = self._dues[lasts] = self.chart.due(lasts, self.now)
        return found

    # -- states

    def leave(self, leaving: int, returning: int) -> None:
        """Stop the clocks of the states left; those of ``returning``, which a history remembers, are held for it."""
        node = self.chart.node
        if returning and self.held:
            self.held = tuple(timer for timer in self.held if not node(timer.state).bit & returning)
        clocked = leaving & self.chart.clocked
        if not clocked:
            return
        states = {each.id for each in self.chart.members(clocked)}
        if returning:
            self.held += tuple(
                timer for timer in self.timers if timer.kind != "send" and node(timer.state).bit & leaving & returning
            )
        self._keep([timer for timer in self.timers if timer.state not in states or timer.kind == "send"])
        if self.missed and not states.isdisjoint(self.missed):
            forgotten = leaving & ~returning
            self.missed = {name: due for name, due in self.missed.items() if not node(name).bit & forgotten}

    def start(self, node: Node) -> None:
        """Set the clocks of a state that is entered anew."""
        self._forget(node)
        deadline = node.state.deadline
        if deadline and deadline.since is None:
            self._set_deadline(node, self.term(deadline.lasts))
        for index, delay, _ in node.alarms:
            due = self._moment(delay) if isinstance(delay, Moment) else self.term(delay)
            if due is not None:
                self._add(Timer(state=node.id, kind="delay", index=index, due=due))

    def resume(self, node: Node) -> None:
        """Bring back the clocks of a state that history restores."""
        for timer in self.held:
            if timer.state == node.id:
                self._add(timer)
        self.held = tuple(timer for timer in self.held if timer.state != node.id)

    def _forget(self, node: Node) -> None:
        """A state may be entered though it was not left, where the default of a history climbs past its domain."""
        if self.chart.remembering:
            self._keep([timer for timer in self.timers if timer.state != node.id or timer.kind == "send"])
        if node.id in self.missed:
            self.missed = {name: due for name, due in self.missed.items() if name != node.id}
        if self.held:
            self.held = tuple(timer for timer in self.held if timer.state != node.id)

    def _moment(self, moment: Moment) -> datetime | None:
        chart = self.chart
        return next_moment(moment, chart.services[moment.service], self.now, chart.zone, chart.calendar)

    # -- deadlines

    def deadline(self, node: Node) -> datetime | None:
        """The end of the term that runs in a state."""
        return next((timer.due for timer in self.timers if timer.state == node.id and timer.kind == "deadline"), None)

    def miss(self, node: Node, timer: Timer) -> datetime:
        """A deadline or a rung of its ladder passed: when the deadline was. Sets the timer of the next rung."""
        if timer.kind == "deadline":
            self.missed = {**self.missed, node.id: timer.due}
            self._drop_deadline(node)
        if node.every and timer.index + 1 < len(node.rungs):
            due = self.chart.due(node.every, timer.due)
            self._add(Timer(state=node.id, kind="escalation", index=timer.index + 1, due=due))
        return self.missed.get(node.id, timer.due)

    def recount(self, active: int, facts: Facts) -> None:
        """Set anew the deadlines counted from a fact that became known or changed; drop them if it became unknown."""
        for node, lasts, since in self._dated(active, facts):
            due = self.chart.due(lasts, since) if since else None
            if due == (self.deadline(node) or self.missed.get(node.id)):
                continue
            self.changed = True
            self.missed = {name: passed for name, passed in self.missed.items() if name != node.id}
            self._drop_deadline(node)
            if due is not None:
                self._set_deadline(node, due)

    def _dated(self, active: int, facts: Facts) -> Iterator[tuple[Node, Duration, date | None]]:
        for node in self.chart.members(active & self.chart.dated):
            deadline = node.state.deadline
            if deadline and deadline.since:
                owner, _, field = deadline.since.partition(".")
                since = facts.get(owner, {}).get(field)
                yield node, deadline.lasts, since if isinstance(since, date) and since.year in _YEARS else None

    def _set_deadline(self, node: Node, due: datetime) -> None:
        self._add(Timer(state=node.id, due=due))
        deadline = node.state.deadline
        if deadline and deadline.warn_before:
            self._add(Timer(state=node.id, kind="forewarning", due=deadline.warn_before.before(due)))

    def _drop_deadline(self, node: Node) -> None:
        self._keep([each for each in self.timers if each.state != node.id or each.kind not in _OF_DEADLINES])

    # -- delayed events

    def send(self, node: Node, event: str, due: datetime, sent_as: str) -> None:
        """Keep an event for later; leaving the state that sent it does not stop it."""
        place = 1 + max((timer.index for timer in self.timers if timer.kind == "send"), default=-1)
        self._add(Timer(state=node.id, kind="send", index=place, due=due, event=event, sent_as=sent_as))

    def cancel(self, event: object, sent_as: object) -> None:
        """Drop the delayed events of that name, or the one that was sent as ``sent_as``."""
        self._keep(
            [
                timer
                for timer in self.timers
                if timer.kind != "send" or (timer.sent_as != sent_as if sent_as else timer.event != event)
            ]
        )


def _order(timer: Timer) -> tuple[datetime, bool, str, str, int]:
    if timer.kind == "send":
        return (timer.due, True, "", "", timer.index)
    return (timer.due, False, timer.state, timer.kind, timer.index)
