"""The schema for editors says what the loader's tables say: it takes what loads and refuses what a schema can see."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner
from written_protocols import HEAD, MACHINE, with_state

from caravan.cli import cli
from caravan.protocol.loading import schema
from caravan.protocol.loading.editor_schema import editor_schema
from caravan.protocol.loading.meanings import TABLES
from caravan.protocol.loading.source import Mapping, Sequence, Text, Tree, read_tree
from caravan.server.library import POLICY_FILE

ROOT = Path(__file__).parents[2]
PROTOCOLS = [file for file in sorted((ROOT / "protocols").glob("*.yaml")) if not file.name.endswith(POLICY_FILE)]
SHIPPED = [*PROTOCOLS, *sorted((ROOT / "tests").rglob("protocol/files/*.yaml"))]
VALIDATOR = jsonschema.Draft7Validator(editor_schema())
_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
_PLAIN: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}


def as_an_editor_reads(tree: Tree) -> Any:
    """YAML 1.2: bare numbers, ``true``, ``false`` and nothing are values, all else is text."""
    match tree:
        case Mapping():
            return {key.value: as_an_editor_reads(value) for key, value in tree.pairs}
        case Sequence():
            return [as_an_editor_reads(item) for item in tree.items]
        case Text(inset=0) if _WHOLE.fullmatch(tree.value):
            return int(tree.value)
        case Text():
            return tree.value if tree.inset else _PLAIN.get(tree.value, tree.value)


def complaints(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(as_an_editor_reads(read_tree(text)))]


def test_the_schema_is_itself_one():
    jsonschema.Draft7Validator.check_schema(editor_schema())


def test_the_file_beside_the_protocols_is_what_the_tables_make():
    written = CliRunner().invoke(cli, ["protocol", "schema"])
    assert written.exit_code == 0
    assert (ROOT / "protocols" / "esquema.json").read_text(encoding="utf-8") == written.output, (
        "run: caravan protocol schema > protocols/esquema.json"
    )


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_protocol_is_taken(path: Path):
    assert complaints(path.read_text(encoding="utf-8")) == []


def test_every_protocol_of_the_documents_is_taken():
    page = (ROOT / "docs" / "protocol-reference.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```yaml runnable\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert examples
    assert [complaints(example) for example in examples] == [[] for _ in examples]


@pytest.mark.parametrize(
    ("name", "table"),
    [("protocolo", schema.PROTOCOL), ("estado", schema.STATE), ("transicion", schema.TRANSITION), ("escala", schema.LADDER)],
)  # fmt: skip
def test_the_keys_of_the_schema_are_those_of_the_tables(name: str, table: schema.Table):
    definition = editor_schema()["definitions"][f"entero.{name}"]
    assert set(definition["properties"]) == set(table)
    assert set(definition.get("required", ())) == {key for key, spec in table.items() if spec.required}
    assert definition["additionalProperties"] is False


def test_an_editor_can_say_what_every_key_and_every_effect_means():
    definitions = editor_schema()["definitions"]
    state, effects = definitions["parte.estado"]["properties"], definitions["entero.efectos"]["items"]["properties"]
    assert [key for key in schema.STATE if not state[key]["description"]] == []
    assert [kind for kind in schema.EFFECTS if not effects[kind]["description"]] == []
    for told in TABLES.values():
        assert set(told.meanings) == set(told.table)


def test_the_effects_of_the_schema_are_those_of_the_table():
    effects = editor_schema()["definitions"]["entero.efectos"]["items"]["properties"]
    assert set(effects) == set(schema.EFFECTS)
    for kind, spec in schema.EFFECTS.items():
        assert set(effects[kind]["properties"]) == {*spec.required, *spec.optional}
        assert effects[kind]["required"] == list(spec.required)


@pytest.mark.parametrize(
    "body",
    [
        "{plaso: 4 h}",
        "{plazo: 4 horas}",
        "{plazo: {desde: grupo.ingreso_al_pais}}",
        "{final: si}",
        "{etiqueta: {es: Hola, xx: Hey}}",
        "{etiqueta: {es: [Hola]}}",
        "{fuente: {X: algo}}",
        "{fuente: texto}",
        "{escala: {peldanos: [SDH]}}",
        "{cuando: {e: []}}",
        "{cuando: {E: b}}",
        "{cuando: {e: {ir: b}}}",
        "{cuando: {e: {ir_a: b, bloqueado: tal vez}}}",
        "{tras: {pronto: b}}",
        "{al_entrar: [{abisar: {a: [SDH]}}]}",
        "{al_entrar: [avisar]}",
        "{al_entrar: [{avisar: {a: [SDH]}}]}",
        "{al_entrar: [{enviar: {a: todos, evento: x}}]}",
        "{al_entrar: [{emitir: {evento: Listo}}]}",
        "{al_entrar: [{purgar: {todo: 1}}]}",
        "{al_entrar: [{proponer_relevo: {a: MX, personas: 5}}]}",
        "{al_entrar: [{pedir_albergue: {personas: muchas}}]}",
        "{historia: {h: larga}}",
        "{estados: {C: {final: true}}}",
        "{plazo: }",
        "{quitar: [plazo]}",
    ],
)
def test_a_mistake_that_a_schema_can_see_is_refused_in_a_state(body: str):
    assert complaints(with_state(body))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 3", "version: tres"),
        ("vigente_desde: 2026-12-01", "vigente_desde: pronto"),
        ("pcode: MX11", "pcode: 11"),
        ("papel: coordinacion", "papel: jefatura"),
        ("avisos: [correo]}\n  DIF", "avisos: [paloma]}\n  DIF"),
        ("personas: entero", "persona: entero"),
        ("personas: entero", "personas: enteros"),
        ("instancia: activacion", "instancia: persona"),
        ("protocolo: ejemplo\n", ""),
        ("niveles:", "nivels:"),
        ("eventos:", "horarios: {v: {dias: [lunes], abre: 09:00, cierra: 10:00}}\neventos:"),
        ("eventos:", "horarios: {v: {dias: [lun], abre: 9:00, cierra: 10:00}}\neventos:"),
        ("eventos:", "calendarios: {c: {cierres: {24-12: x}}}\neventos:"),
    ],
)
def test_a_mistake_that_a_schema_can_see_is_refused_in_the_head(old: str, new: str):
    text = with_state("{cuando: {e: b}}")
    assert complaints(text) == []
    assert old in text
    assert complaints(text.replace(old, new, 1))


OVERLAY = """\
protocolo: otro
version: 1
deriva_de: ejemplo@3
titulo: {es: Otro}
procedencia: No es el texto oficial.
entidad: {nombre: Querétaro, pcode: MX22}
agencias: {SDH: {nombre: Otra secretaría}, quitar: [DIF]}
maquinas: {operativo: {estados: {a: {plazo: 2 h, quitar: [fuente], cuando: {quitar: [e]}}}}}
"""


def test_a_file_over_a_pack_says_only_what_it_changes():
    assert complaints(OVERLAY) == []
    assert complaints(OVERLAY.replace("deriva_de: ejemplo@3\n", ""))
    assert complaints(OVERLAY.replace("titulo: {es: Otro}\n", ""))
    assert complaints(OVERLAY.replace("plazo: 2 h", "plaso: 2 h"))


def test_the_smallest_whole_file_is_taken():
    assert complaints(HEAD + MACHINE.replace("{BODY}", "b")) != []
    assert complaints(HEAD + MACHINE.replace("{BODY}", "{final: true}")) == []
