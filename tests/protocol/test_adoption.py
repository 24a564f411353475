import re
from datetime import date
from pathlib import Path

import pytest
from realm import PACKS, PROTOCOL
from typer.testing import CliRunner

from caravan.cli import cli
from caravan.protocol.adoption import STATES, adopted, state_called
from caravan.protocol.chart import chart_of
from caravan.protocol.check import check
from caravan.protocol.load import load

GUANAJUATO = load(PROTOCOL, PACKS)
KNOWN = {**PACKS, "guanajuato@2": PROTOCOL}
ORIGIN = str(Path(__file__).parents[2] / "protocols" / "guanajuato.yaml")


def begun(code: str) -> str:
    return adopted(GUANAJUATO, STATES[code], "estado.yaml").text


def filled(text: str) -> str:
    return re.sub(r"POR DEFINIR(: [^\"]*)?", "Institución del estado", text)


def test_there_are_32_states_by_their_keys():
    assert list(STATES) == [f"MX{key:02}" for key in range(1, 33)]
    assert [STATES[code].name for code in ("MX09", "MX11", "MX22", "MX32")] == [
        "Ciudad de México",
        "Guanajuato",
        "Querétaro",
        "Zacatecas",
    ]
    assert len({state.id for state in STATES.values()}) == 32


@pytest.mark.parametrize("word", ["MX22", "mx22", "Querétaro", "queretaro", "QUERETARO"])
def test_a_state_is_known_by_its_key_and_by_its_name(word: str):
    assert state_called(word) is STATES["MX22"]


def test_a_state_is_known_by_the_short_form_of_its_name():
    assert state_called("Michoacán") is STATES["MX16"]


def test_an_unknown_state_is_answered_with_the_nearest():
    with pytest.raises(KeyError, match="¿quiso decir «Jalisco»?"):
        state_called("Jalixco")


def test_a_state_does_not_derive_from_itself():
    with pytest.raises(ValueError, match="ya es el protocolo de Guanajuato"):
        begun("MX11")


@pytest.mark.parametrize("code", sorted(set(STATES) - {"MX11"}))
def test_every_states_file_loads_and_the_check_says_only_what_is_left_to_decide(code: str):
    whole = load(begun(code), KNOWN)
    assert (whole.pcode, whole.state_name, whole.extends) == (
        code,
        STATES[code].name,
        ("guanajuato@2", "base-legal@1"),
    )
    assert whole.timezone == STATES[code].zone
    findings = check(whole)
    assert {finding.code for finding in findings} == {"to_define"}
    named = {agency for agency in whole.agencies if any(f"«{agency}»" in each.message for each in findings)}
    assert named == set(whole.agencies) - {"INM", "COMAR", "CNDH", "ACNUR", "OIM"}


def test_a_file_with_everything_decided_is_clean():
    assert check(load(filled(begun("MX22")), KNOWN)) == []


def test_the_examples_in_the_comments_are_true():
    text = filled(begun("MX22")).replace("# vigente_desde", "vigente_desde")
    at = text.index("# calendarios")
    text = text[:at] + text[at:].partition("\n\n")[0].replace("# ", "") + "\n"
    whole = load(text, KNOWN)
    assert whole.effective == date(2027, 1, 1)
    assert list(whole.calendar.closures) == [date(2027, 3, 29)]


def test_the_diagnosis_counts_what_is_inherited_and_names_what_the_law_holds():
    found = adopted(GUANAJUATO, STATES["MX22"], "queretaro.yaml")
    held = {step.state: step.law for step in found.locked}
    assert held["por_avisar"].startswith("G17, LR 21")
    assert "con_grupos" not in held
    assert found.steps > len(found.locked) > 20
    assert found.terms <= found.steps
    assert any("PPNNA" in line for line in found.decisions)


def test_the_command_writes_the_file_says_what_is_left_and_never_overwrites(tmp_path: Path):
    made = tmp_path / "queretaro.yaml"
    order = ["protocol", "new", "--state", "MX22", "--from", ORIGIN, "--output", str(made)]
    run = CliRunner().invoke(cli, order)
    assert run.exit_code == 0, run.output
    assert made.read_text(encoding="utf-8") == adopted(GUANAJUATO, STATES["MX22"], str(made)).text
    assert "Falta decidir" in run.output
    assert "G17, LR 21" in run.output
    asked = CliRunner().invoke(cli, ["check", str(made)])
    assert asked.exit_code == 1
    assert "falta decidir el nombre de la agencia «DIF»" in asked.output
    made.write_text(filled(made.read_text(encoding="utf-8")), encoding="utf-8")
    assert CliRunner().invoke(cli, ["check", str(made)]).exit_code == 0
    before = made.read_text(encoding="utf-8")
    again = CliRunner().invoke(cli, order)
    assert again.exit_code == 1
    assert "no se sobrescribe" in again.output
    assert made.read_text(encoding="utf-8") == before


def test_a_protocol_of_federal_agencies_alone_leaves_none_to_name():
    federal = PACKS["base-legal@1"].replace("base-legal", "ley")
    for kind in ("coordinacion", "estatal", "municipal", "civil"):
        federal = federal.replace(f"papel: {kind}", "papel: federal")
    text = adopted(load(federal), STATES["MX22"], "q.yaml").text
    assert {finding.message for finding in check(load(text, {"ley@1": federal}))} >= {"falta decidir la procedencia"}


def test_a_file_away_from_its_origin_is_told_to_bring_it(tmp_path: Path):
    away, home = tmp_path / "lejos", tmp_path / "aqui"
    for folder in (away, home):
        folder.mkdir()
    origin = away / "jalisco.yaml"
    origin.write_text(filled(begun("MX14")), encoding="utf-8")
    order = ["protocol", "new", "--state", "MX22", "--from", str(origin), "--output"]
    assert "busca jalisco@1 a su lado" in CliRunner().invoke(cli, [*order, str(home / "q.yaml")]).output
    assert "a su lado" not in CliRunner().invoke(cli, [*order, str(away / "q.yaml")]).output


def test_the_command_says_what_is_wrong_with_a_state_or_an_origin(tmp_path: Path):
    for state, origin, said in (
        ("MX33", ORIGIN, "No hay estado «MX33»"),
        ("MX22", str(tmp_path / "no.yaml"), "no.yaml"),
    ):
        run = CliRunner().invoke(cli, ["protocol", "new", "--state", state, "--from", origin])
        assert run.exit_code == 1
        assert said in run.output


def test_the_commented_example_of_a_new_file_can_be_uncommented_as_it_stands():
    for parent, known in ((GUANAJUATO, KNOWN), (load(PACKS["base-legal@1"]), PACKS)):
        text = adopted(parent, STATES["MX22"], "estado.yaml").text
        head, example = text.split("# Pasos que cambian")
        comment, _, lines = example.partition("\n")
        whole = load(f"{head}#{comment}\n" + re.sub(r"(?m)^# ", "", lines), known)
        assert {finding.code for finding in check(whole)} <= {"to_define"}
        changed = [
            (node.id, str(node.state.deadline))
            for name in parent.machines
            for node, old in zip(chart_of(whole, name).nodes, chart_of(parent, name).nodes, strict=True)
            if node.state.deadline != old.state.deadline
        ]
        assert len(changed) == 1
