"""The picture of a night: nobody in it twice or not at all, readable without colour, and safe whatever a place is called."""

from __future__ import annotations

import re
from typing import Literal
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caravan.server.web.drawn_plan import KINDS, Kind, Ribbon, Sink, Source, Wording, drawn_plan

SVG = "{http://www.w3.org/2000/svg}"
ROOMS: tuple[Literal["wide", "narrow"], ...] = ("wide", "narrow")
WORDS = Wording(
    title="Colocación", told="León → Galilea: 12.", sure="ya apartado", proposed="propuesto",
    kinds={"fam": "en familia", "wom": "mujeres solas", "men": "hombres solos", "uam": "NNA no acompañados", "mix": "sin más datos"},
)  # fmt: skip
SOURCES = (
    Source(key="a", title="Central de León", notes=("83 personas",)),
    Source(key="b", title="Central de Celaya"),
)
SINKS = (
    Sink(key="galilea", title="Casa Galilea", notes=("quedan 8 lugares libres",), free=8, kept=2),
    Sink(key="dif", title="Casa DIF"),
    Sink(key="none", title="Sin lugar: 18", notes=("Faltan 18 lugares del DIF",), lacking=True),
)


def _ribbon(source: str, sink: str, kind: Kind, people: int, *, sure: bool = False) -> Ribbon:
    return Ribbon(source=source, sink=sink, kind=kind, people=people, sure=sure)


NIGHT = (
    _ribbon("a", "galilea", "fam", 12),
    _ribbon("a", "galilea", "men", 20, sure=True),
    _ribbon("a", "none", "uam", 18),
    _ribbon("b", "dif", "uam", 4),
    _ribbon("b", "galilea", "wom", 6),
)


def _drawn(
    room: Literal["wide", "narrow"], ribbons: tuple[Ribbon, ...] = NIGHT, sinks: tuple[Sink, ...] = SINKS
) -> ElementTree.Element:
    return ElementTree.fromstring(drawn_plan(SOURCES, sinks, ribbons, WORDS, room=room, mark="x"))


def _ends(path: ElementTree.Element) -> tuple[float, float, float]:
    """Where a ribbon leaves, where it arrives, and how wide it is there."""
    numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", path.get("d", ""))]
    return numbers[1], numbers[7], numbers[8] - numbers[7]


def _ribbons(drawn: ElementTree.Element) -> list[ElementTree.Element]:
    return [path for path in drawn.iter(f"{SVG}path") if path.get("class") == "plan-ribbon"]


@pytest.mark.parametrize("room", ROOMS)
def test_a_ribbon_is_as_wide_as_there_are_people(room: Literal["wide", "narrow"]) -> None:
    told = [int(re.findall(r": (\d+) \(", path.findtext(f"{SVG}title", ""))[0]) for path in _ribbons(_drawn(room))]
    wide = [_ends(path)[2] for path in _ribbons(_drawn(room))]
    assert sum(told) == 60
    for people, width in zip(told, wide, strict=True):
        assert width == pytest.approx(people * sum(wide) / 60, abs=0.2)


@pytest.mark.parametrize("room", ROOMS)
def test_no_two_ribbons_arrive_on_one_another(room: Literal["wide", "narrow"]) -> None:
    spans = sorted((end, end + wide) for _start, end, wide in map(_ends, _ribbons(_drawn(room))))
    assert all(below[0] >= above[1] - 0.2 for above, below in zip(spans, spans[1:], strict=False))


@pytest.mark.parametrize("room", ROOMS)
def test_a_kind_is_told_by_its_pattern_and_its_word_not_by_colour_alone(room: Literal["wide", "narrow"]) -> None:
    drawn = _drawn(room)
    shapes = {pattern.get("id"): [child.tag for child in pattern] for pattern in drawn.iter(f"{SVG}pattern")}
    looks = [ElementTree.tostring(pattern[1]) for pattern in drawn.iter(f"{SVG}pattern") if len(pattern) > 1]
    assert len(set(looks)) == len(looks)
    text = " ".join(drawn.itertext())
    for path in _ribbons(drawn):
        kind = path.get("data-kind", "")
        assert path.get("fill") == f"url(#plan-x-{kind})"
        assert f"plan-x-{kind}" in shapes
        assert WORDS.kinds[kind] in text  # pyright: ignore[reportArgumentType]
    assert {path.get("stroke-dasharray") for path in _ribbons(drawn)} == {None, "4 3"}  # held, and proposed


def test_what_stays_free_what_is_kept_and_who_has_no_place_are_drawn_apart() -> None:
    classes = [shape.get("class") for shape in _drawn("wide").iter(f"{SVG}rect")]
    assert (classes.count("plan-free"), classes.count("plan-kept"), classes.count("plan-lacking")) == (1, 1, 1)
    text = " ".join(_drawn("wide").itertext())
    assert "Sin lugar: 18" in text and "Faltan 18 lugares del DIF" in text


def test_it_is_told_to_those_who_cannot_see_it() -> None:
    drawn = _drawn("narrow")
    assert drawn.get("role") == "img"
    assert drawn.get("aria-labelledby") == "plan-x-t plan-x-d"
    assert [e.text for e in drawn if e.tag in (f"{SVG}title", f"{SVG}desc")] == ["Colocación", "León → Galilea: 12."]


def test_the_name_of_a_place_is_text_and_nothing_else() -> None:
    sinks = (Sink(key="galilea", title='<script>alert("1")</script>&\x00', notes=("<b>",)), *SINKS[1:])
    drawn = _drawn("wide", sinks=sinks)
    assert not [e for e in drawn.iter() if e.tag.rpartition("}")[2] in ("script", "b")]
    assert "alert" in " ".join(drawn.itertext())


_AMOUNTS = st.dictionaries(
    st.tuples(st.sampled_from("ab"), st.sampled_from([s.key for s in SINKS]), st.sampled_from(KINDS), st.booleans()),
    st.integers(0, 2_000), max_size=12,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(_AMOUNTS, st.sampled_from(ROOMS))
def test_nothing_leaves_the_frame_and_nobody_is_left_out(
    amounts: dict[tuple[str, str, Kind, bool], int], room: Literal["wide", "narrow"]
) -> None:
    ribbons = tuple(_ribbon(a, b, kind, n, sure=sure) for (a, b, kind, sure), n in amounts.items())
    drawn = _drawn(room, ribbons)
    wide, high = float(drawn.get("width", 0)), float(drawn.get("height", 0))
    for rect in drawn.iter(f"{SVG}rect"):
        assert float(rect.get("x", 0)) >= 0 and float(rect.get("x", 0)) + float(rect.get("width", 0)) <= wide
        assert float(rect.get("y", 0)) >= 0 and float(rect.get("y", 0)) + float(rect.get("height", 0)) <= high
    assert all(float(text.get("y", 0)) <= high for text in drawn.iter(f"{SVG}text"))
    told = [int(re.findall(r": (\d+) \(", path.findtext(f"{SVG}title", ""))[0]) for path in _ribbons(drawn)]
    assert sum(told) == sum(amounts.values())
    assert drawn_plan(SOURCES, SINKS, ribbons, WORDS, room=room, mark="x") == drawn_plan(
        SOURCES, SINKS, tuple(reversed(ribbons)), WORDS, room=room, mark="x"
    )
