"""The queue of what is due next, against a plain sorted list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from realm import alarms

from caravan.alarms import Alarm, ring_at, settle

NIGHT = datetime(2023, 5, 16, 3, 0, tzinfo=UTC)
_moves = st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | st.integers(0, 30)), max_size=40)


def _due(minutes: int) -> datetime:
    return NIGHT + timedelta(minutes=minutes)


@settings(derandomize=True)
@given(_moves)
def test_the_head_is_always_what_is_due_first_whatever_was_moved_or_cancelled(
    moves: list[tuple[str, int | None]],
) -> None:
    due: dict[str, datetime] = {}
    queue: Alarm | None = None
    for key, minutes in moves:
        if minutes is None:
            due.pop(key, None)
        else:
            due[key] = _due(minutes)
            queue = ring_at(queue, due[key], key)
        queue = settle(queue, due.get)
        first = min(((at, owner) for owner, at in due.items()), default=None)
        assert (None if queue is None else (queue.due, queue.key)) == first


@settings(derandomize=True)
@given(st.lists(st.integers(0, 1000), max_size=60))
def test_alarms_ring_in_the_order_in_which_they_fall_due(minutes: list[int]) -> None:
    queue: Alarm | None = None
    for n, each in enumerate(minutes):
        queue = ring_at(queue, _due(each), f"k{n:03}")
    rung: list[tuple[datetime, str]] = []
    while queue is not None:
        rung.append((queue.due, queue.key))
        gone = queue.key
        queue = settle(queue, {key: at for at, key in alarms(queue) if key != gone}.get)
    assert rung == sorted((_due(each), f"k{n:03}") for n, each in enumerate(minutes))


def test_adding_an_alarm_leaves_the_older_queue_as_it_was() -> None:
    older = ring_at(None, _due(10), "a")
    newer = ring_at(older, _due(5), "b")
    assert older is not None
    assert newer is not None
    assert (older.key, newer.key) == ("a", "b")
    assert list(alarms(older)) == [(_due(10), "a")]


def test_ten_thousand_alarms_in_order_do_not_make_the_queue_deep() -> None:
    queue: Alarm | None = None
    for minute in range(10_000):
        queue = ring_at(queue, _due(minute), str(minute))
    assert queue is not None
    assert queue.rank <= 14
