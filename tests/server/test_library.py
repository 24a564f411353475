from pathlib import Path

import pytest
from realm import PACKS, PROTOCOL, PROTOCOLS

from caravan.protocol.load import load
from caravan.protocol.model import ProtocolErrors
from caravan.server.library import lineage, packs_beside, publication

OVER = """\
protocolo: queretaro
version: 1
deriva_de: guanajuato@2
titulo: {es: Querétaro}
procedencia: No es texto oficial.
entidad: {nombre: Querétaro, pcode: MX22}
"""


def test_the_shipped_protocols_are_known_by_their_keys_wherever_the_file_is(tmp_path: Path) -> None:
    known = packs_beside(tmp_path / "estado.yaml")
    assert {"base-legal@1", "guanajuato@2", "adopcion-estatal@1"} <= set(known)
    assert known["guanajuato@2"] == PROTOCOL


def test_what_is_no_protocol_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "roto.yaml").write_text("[", encoding="utf-8")
    (tmp_path / "ajeno.yaml").write_bytes(b"\xff\xfe")
    assert packs_beside(tmp_path / "estado.yaml") == packs_beside(PROTOCOLS / "estado.yaml")


def test_a_copy_of_a_shipped_pack_beside_a_file_never_takes_its_place(tmp_path: Path) -> None:
    unlocked = PACKS["base-legal@1"].replace("bloqueado: true", "bloqueado: false")
    (tmp_path / "base.yaml").write_text(unlocked, encoding="utf-8")
    assert packs_beside(tmp_path / "estado.yaml")["base-legal@1"] == PACKS["base-legal@1"]
    state = tmp_path / "queretaro.yaml"
    state.write_text(OVER, encoding="utf-8")
    with pytest.raises(ProtocolErrors, match=r"línea 3.*hay dos textos distintos de base-legal@1: .*base\.yaml"):
        packs_beside(state)


def test_two_texts_of_a_pack_that_is_not_shipped_are_refused_and_two_copies_of_one_are_not(tmp_path: Path) -> None:
    mine = OVER.replace("queretaro", "bajio").replace("guanajuato@2", "base-legal@1")
    state = tmp_path / "queretaro.yaml"
    state.write_text(OVER.replace("guanajuato@2", "bajio@1"), encoding="utf-8")
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(mine, encoding="utf-8")
    assert packs_beside(state)["bajio@1"] == mine
    (tmp_path / "b.yaml").write_text(mine + "# otra\n", encoding="utf-8")
    with pytest.raises(ProtocolErrors, match="hay dos textos distintos de bajio@1"):
        packs_beside(state)


def test_a_draft_is_of_the_line_of_every_protocol_it_derives_from() -> None:
    assert lineage(load(OVER, {**PACKS, "guanajuato@2": PROTOCOL})) == {"queretaro", "guanajuato", "base-legal"}


def test_a_publication_carries_the_whole_chain_of_its_packs_and_no_others(tmp_path: Path) -> None:
    file = tmp_path / "queretaro.yaml"
    file.write_text(OVER, encoding="utf-8")
    order = publication(file)
    assert order.text == OVER
    assert set(order.packs) == {"guanajuato@2", "base-legal@1"}
    assert load(order.text, order.packs).extends == ("guanajuato@2", "base-legal@1")
    assert publication(PROTOCOLS / "base-legal.yaml").packs == {}


def test_a_publication_without_its_pack_is_refused_by_the_loader_and_not_before(tmp_path: Path) -> None:
    file = tmp_path / "estado.yaml"
    file.write_text(OVER.replace("guanajuato@2", "jalisco@4"), encoding="utf-8")
    order = publication(file)
    assert order.packs == {}
    with pytest.raises(ProtocolErrors, match="jalisco@4"):
        load(order.text, order.packs)
