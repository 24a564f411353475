from datetime import date

import pytest
from realm import PACKS, PROTOCOL

from caravan.protocol.check import check
from caravan.protocol.load import load
from caravan.protocol.loading.source import Mapping, Place, Text, Tree, read_tree
from caravan.protocol.model import Protocol, ProtocolErrors, State
from caravan.protocol.packs import MAX_PACKS, extended, key_of, packs_needed

PACK = """\
protocolo: paquete
version: 2
titulo: {es: Paquete}
procedencia: No es el texto oficial.
entidad: {nombre: Federación, pcode: MX00}
vigente_desde: 2026-01-01
zona_horaria: America/Mexico_City
calendario: propio
calendarios:
  propio: {semana: [lun, mar, mie, jue, vie], fijos: [09-16]}
escala: {peldanos: [coordinacion], cada: 30 min}
agencias:
  SDH: {nombre: Quien coordina, papel: coordinacion, avisos: [correo]}
  DIF: {nombre: DIF, papel: estatal, avisos: [correo]}
niveles: [{id: n1, desde: 1}]
datos:
  grupo: {personas: entero, nna: {tipo: entero, opcional: true}}
maquinas:
  grupo:
    instancia: grupo
    estados:
      espera:
        etiqueta: {es: Espera, en: Wait}
        responsable: SDH
        plazo: 4 h
        fuente: {L: "G17, LR 21"}
        cuando:
          listo: {etiqueta: {es: Listo}, si: grupo.personas > 0, ir_a: fin}
          nada: fin
        tras: {2 d: fin}
      fin: {etiqueta: {es: Fin}, final: true}
"""
HEAD = """\
protocolo: estado
version: 1
deriva_de: paquete@2
titulo: {es: Estado}
procedencia: No es el texto oficial.
entidad: {nombre: Querétaro, pcode: MX22}
"""
KNOWN = {"paquete@2": PACK}


def over(body: str = "", head: str = HEAD, packs: dict[str, str] = KNOWN) -> Protocol:
    return load(head + body, packs)


def steps(body: str) -> dict[str, State]:
    inner = "\n".join("      " + line for line in body.splitlines())
    whole = over(f"maquinas:\n  grupo:\n    estados:\n{inner}\n")
    return {state.id: state for state in whole.machines["grupo"].states}


def problems(body: str = "", head: str = HEAD, packs: dict[str, str] = KNOWN) -> list[str]:
    with pytest.raises(ProtocolErrors) as refused:
        over(body, head, packs)
    return [str(problem) for problem in refused.value.problems]


def test_a_file_that_says_nothing_is_the_pack_under_its_own_name():
    whole = over()
    assert (whole.key, whole.extends, whole.title, whole.pcode) == (
        "estado@1",
        ("paquete@2",),
        {"es": "Estado"},
        "MX22",
    )
    assert [state.id for state in whole.machines["grupo"].states] == ["espera", "fin"]
    assert whole.timezone == "America/Mexico_City"
    assert whole.effective is None


@pytest.mark.parametrize("key", ["titulo", "procedencia", "entidad", "version", "protocolo"])
def test_what_a_file_says_of_itself_is_never_inherited(key: str):
    head = "\n".join(line for line in HEAD.splitlines() if not line.startswith(key)) + "\n"
    assert any(f"falta «{key}»" in problem for problem in problems(head=head))


def test_maps_merge_the_packs_keys_first_and_lists_and_text_replace():
    whole = over(
        "agencias:\n  PC: {nombre: PC, papel: estatal}\n  SDH: {avisos: [whatsapp]}\nniveles: [{id: n9, desde: 9}]\n"
    )
    assert list(whole.agencies) == ["SDH", "DIF", "PC"]
    assert (whole.agencies["SDH"].name, whole.agencies["SDH"].channels) == ("Quien coordina", ("whatsapp",))
    assert [level.id for level in whole.levels] == ["n9"]


def test_a_new_state_comes_after_the_packs_in_document_order():
    assert list(steps("antes: {final: true}\nfin: {etiqueta: {es: Final}}")) == ["espera", "fin", "antes"]


def test_a_short_transition_over_a_long_one_changes_its_target_and_keeps_the_rest():
    listo = steps("otro: {final: true}\nespera: {cuando: {listo: otro}}")["espera"].transitions[0]
    assert (listo.targets, listo.guard, listo.label) == (("otro",), "grupo.personas > 0", {"es": "Listo"})


def test_a_long_transition_over_a_short_one_keeps_its_target():
    found = steps("espera: {cuando: {nada: {requiere: [motivo]}}, tras: {2 d: {hacer: [{registrar: {nota: x}}]}}}")
    nada, later = (found["espera"].transitions[place] for place in (1, 2))
    assert (nada.targets, nada.requires) == (("fin",), ("motivo",))
    assert (later.targets, len(later.actions)) == (("fin",), 1)


def test_a_long_term_over_a_short_one_keeps_its_length():
    deadline = steps("espera: {plazo: {avisa_antes: 1 h}}")["espera"].deadline
    assert deadline is not None
    assert (str(deadline.lasts), str(deadline.warn_before)) == ("4 h", "1 h")


def test_a_short_fact_and_a_long_one_meet_as_its_type():
    whole = over("datos:\n  grupo: {personas: {opcional: true}, nna: entero}\n")
    assert (whole.facts["grupo"]["personas"].kind, whole.facts["grupo"]["personas"].optional) == ("integer", True)
    assert whole.facts["grupo"]["nna"].optional


def test_quitar_takes_keys_of_the_pack_away():
    espera = steps("espera: {quitar: [plazo, tras], cuando: {quitar: [nada]}}")["espera"]
    assert espera.deadline is None
    assert [transition.events for transition in espera.transitions] == [("listo",)]


def test_what_is_taken_away_and_written_again_is_replaced_whole():
    espera = steps("espera: {cuando: {quitar: [listo], listo: fin}}")["espera"]
    again = next(transition for transition in espera.transitions if transition.events == ("listo",))
    assert (again.guard, again.label) == (None, {})


def test_quitar_of_what_is_not_there_is_refused_with_the_nearest_name_and_its_place():
    assert problems("maquinas: {grupo: {estados: {quitar: [esperas]}}}\n") == [
        "línea 7, columna 39: «estados»: no se puede quitar «esperas»: el paquete no lo tiene; ¿quiso decir «espera»?"
    ]


@pytest.mark.parametrize(
    "body",
    [
        "maquinas: {grupo: {estados: {nuevo: {quitar: [plazo]}}}}\n",
        "maquinas: {grupo: {estados: {espera: {escala: {quitar: [cada]}}}}}\n",
    ],
)
def test_quitar_where_the_pack_has_no_map_is_refused(body: str):
    assert any("nada que quitar" in problem for problem in problems(body))


def test_quitar_lists_names():
    assert any("lista de nombres" in problem for problem in problems("agencias: {quitar: [[SDH]]}\n"))


def test_quitar_without_a_pack_is_refused_with_its_line():
    text = PACK.replace("      espera:\n", "      espera:\n        quitar: [plazo]\n")
    with pytest.raises(ProtocolErrors) as refused:
        load(text)
    assert [(each.line, each.message) for each in refused.value.problems] == [
        (23, "«quitar» pide un archivo con «deriva_de»")
    ]


def test_a_pack_nobody_has_is_refused_with_its_line_and_the_nearest():
    assert problems(head=HEAD.replace("paquete@2", "paquete@3")) == [
        "línea 3, columna 12: no se encontró el paquete «paquete@3»; ¿quiso decir «paquete@2»?"
    ]
    assert problems(packs={}) == ["línea 3, columna 12: no se encontró el paquete «paquete@2»"]


@pytest.mark.parametrize("name", ["paquete", "paquete@0", "paquete@x", "[paquete@2]", "Paquete@2"])
def test_a_pack_is_named_with_its_version(name: str):
    assert "se escribe «paquete@versión»" in problems(head=HEAD.replace("paquete@2", name))[0]


def test_a_pack_that_says_it_is_another_is_refused():
    assert "dice ser «paquete@2»" in problems(head=HEAD.replace("paquete@2", "p@1"), packs={"p@1": PACK})[0]


def test_a_file_over_a_file_over_a_pack_is_all_three():
    middle = HEAD + "agencias: {DIF: {nombre: DIF de en medio}}\n"
    last = HEAD.replace("estado", "municipio").replace("paquete@2", "estado@1") + "agencias: {SDH: {nombre: Aquí}}\n"
    whole = load(last, {**KNOWN, "estado@1": middle})
    assert whole.extends == ("estado@1", "paquete@2")
    assert [whole.agencies[key].name for key in ("SDH", "DIF")] == ["Aquí", "DIF de en medio"]


def test_a_file_that_ends_up_deriving_from_itself_is_refused():
    loop = PACK.replace("version: 2\n", "version: 2\nderiva_de: estado@1\n")
    assert "termina derivando de sí mismo" in problems(packs={"paquete@2": loop, "estado@1": HEAD})[0]
    assert "termina derivando de sí mismo" in problems(head=HEAD.replace("paquete@2", "estado@1"))[0]


def test_a_chain_of_packs_has_an_end():
    packs = {
        f"p@{n}": HEAD.replace("estado", "p").replace("version: 1", f"version: {n}").replace("paquete@2", f"p@{n + 1}")
        for n in range(1, MAX_PACKS + 3)
    }
    assert f"más de {MAX_PACKS} paquetes" in problems(head=HEAD.replace("paquete@2", "p@1"), packs=packs)[0]


def test_a_problem_in_the_packs_part_names_the_pack_and_its_line():
    broken = PACK.replace("responsable: SDH", "responsable: SDHH")
    assert problems("agencias: {PC: {nombre: PC, papel: x}}\n", packs={"paquete@2": broken}) == [
        "línea 7, columna 36: agencia «PC»: papel desconocido «x»",
        "paquete@2, línea 24, columna 22: estado «espera»: agencia desconocida «SDHH»; ¿quiso decir «SDH»?",
    ]
    assert problems(packs={"paquete@2": PACK + "["})[0].startswith("paquete@2, línea")


def test_a_state_the_pack_wrote_says_so_and_one_the_file_touches_has_the_files_line():
    found = steps("espera: {plazo: 3 h}")
    assert (found["espera"].line, found["espera"].file) == (10, "")
    assert found["fin"].file == "paquete@2"


def test_closures_of_the_state_join_the_working_days_of_the_pack():
    whole = over("calendarios: {propio: {cierres: {2026-12-24: acuerdo 7}}}\n")
    assert not whole.calendar.counts(date(2026, 12, 24))
    assert not whole.calendar.counts(date(2026, 9, 16))


def test_doubled_keys_are_found_in_the_file_and_in_the_pack():
    assert any("clave repetida «SDH»" in each for each in problems("agencias: {SDH: {}, SDH: {}}\n"))
    doubled = PACK.replace("niveles:", "calendario: lfpa28\nniveles:")
    assert any("clave repetida «calendario»" in each for each in problems(packs={"paquete@2": doubled}))


def test_the_packs_a_text_needs_are_read_from_heads_alone():
    assert packs_needed(PACK) == []
    assert packs_needed(HEAD) == ["paquete@2"]
    assert packs_needed(HEAD.replace("paquete@2", "estado@9"), {"estado@9": HEAD}) == ["estado@9", "paquete@2"]
    assert key_of(HEAD) == "estado@1"
    with pytest.raises(ProtocolErrors):
        packs_needed("deriva_de: x\n")
    with pytest.raises(ProtocolErrors):
        packs_needed("[")


def test_the_same_texts_give_the_same_protocol():
    assert over() is over()
    assert load(PROTOCOL, PACKS) is load(PROTOCOL, dict(PACKS))


def test_merging_leaves_the_packs_tree_as_it_was():
    tree = read_tree(HEAD + "agencias: {SDH: {nombre: Otra}}\n")
    first, second = (_plain(extended(tree, KNOWN).tree) for _ in range(2))
    assert first == second


def test_an_empty_file_over_a_pack_and_a_pack_that_is_a_list_are_problems_and_not_crashes():
    assert problems(head="deriva_de: paquete@2\n")
    assert problems(packs={"paquete@2": "- 1\n"})


def test_the_legal_pack_and_guanajuato_over_it_have_no_findings():
    for whole in (load(PACKS["base-legal@1"]), load(PROTOCOL, PACKS)):
        assert check(whole) == []


def _plain(tree: Tree) -> object:
    if isinstance(tree, Text):
        return tree.value, _where(tree.place)
    if isinstance(tree, Mapping):
        return [(key.value, _plain(value)) for key, value in tree.pairs]
    return [_plain(each) for each in tree.items]


def _where(place: Place) -> tuple[int, int, str]:
    return place.line, place.column, place.file
