"""Files that are no plain, readable, bounded YAML: each is refused with a place inside it, and nothing is lost on the way."""

import pytest
from written_protocols import HEAD, MACHINE, problems, with_state

from caravan.protocol.load import load
from caravan.protocol.loading.source import MAX_CHARACTERS, MAX_DEPTH, MAX_PROBLEMS, MAX_TEXT, MAX_VALUES
from caravan.protocol.model import ProtocolErrors

SOUND = with_state("{cuando: {e: b}}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "línea 1, columna 1: el archivo está vacío"),
        (" \n\n", "línea 1, columna 1: el archivo está vacío"),
        ("# solo una nota\n", "línea 1, columna 1: el archivo está vacío"),
        ("solo texto", "línea 1, columna 1: se esperaba un mapa «clave: valor»"),
        ("- una\n- lista\n", "línea 1, columna 1: se esperaba un mapa «clave: valor»"),
        ("a: [", "línea 1, columna 5: YAML mal formado: falta un valor"),
        ("a: [1, 2\nb: 3", "línea 2, columna 2: YAML mal formado: falta «,» o «]» (lo que empieza en la línea 1)"),
        ('a: "sin cerrar\nb: 1\n', "línea 2, columna 5: YAML mal formado: falta cerrar unas comillas (lo que empieza en la línea 1)"),
        ("a: b: c", "línea 1, columna 5: YAML mal formado: «:» donde no va; revise la sangría o ponga el texto entre comillas"),
        ("a:\n\tb: 1", "línea 2, columna 1: YAML mal formado: un carácter que no puede empezar un valor; se sangra con espacios, no con tabulador"),
        ("a: 1\n---\nb: 1", "línea 2, columna 1: el archivo lleva un solo documento; sobra «---»"),
        ("a: &x 1\nb: *x", "línea 1, columna 4: no se admiten etiquetas («!») ni anclas («&») de YAML"),
        ("a: *x", "línea 1, columna 4: no se admiten alias («*»): escriba el valor en su lugar"),
        ("a: !!python/name:os.system x", "línea 1, columna 4: no se admiten etiquetas («!») ni anclas («&») de YAML"),
        ("<<: {a: 1}", "línea 1, columna 1: no se admite «<<»: escriba las claves en su lugar"),
        ("? [a, b]\n: 1", "línea 1, columna 3: una clave es una palabra, no una lista ni un mapa"),
        ("[" * 100_000, f"línea 1, columna {MAX_DEPTH + 1}: más de {MAX_DEPTH} niveles anidados"),
        ("- " * 90_000, f"línea 1, columna {2 * MAX_DEPTH + 1}: más de {MAX_DEPTH} niveles anidados"),
        ("{a: " * 40_000, f"línea 1, columna {4 * MAX_DEPTH + 1}: más de {MAX_DEPTH} niveles anidados"),
        ("a" * (MAX_CHARACTERS + 1), f"línea 1, columna 1: el archivo pasa de {MAX_CHARACTERS} caracteres"),
        ("- x\n" * (MAX_VALUES + 1), f"línea {MAX_VALUES}, columna 3: el archivo pasa de {MAX_VALUES} valores"),
        ("a: " + "x" * 150_000, f"línea 1, columna 4: un texto pasa de {MAX_TEXT} caracteres: «{'x' * 20}…»"),
        ("k" * 300 + ": 1", f"línea 1, columna 1: un texto pasa de 120 caracteres: «{'k' * 20}…»"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_plain_bounded_yaml_is_refused_with_its_place(text: str, message: str):
    assert message in problems(text)


@pytest.mark.parametrize(
    "sign",
    ["\0", "\x07", "\x1b", "\x7f", "\x85", "\u2028", "\u202e", "\u200b", "\u2066", "\ufffe", "\ud800", "\ufeff"],
    ids=lambda sign: f"U+{ord(sign):04X}",
)
def test_a_sign_no_reader_would_see_is_refused_where_it_stands(sign: str):
    assert problems(f"a: 1\r\nbé: x{sign}") == [
        f"línea 2, columna 6: carácter invisible o no admitido (U+{ord(sign):04X})"
    ]


def test_a_mark_of_order_at_the_beginning_and_lines_of_windows_change_nothing():
    plain, foreign = load(SOUND), load("\ufeff" + SOUND.replace("\n", "\r\n"))
    assert foreign.machines == plain.machines


def test_a_problem_of_a_file_of_windows_has_the_line_an_editor_shows():
    assert problems(SOUND.replace("version: 3", "version: tres").replace("\n", "\r\n")) == [
        "línea 2, columna 10: «version»: se esperaba un número entero"
    ]


def test_a_column_counts_letters_and_not_bytes():
    text = SOUND.replace("nombre: Guanajuato, pcode: MX11", "nombre: Ñandú ó, pcode: 7")
    (only,) = problems(text)
    assert only.startswith("línea 6, columna 35: ")


@pytest.mark.parametrize(
    "word", ["on", "off", "no", "yes", "si", "12:30", "null", "~", "1_000", "0x1F", "1e3", ".inf", "2026-12-01"]
)
def test_a_word_yaml_could_take_for_something_else_stays_a_word(word: str):
    state = load(with_state(f"{{etiqueta: {{es: {word}}}, cuando: {{e: b}}}}")).machines["operativo"].states[0]
    assert state.label == {"es": word}


@pytest.mark.parametrize("number", ["0x3", "1e3", "-1", "3.0", "1_0", "٣", "'3 '", "12345678901234567890"])
def test_only_plain_digits_are_a_whole_number(number: str):
    assert problems(SOUND.replace("version: 3", f"version: {number}")) == [
        "línea 2, columna 10: «version»: se esperaba un número entero"
    ]


@pytest.mark.parametrize("duration", ["٣ h", "-1 h", "1.5 h", "99999 h", "1  h", "h", "04 h", "1 ms"])
def test_only_a_plain_duration_is_one(duration: str):
    assert "mal escrita" in problems(with_state(f"{{plazo: {duration}, cuando: {{e: b}}}}"))[0]


@pytest.mark.parametrize("key", ["etiqueta", "fuente", "cuando", "tras", "estados"])
def test_a_doubled_key_is_refused_in_every_map(key: str):
    pair = {"etiqueta": "es: x", "fuente": "D: x", "cuando": "e: b", "tras": "1 h: b", "estados": "c: {final: true}"}[
        key
    ]
    found = problems(with_state(f"{{{key}: {{{pair}, {pair}}}}}"))
    assert any("clave repetida" in problem for problem in found)


def test_a_doubled_key_at_the_top_or_in_a_map_of_the_top_is_refused():
    doubled = SOUND.replace("version: 3", "version: 3\nversion: 4").replace(
        "titulo: {es: Ejemplo,", "titulo: {es: Ejemplo, es: Otro,"
    )
    found = problems(doubled)
    assert "línea 3, columna 1: clave repetida «version» (ya está en la línea 2)" in found
    assert "línea 5, columna 23: «titulo»: clave repetida «es» (ya está en la línea 5)" in found


def test_states_as_deep_as_a_file_may_go_are_read():
    body, depth = "{final: true}", (MAX_DEPTH - 6) // 2
    for level in reversed(range(depth)):
        body = f"{{estados: {{s{level}: {body}}}}}"
    state, seen = load(with_state(body)).machines["operativo"].states[0], 0
    while state.children:
        state, seen = state.children[0], seen + 1
    assert seen == depth


def test_a_hundred_problems_are_enough_to_begin_with():
    keys = ", ".join(f"clave{number}: 1" for number in range(500))
    assert len(problems(with_state(f"{{{keys}}}"))) == MAX_PROBLEMS


def test_the_same_text_gives_the_same_protocol_and_another_text_another():
    assert load(SOUND) is load("".join(SOUND))
    assert load(SOUND) is not load(SOUND + "# otra\n")


def test_a_file_that_is_refused_is_refused_again():
    for _ in range(2):
        with pytest.raises(ProtocolErrors):
            load(HEAD)


def test_a_file_whose_every_value_is_of_another_shape_has_only_problems():
    scalars = "".join(f"{line.split(':')[0]}: x\n" for line in HEAD.splitlines() if not line.startswith(" "))
    lists = scalars.replace(": x", ": [[], {}]")
    for text in (scalars, lists, HEAD + MACHINE.replace("{BODY}", "[]"), HEAD + "maquinas: {m: {estados: []}}\n"):
        assert problems(text)


@pytest.mark.parametrize(
    "guard",
    [
        "not " * 120 + "en('a')",
        "+".join("1" * 250) + " > 0",
        "(" * 400,
        "((((((((((((((((((((((1))))))))))))))))))))))",
        "not (" * 90,
        " or ".join(["en('a')"] * 45),
        "-".join(["grupo.personas"] * 33) + " > 0",
        "x" * 501,
        "'" * 99,
        "grupo.personas in [" + ",".join("1" * 200) + "]",
    ],
    ids=range(10),
)  # fmt: skip
def test_a_condition_without_end_is_read_or_refused_and_never_breaks(guard: str):
    try:
        load(with_state(f'{{cuando: {{e: {{si: "{guard}", ir_a: b}}}}}}'))
    except ProtocolErrors as errors:
        assert all(problem.line for problem in errors.problems)


@pytest.mark.parametrize("text", ["---", "a:", "protocolo:", "a:\n  b:", "- "])
def test_what_is_left_out_at_the_end_has_a_place_inside_the_file(text: str):
    with pytest.raises(ProtocolErrors) as refused:
        load(text)
    lines = text.split("\n")
    assert all(problem.line <= len(lines) for problem in refused.value.problems)
    assert all(problem.column <= len(lines[problem.line - 1]) + 1 for problem in refused.value.problems)


def test_a_mistake_in_a_condition_of_several_lines_stands_where_the_condition_begins():
    body = "\n        cuando:\n          e:\n            si: >-\n              grupo.personas > 0\n              and grupo.zz > 0\n            ir_a: b"
    (only,) = problems(with_state(body))
    assert only.startswith(f"línea {with_state(body)[: with_state(body).index('>-')].count(chr(10)) + 1}, columna 17: ")
