"""Ranks, rows and lanes: whatever leads where, nothing is drawn over anything."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from caravan.protocol.drawing.layout import Arrangement, Block, Link, Point, Spot, arrange
from caravan.protocol.drawing.shelves import pack


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Block], list[Link], list[tuple[str, str]]]:
    """Some blocks, arrows between any of them, and some that come from above."""
    count = draw(st.integers(1, 7))
    size = st.floats(20, 160).map(round)
    blocks = [Block(f"b{n}", draw(size), draw(size), draw(st.booleans())) for n in range(count)]
    end = st.integers(0, count - 1).map(lambda n: f"b{n}")
    ends = draw(st.lists(st.tuples(end, end, st.booleans()), max_size=10))
    links = [
        Link(f"l{n}", a, b, 70 if labelled else 0, 24 if labelled else 0) for n, (a, b, labelled) in enumerate(ends)
    ]
    inlets = draw(st.lists(end, max_size=3))
    return blocks, links, [(f"i{n}", target) for n, target in enumerate(inlets)]


def overlap(one: Spot, other: Spot) -> bool:
    return (
        one.x + 0.5 < other.x + other.width
        and other.x + 0.5 < one.x + one.width
        and one.y + 0.5 < other.y + other.height
        and other.y + 0.5 < one.y + one.height
    )


def through(points: tuple[Point, ...], spot: Spot) -> bool:
    left, right, top, bottom = spot.x + 1, spot.x + spot.width - 1, spot.y + 1, spot.y + spot.height - 1
    return any(
        min(x1, x2) < right and max(x1, x2) > left and min(y1, y2) < bottom and max(y1, y2) > top
        for (x1, y1), (x2, y2) in zip(points, points[1:], strict=False)
    )


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_no_box_or_label_lies_on_another_and_no_arrow_runs_through_one(
    graph: tuple[list[Block], list[Link], list[tuple[str, str]]],
) -> None:
    done = arrange(*graph)
    things = {**done.blocks, **{f"label of {name}": spot for name, spot in done.labels.items()}}
    for (_, one), (_, other) in combinations(things.items(), 2):
        assert not overlap(one, other)
    for name, points in done.routes.items():
        for thing, spot in things.items():
            assert thing == f"label of {name}" or not through(points, spot), (name, thing)
    for spot in things.values():
        assert (
            spot.x >= -0.01 and spot.x + spot.width <= done.width + 0.01 and spot.y + spot.height <= done.height + 0.01
        )


@settings(max_examples=50, deadline=None)
@given(graphs())
def test_the_same_machine_is_drawn_the_same_every_time(
    graph: tuple[list[Block], list[Link], list[tuple[str, str]]],
) -> None:
    assert arrange(*graph) == arrange(*graph)


def test_what_follows_stands_below_and_a_way_back_runs_along_the_side() -> None:
    blocks = [Block(name, 80, 40) for name in ("a", "b", "c")]
    done = arrange(blocks, [Link("1", "a", "b", 50, 12), Link("2", "b", "c", 50, 12), Link("3", "c", "a", 50, 12)])
    assert done.blocks["a"].y < done.blocks["b"].y < done.blocks["c"].y
    assert max(x for x, _ in done.routes["3"]) > max(_right(done, name) for name in "abc")
    assert all(len({x for x, _ in done.routes[way]}) == 1 for way in ("1", "2"))


def _right(done: Arrangement, name: str) -> float:
    return done.blocks[name].x + done.blocks[name].width


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(50, 600), st.integers(50, 900)), min_size=1, max_size=14))
def test_regions_stand_beside_one_another_and_never_over(sizes: list[tuple[float, float]]) -> None:
    spots = pack(sizes)
    assert all(s.width >= w - 0.01 and s.height >= h - 0.01 for s, (w, h) in zip(spots, sizes, strict=True))
    assert not any(overlap(a, b) for a, b in combinations(spots, 2))


def test_no_region_is_no_place() -> None:
    assert pack([]) == []
