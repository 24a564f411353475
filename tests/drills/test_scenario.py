from __future__ import annotations

from datetime import UTC, datetime

import pytest
from nights import SCENARIO

from caravan.commands import RecordCount, SetStayEnd
from caravan.drills.scenario import load, references
from caravan.written import WrittenErrors

NIGHT = load(SCENARIO)
GOOD = """\
name: prueba
title: Una prueba
starts: 2023-05-15T20:00
ends: 2023-05-16T08:00
actors:
  coordinacion: {agency: SDH, role: coordination}
lines:
  - {at: 2023-05-15T21:00, by: coordinacion, do: ReportArrival, as: bus, with: {station: leon, people: 35, declared_by: x}, source: "S: AM-35"}
  - {at: 2023-05-15T22:00, by: coordinacion, do: ProposePlacement, with: {group: $bus}, source: "D: supuesto"}
"""


def problems_of(text: str) -> list[str]:
    with pytest.raises(WrittenErrors) as caught:
        load(text)
    return [str(problem) for problem in caught.value.problems]


def test_the_night_of_leon_runs_from_monday_evening_to_thursday_morning() -> None:
    assert NIGHT.starts == datetime(2023, 5, 16, 2, 0, tzinfo=UTC)
    assert NIGHT.ends == datetime(2023, 5, 18, 14, 0, tzinfo=UTC)
    assert NIGHT.lines[0].at >= NIGHT.starts and NIGHT.lines[-1].at <= NIGHT.ends


def test_every_line_says_where_it_is_known_from_and_what_is_ours_is_marked() -> None:
    assert all(line.source[:3] in ("S: ", "L: ", "K: ", "D: ") for line in NIGHT.lines)
    only_report_hour = "hacia las 21:00"
    assert all("D:" in line.source or only_report_hour in line.source for line in NIGHT.lines)


def test_the_lines_of_the_file_are_in_the_order_of_the_night() -> None:
    hours = [line.at for line in NIGHT.lines]
    assert hours == sorted(hours)
    assert len({line.number for line in NIGHT.lines}) == len(NIGHT.lines)


def test_no_figure_recorded_tells_where_anybody_comes_from() -> None:
    recorded = " ".join(repr(line.command) for line in NIGHT.lines).lower()
    assert "hait" not in recorded and "hondur" not in recorded


def test_the_source_of_a_count_is_not_the_source_of_its_line() -> None:
    counts = [line.command for line in NIGHT.lines if isinstance(line.command, RecordCount)]
    assert [(count.people, count.whole) for count in counts] == [(100, True), (70, False), (12, False), (83, True)]
    assert all("Galilea" in count.source or "propias personas" in count.source for count in counts)


def test_hours_of_the_file_are_those_of_central_mexico_wherever_they_stand() -> None:
    ends = [line.command.until for line in NIGHT.lines if isinstance(line.command, SetStayEnd)]
    assert ends == [datetime(2023, 5, 18, 18, 0, tzinfo=UTC)]


def test_a_reference_points_at_what_an_earlier_line_created() -> None:
    assert references(load(GOOD).lines[1].command) == [("group", "$bus")]


def test_all_problems_of_a_file_are_told_at_once_with_their_lines() -> None:
    broken = """\
name: prueba
title: Una prueba
starts: 2023-05-15T20:00
ends: 2023-05-16T08:00
actors:
  coordinacion: {agency: SDH, role: coordinador}
lines:
  - {at: ayer, by: coordinacion, do: ReportArrival, with: {station: leon, people: 0, declared_by: x}, source: "S: AM-35"}
  - {at: 2023-05-15T21:00, by: coordinacion, do: ReportArival, source: "S: AM-35"}
  - {at: 2023-05-15T21:00, by: coordinacion, do: ReportArrival, with: {stasion: leon, people: 1, declared_by: x}, source: "D: x"}
  - {at: 2023-05-15T21:00, by: coordinacion, do: PassTime}
  - {at: 2023-05-15T21:00, by: coordinacion, do: ProposePlacement, with: {group: $bus}, source: cuentan}
"""
    assert problems_of(broken) == [
        "línea 6, columna 37: simulacro: «actors»: «coordinacion»: «role»: se esperaba uno de «coordination», «shelter», "
        "«kitchen», «brigade», «agency», «system», no «coordinador»; ¿quiso decir «coordination»?",
        "línea 8, columna 10: renglón: «at»: se esperaba fecha y hora locales, como 2023-05-18T08:00, no «ayer»",
        "línea 8, columna 83: ReportArrival: «people»: se esperaba un número entero de 1 a 100000, no «0»",
        "línea 9, columna 50: renglón: orden desconocida «ReportArival»; ¿quiso decir «ReportArrival»?",
        "línea 10, columna 71: ReportArrival: falta «station»",
        "línea 10, columna 72: ReportArrival: clave desconocida «stasion»; ¿quiso decir «station»?",
        "línea 11, columna 5: renglón: falta «source»",
        "línea 11, columna 50: renglón: orden desconocida «PassTime»",
        "línea 12, columna 97: renglón: «source»: se esperaba texto: «S: CLAVE, …», «L: …», «K: …» o «D: …», "
        "hasta 500 caracteres, no «cuentan»",
    ]


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("with: {group: $bus}", "with: {group: $tren}", "ningún renglón anterior crea «$tren»"),
        ("with: {group: $bus}", "with: {group: bus}", "se escribe «$alias»"),
        ("2023-05-15T22:00", "2023-05-15T20:30", "ningún renglón anterior crea «$bus»"),
        ("2023-05-15T22:00", "2023-05-19T22:00", "la hora queda fuera del simulacro"),
        ("ends: 2023-05-16", "ends: 2023-05-14", "termina antes de empezar"),
        ("by: coordinacion, do: Rep", "by: nadie, do: Rep", "nadie se llama así en «actors»: «nadie»"),
        ("do: ProposePlacement,", "do: ProposePlacement, as: bus,", "«bus» ya nombra otra cosa"),
        ("with: {group: $bus}", "with: {group: $bus}, with: {}", "renglón: clave repetida «with»"),
        ("lines:", "renglones:", "falta «lines»"),
        ("people: 35", "people: '35'", "se esperaba un número entero"),
        ("title: Una prueba", "title: ''", "se esperaba texto de 1 a 120 caracteres"),
        ("people: 35", "people: 35, needs: [medical]", "se esperaba un mapa"),
    ],
)
def test_a_scenario_that_cannot_be_played_is_refused_with_the_reason(was: str, becomes: str, told: str) -> None:
    assert was in GOOD
    assert any(told in problem for problem in problems_of(GOOD.replace(was, becomes)))


def test_a_line_is_not_blamed_for_the_mistake_of_the_one_it_refers_to() -> None:
    assert problems_of(GOOD.replace("people: 35", "people: muchas")) == [
        "línea 8, columna 104: ReportArrival: «people»: se esperaba un número entero de 1 a 100000, no «muchas»"
    ]


def test_a_scenario_that_is_a_list_is_refused() -> None:
    told = problems_of("[]")
    assert "línea 1, columna 1: simulacro: se esperaba un mapa «clave: valor»" in told


def test_a_line_that_is_no_map_is_refused() -> None:
    assert any("línea 10, columna 5: renglón: se esperaba un mapa" in told for told in problems_of(GOOD + "  - nada\n"))


def test_a_file_that_is_no_yaml_is_refused_with_its_line() -> None:
    assert problems_of("lines: [") == ["línea 1, columna 9: YAML mal formado: falta un valor"]
