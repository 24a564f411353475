from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from realm import PACKS, PROTOCOL

from caravan.basics import SYSTEM, instant
from caravan.commands import OpenRealm, RegisterKitchen, RegisterOffice, RegisterShelter, RegisterStation
from caravan.coordination.loop import coordinate
from caravan.directory import load, read
from caravan.picture import Picture
from caravan.protocol.load import load as load_protocol
from caravan.written import WrittenErrors

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "directories/guanajuato.yaml").read_text()
GUANAJUATO = read(TEXT)
STATION = """\
stations:
  - {id: leon, name: León, kind: bus, municipality: MX11020, town: León, position: {lat: 21.1, lon: -101.6}, source: "K: x"}
"""
EMPTY = "shelters: []\nkitchens: []\n"


def problems_of(text: str) -> list[str]:
    with pytest.raises(WrittenErrors) as caught:
        load(text)
    return [str(problem) for problem in caught.value.problems]


def test_the_whole_directory_goes_on_record_without_a_refusal() -> None:
    now = instant("2023-05-15T20:00:00-06:00")
    picture = coordinate(Picture(), OpenRealm(name="Guanajuato", salt="sal-del-simulacro"), by=SYSTEM, now=now).picture
    for command in load(TEXT):
        picture = coordinate(picture, command, by=SYSTEM, now=now).picture
    assert (len(picture.stations), len(picture.shelters), len(picture.kitchens)) == (9, 9, 7)


def test_stations_come_first_then_shelters_then_kitchens_then_offices() -> None:
    kinds = [type(command) for command in load(TEXT)]
    assert list(Counter(kinds)) == [RegisterStation, RegisterShelter, RegisterKitchen, RegisterOffice]


def test_every_place_says_where_it_is_published_and_how_surely() -> None:
    for place in (*GUANAJUATO.stations, *GUANAJUATO.shelters, *GUANAJUATO.kitchens, *GUANAJUATO.offices):
        assert re.match(r"[SLKD]: \S", place.source), place.name
        assert place.position.precision == "town_seat", place.name
        assert place.municipality.startswith("MX11"), place.name


def test_a_figure_nobody_published_stays_unknown_and_that_is_said() -> None:
    unknown = [shelter for shelter in GUANAJUATO.shelters if shelter.nominal is None]
    assert {shelter.id for shelter in unknown} == {"galilea", "manos-extendidas", "vasco-de-quiroga", "dif-ninez"}
    assert all(shelter.published for shelter in unknown)
    assert all(kitchen.rations == {} and kitchen.published for kitchen in GUANAJUATO.kitchens)


def test_where_sources_disagree_the_lowest_figure_stands_and_the_others_are_told() -> None:
    borromeo = next(shelter for shelter in GUANAJUATO.shelters if shelter.id == "san-carlos-borromeo")
    assert borromeo.nominal == 34
    assert all(figure in borromeo.published for figure in ("34", "35", "40"))


def test_temporary_sites_are_closed_until_somebody_enables_them() -> None:
    temporary = [shelter for shelter in GUANAJUATO.shelters if shelter.kind == "temporary"]
    assert {shelter.id for shelter in temporary} == {"el-coecillo", "vasco-de-quiroga"}
    assert all(shelter.closed for shelter in temporary)


def test_only_dif_lodges_unaccompanied_children() -> None:
    assert [s.id for s in GUANAJUATO.shelters if "uam" in s.admits or "uam" in s.sections] == ["dif-ninez"]


def test_every_agency_of_the_directory_is_one_of_the_protocol() -> None:
    known = load_protocol(PROTOCOL, PACKS).agencies
    used = {place.agency for place in (*GUANAJUATO.shelters, *GUANAJUATO.kitchens, *GUANAJUATO.offices)}
    assert used <= set(known)


def test_all_problems_of_a_directory_are_told_at_once_with_their_lines() -> None:
    broken = """\
stations:
  - {id: León, name: León, kind: avión, municipality: MX11020, town: León, position: {lat: 210, lon: -101.6}, source: "K: x"}
  - {id: celaya, name: Celaya, kind: bus, municipality: 11007, town: Celaya, position: {lat: 20.5, lon: -100.8}}
shelters:
  - {id: uno, name: Uno, kind: permanent, municipality: MX11007, town: Celaya, position: {lat: 20.5, lon: -100.8},
     sections: {mixto: {nominal: 5}}, intake_from: 25:00, closed: quizá, servicios: [], source: "K: x"}
  - {id: uno, name: Uno, kind: permanent, municipality: MX11007, town: Celaya, position: Celaya, source: ""}
"""
    assert problems_of(broken) == [
        "línea 1, columna 1: directorio: falta «kitchens»",
        "línea 2, columna 10: stations: el id «León» lleva minúsculas sin acento, números y «-»",
        "línea 2, columna 34: directorio: «stations»: «kind»: se esperaba uno de «bus», «road», «rail», no «avión»",
        "línea 2, columna 92: directorio: «stations»: «position»: «lat»: se esperaba un número de -90 a 90, no «210»",
        "línea 3, columna 5: stations: cada registro dice su fuente en «source»",
        "línea 3, columna 57: directorio: «stations»: «municipality»: se esperaba texto: «MX» y cinco cifras, no «11007»; "
        "si es texto, va entre comillas",
        "línea 6, columna 17: directorio: «shelters»: «sections»: se esperaba uno de «fam», «wom», «men», «uam», «mix», no "
        "«mixto»; ¿quiso decir «mix»?",
        "línea 6, columna 52: directorio: «shelters»: «intake_from»: se esperaba texto: una hora, como 17:00, no «25:00»",
        "línea 6, columna 67: directorio: «shelters»: «closed»: se esperaba true o false, no «quizá»",
        "línea 6, columna 74: directorio: «shelters»: clave desconocida «servicios»; ¿quiso decir «services»?",
        "línea 7, columna 10: shelters: «uno» está dos veces",
        "línea 7, columna 90: directorio: «shelters»: «position»: se esperaba un mapa «clave: valor», no «Celaya»",
        "línea 7, columna 106: shelters: cada registro dice su fuente en «source»",
    ]


def test_a_directory_that_is_no_map_or_no_yaml_is_refused() -> None:
    assert problems_of("[]") == ["línea 1, columna 1: directorio: se esperaba un mapa «clave: valor»"]
    assert problems_of("") == ["línea 1, columna 1: el archivo está vacío"]


def test_a_list_given_as_a_map_is_refused() -> None:
    told = problems_of("stations: {}\n" + EMPTY)
    assert told == ["línea 1, columna 11: directorio: «stations»: se esperaba una lista «[…]»"]


def test_a_directory_without_offices_is_whole() -> None:
    assert read(STATION + EMPTY).offices == ()
