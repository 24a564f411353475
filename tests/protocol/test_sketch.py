"""Every shipped protocol's drawing, measured: nothing lies on anything else, and every arrow goes where it says."""

from __future__ import annotations

from itertools import combinations

import pytest
from msgspec.structs import replace
from protocol_files import MACHINES, PROTOCOLS

from caravan.protocol.chart import chart_of
from caravan.protocol.drawing.layout import Point, Spot
from caravan.protocol.drawing.sketch import Box, Sketch, Text, sketch
from caravan.protocol.model import (
    Duration,
    Protocol,
    after,
    always,
    atomic,
    compound,
    final,
    history,
    machine,
    on,
    parallel,
    protocol,
)

LEAVES = ("state", "final", "stub", "dot", "history")
VIEWS = [(name, each, language, live) for name, each in MACHINES for language in ("es", "en") for live in (False, True)]


def over(one: Spot, other: Spot, *, slack: float = 0.5) -> bool:
    """Whether two rectangles share more than their edges."""
    return (
        one.x + slack < other.x + other.width
        and other.x + slack < one.x + one.width
        and one.y + slack < other.y + other.height
        and other.y + slack < one.y + one.height
    )


def within(inner: Spot, outer: Spot) -> bool:
    return (
        inner.x >= outer.x - 0.01
        and inner.y >= outer.y - 0.01
        and inner.x + inner.width <= outer.x + outer.width + 0.01
        and inner.y + inner.height <= outer.y + outer.height + 0.01
    )


def legs(points: tuple[Point, ...]) -> list[Spot]:
    """The straight pieces of an arrow as rectangles without area."""
    return [
        Spot(min(x1, x2), min(y1, y2), abs(x1 - x2), abs(y1 - y2))
        for (x1, y1), (x2, y2) in zip(points, points[1:], strict=False)
    ]


def crosses(leg: Spot, spot: Spot) -> bool:
    """Whether a piece of an arrow runs through the inside of a rectangle."""
    inside = Spot(spot.x + 1, spot.y + 1, spot.width - 2, spot.height - 2)
    return (
        leg.x < inside.x + inside.width
        and leg.x + leg.width > inside.x
        and leg.y < inside.y + inside.height
        and leg.y + leg.height > inside.y
    )


def faults(drawn: Sketch) -> list[str]:
    """All that lies where it should not."""
    leaves = [box for box in drawn.boxes if box.kind in LEAVES]
    frames = [box for box in drawn.boxes if box.kind not in LEAVES]
    labels = [wire.label for wire in drawn.wires if wire.label is not None]
    heads = [text for frame in frames for text in frame.texts]
    whole = Spot(0, 0, drawn.width, drawn.height)
    found = [f"{a.state} lies on {b.state}" for a, b in combinations(leaves, 2) if over(a.spot, b.spot)]
    found += [
        f"{a.state} and {b.state} overlap"
        for a, b in combinations(frames, 2)
        if over(a.spot, b.spot) and not within(b.spot, a.spot) and not within(a.spot, b.spot)
    ]
    found += [
        f"«{t.lines}» does not fit in {b.state}" for b in drawn.boxes for t in b.texts if not within(t.spot, b.spot)
    ]
    found += [f"{box.state} leaves the sheet" for box in drawn.boxes if not within(box.spot, whole)]
    found += [f"«{t.lines}» leaves the sheet" for t in labels if not within(t.spot, whole)]
    found += _texts_apart(labels, heads, leaves)
    found += [
        f"an arrow from {wire.source} to {wire.target} runs through {box.state or box.kind}"
        for wire in drawn.wires
        for box in leaves
        if any(crosses(leg, box.spot) for leg in legs(wire.points))
    ]
    return found + [
        f"an arrow from {wire.source} to {wire.target} runs through «{label.lines}»"
        for wire in drawn.wires
        for label in labels
        if label is not wire.label and any(crosses(leg, label.spot) for leg in legs(wire.points))
    ]


def _texts_apart(labels: list[Text], heads: list[Text], leaves: list[Box]) -> list[str]:
    found = [f"«{a.lines}» lies on «{b.lines}»" for a, b in combinations(labels, 2) if over(a.spot, b.spot)]
    found += [f"«{t.lines}» lies on {box.state}" for t in labels for box in leaves if over(t.spot, box.spot)]
    found += [f"«{t.lines}» lies on the head «{h.lines}»" for t in labels for h in heads if over(t.spot, h.spot)]
    for box in leaves:
        found += [
            f"texts of {box.state} overlap" for a, b in combinations(box.texts, 2) if over(a.spot, b.spot, slack=2)
        ]
    return found


@pytest.mark.parametrize(("name", "machine_name", "language", "live"), VIEWS)
def test_nothing_lies_on_anything_else(name: str, machine_name: str, language: str, live: bool) -> None:
    assert faults(sketch(PROTOCOLS[name], machine_name, language, live=live)) == []


def test_the_measure_sees_a_box_that_was_pushed_onto_another() -> None:
    drawn = sketch(PROTOCOLS["guanajuato"], "operativo", "es")
    steps = [box for box in drawn.boxes if box.kind == "state"]
    pushed = replace(steps[0], spot=replace(steps[0].spot, x=steps[1].spot.x, y=steps[1].spot.y))
    spoiled = replace(drawn, boxes=tuple(pushed if box is steps[0] else box for box in drawn.boxes))
    assert any("lies on" in fault for fault in faults(spoiled))


@pytest.mark.parametrize(("name", "machine_name"), MACHINES)
def test_no_two_arrows_run_one_on_the_other(name: str, machine_name: str) -> None:
    drawn = sketch(PROTOCOLS[name], machine_name, "es")
    for one, other in combinations(drawn.wires, 2):
        shared = [together(a, b) for a in legs(one.points) for b in legs(other.points)]
        assert max(shared) < 2, (one.source, one.target, other.source, other.target)


def together(one: Spot, other: Spot) -> float:
    """How far two pieces run on the same line."""
    if one.width < 0.1 and other.width < 0.1 and abs(one.x - other.x) < 2:
        return min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    if one.height < 0.1 and other.height < 0.1 and abs(one.y - other.y) < 2:
        return min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    return 0.0


@pytest.mark.parametrize(("name", "machine_name"), MACHINES)
def test_every_state_and_every_transition_is_in_the_drawing(name: str, machine_name: str) -> None:
    chart = chart_of(PROTOCOLS[name], machine_name)
    drawn = sketch(PROTOCOLS[name], machine_name, "es")
    assert {box.state for box in drawn.boxes if box.state} == {node.id for node in chart.nodes[1:]}
    arrows = {(wire.source, wire.target) for wire in drawn.wires}
    wanted = {(node.id, target) for node in chart.nodes[1:] for t in node.state.transitions for target in t.targets}
    assert wanted <= arrows


@pytest.mark.parametrize(("name", "machine_name"), MACHINES)
def test_every_arrow_comes_down_on_its_target(name: str, machine_name: str) -> None:
    drawn = sketch(PROTOCOLS[name], machine_name, "es")
    tops = {(round(box.spot.y, 2)) for box in drawn.boxes}
    for wire in drawn.wires:
        (x1, y1), (x2, y2) = wire.points[-2:]
        assert abs(x1 - x2) < 0.5 and y2 > y1
        under = [
            b for b in drawn.boxes if b.spot.x <= x2 <= b.spot.x + b.spot.width and round(b.spot.y, 2) == round(y2, 2)
        ]
        assert round(y2, 2) in tops and under, (wire.source, wire.target)
        assert all(
            abs(a[0] - b[0]) < 0.5 or abs(a[1] - b[1]) < 0.5 for a, b in zip(wire.points, wire.points[1:], strict=False)
        )


def test_the_group_of_guanajuato_fits_an_a3_sheet_with_letters_of_more_than_five_points() -> None:
    drawn = sketch(PROTOCOLS["guanajuato"], "atencion_al_grupo", "es")
    scale = min(1587 / drawn.width, 1122 / drawn.height)
    assert 10 * scale * 0.75 > 5


def test_what_a_reader_may_not_know_leaves_no_trace() -> None:
    guanajuato = PROTOCOLS["guanajuato"]
    chart = chart_of(guanajuato, "atencion_al_grupo")
    hidden = {node.id for node in chart.nodes[1:] if node.visible is not None and "SSP" not in node.visible}
    shown = frozenset(node.id for node in chart.nodes[1:]) - hidden
    drawn = sketch(guanajuato, "atencion_al_grupo", "es", shown)
    assert faults(drawn) == []
    assert {box.state for box in drawn.boxes} - {""} == shown
    said = " ".join(line for text in texts(drawn) for line in text.lines)
    for trace in ("asilo", "Asilo", "COMAR", "niñez", "Niñez", "H*"):
        assert trace not in said


def texts(drawn: Sketch) -> list[Text]:
    return [t for box in drawn.boxes for t in box.texts] + [w.label for w in drawn.wires if w.label is not None]


def odd() -> Protocol:
    """Everything at once: long words, a self-loop, a way back, exits from deep inside, histories, regions that leave."""
    return protocol(
        machine(
            "m",
            compound(
                "a" * 60,
                atomic(
                    "uno",
                    on("sigue", "dos"),
                    on("repite", "uno"),
                    after(Duration(amount=3, unit="d"), "tres"),
                    on("fuera", "z"),
                ),
                atomic("dos", on("vuelve", "uno"), always("tres", guard="en('uno')"), on("nada")),
                compound(
                    "tres",
                    atomic("t1", on("x", "t2"), on("sale", "dos")),
                    atomic("t2", on("y", "z"), on("h", "hist")),
                    history("hist", "t1"),
                ),
                on("salta", "t2"),
                on("para", "p"),
            ),
            parallel(
                "p",
                compound("r1", atomic("q", on("de_lado", "s"))),
                compound("r2", atomic("s", on("lejos", "z"))),
                on("atras", "dos"),
            ),
            final("z"),
        )
    )


@pytest.mark.parametrize("live", [False, True])
def test_an_odd_machine_is_drawn_as_well(live: bool) -> None:
    assert faults(sketch(odd(), "m", "es", live=live)) == []
