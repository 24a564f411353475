from datetime import UTC, date, datetime

import pytest

from caravan.protocol.expressions import ExpressionError, names, nearest, parse, services, states, type_of
from caravan.protocol.kleene import Scope, compile_expression, plain
from caravan.protocol.vocabulary import FactType

TYPES = {
    "grupo": {
        "personas": FactType("integer"),
        "nna": FactType("integer", optional=True),
        "horas": FactType("integer", default=24),
        "sobrecupo": FactType("boolean"),
        "ingreso": FactType("date"),
        "idiomas": FactType("text"),
    },
    "activacion": {"nivel": FactType("choice", options=("n0", "n1", "n2"))},
    "evento": {"motivo": FactType("text")},
}


def value_of(text: str, *, grupo: dict | None = None, nivel: str | None = None, active: tuple[str, ...] = ()):
    scope = Scope({"grupo": grupo or {}, "activacion": {"nivel": nivel}}, {"motivo": "x"}, active.__contains__)
    return compile_expression(parse(text), TYPES)(scope)


def with_truth(value: bool | None) -> dict:
    return {"sobrecupo": value}


AND = {
    (True, True): True,
    (True, False): False,
    (True, None): None,
    (False, False): False,
    (False, None): False,
    (None, None): None,
}
OR = {
    (True, True): True,
    (True, False): True,
    (True, None): True,
    (False, False): False,
    (False, None): None,
    (None, None): None,
}


@pytest.mark.parametrize(("word", "table"), [("and", AND), ("or", OR)])
def test_what_cannot_be_decided_without_an_unknown_value_is_unknown(word: str, table: dict):
    types = {"g": {"a": FactType("boolean"), "b": FactType("boolean")}}
    compiled = compile_expression(parse(f"g.a {word} g.b"), types)
    for (a, b), expected in table.items():
        for left, right in ((a, b), (b, a)):
            scope = Scope({"g": {"a": left, "b": right}}, {}, ().__contains__)
            assert compiled(scope) is expected


@pytest.mark.parametrize(("known", "opposite"), [(True, False), (False, True), (None, None)])
def test_the_opposite_of_unknown_is_unknown(known: bool | None, opposite: bool | None):
    assert value_of("not grupo.sobrecupo", grupo=with_truth(known)) is opposite


def test_comparing_an_unknown_number_decides_nothing_in_either_direction():
    assert value_of("grupo.nna > 0") is None
    assert value_of("not (grupo.nna > 0)") is None
    assert value_of("grupo.nna + 1 == 1") is None
    assert value_of("grupo.nna in [1, 2]") is None


def test_one_may_ask_whether_a_value_is_known_and_a_default_does_not_make_it_known():
    assert value_of("grupo.nna es conocido", grupo={"nna": 0}) is True
    assert value_of("grupo.nna es conocido") is False
    assert value_of("grupo.horas es conocido") is False


def test_unknown_hunger_takes_the_urgent_default_the_protocol_declared():
    assert value_of("grupo.horas >= 24") is True
    assert value_of("grupo.horas >= 24", grupo={"horas": 3}) is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("grupo.personas - 1 + 2 == 84", True),
        ("grupo.personas != 83", False),
        ("grupo.personas >= 80 and activacion.nivel in ['n1', 'n2']", True),
        ("grupo.personas < 80 or not (activacion.nivel == 'n2')", False),
        ("en('alojados') and not en('por_colocar')", True),
        ("evento.motivo == 'x'", True),
        ("grupo.personas <= 83.5", True),
        ("verdadero and not falso", True),
        ("not (grupo.nna es conocido)", True),
        ("not en('otro') and (en('alojados') or not en('x'))", True),
    ],
)
def test_guards_read_like_sentences(text: str, expected: bool):
    assert type_of(parse(text), TYPES).kind == "boolean"
    assert value_of(text, grupo={"personas": 83}, nivel="n2", active=("alojados",)) is expected


def test_a_value_of_another_type_than_declared_is_undecidable_and_not_a_crash():
    assert value_of("grupo.personas > 3", grupo={"personas": "muchas"}) is None


@pytest.mark.parametrize(
    ("text", "message", "offset"),
    [
        ("grupo.persona > 0", "dato desconocido «grupo.persona»; ¿quiso decir «grupo.personas»?", 0),
        ("0 < grup.personas", "dato desconocido «grup.personas»; ¿quiso decir «grupo»?", 4),
        ("activacion.nivel == 'n9'", "«n9» no es una opción; son n0, n1, n2", 21),
        ("activacion.nivel in ['n1', 'x']", "«x» no es una opción; son n0, n1, n2", 28),
        ("grupo.personas > 'n1'", "no se compara un entero con texto", 15),
        ("grupo.idiomas < 'es'", "«<» pide números o fechas", 14),
        ("grupo.ingreso > 3", "no se compara una fecha con un entero", 14),
        ("grupo.idiomas + 1 == 2", "«+» suma y resta números", 14),
        ("grupo.personas and en('a')", "se esperaba una condición y es un entero", 0),
        ("not grupo.personas", "se esperaba una condición y es un entero", 4),
        ("grupo.personas >", "la expresión está incompleta", 16),
        ("grupo.personas > 1 2", "sobra «2»", 19),
        ("(grupo.personas > 1", "se esperaba «)»", 19),
        ("nna > 0", "«nna» no dice de quién es: escriba grupo.nna, o entre comillas si es texto", 0),
        ("3 es conocido", "«es conocido» se pregunta de un dato, como grupo.nna", 2),
        ("en(alerta)", "«en» lleva el nombre de un estado entre comillas: en('alerta')", 3),
        (
            "abierto(ventanilla)",
            "«abierto» lleva el nombre de un horario entre comillas: abierto('ventanilla')",
            8,
        ),
        ("abierto 'x'", "se esperaba «(»", 9),
        ("grupo.personas > abierto('x')", "no se compara un entero con sí o no", 15),
        ("grupo.personas in [grupo.nna]", "la lista de «in» lleva valores, no datos", 19),
        ("__import__('os')", "«__import__» no dice de quién es", 0),
        ("grupo.personas ; 1", "no se entiende «; 1»", 15),
        ("grupo.personas > in", "no se esperaba «in»", 17),
        ("(" * 30 + "1", "más de 20 paréntesis anidados", 20),
        ("1 " * 400, "la expresión pasa de 500 caracteres", 500),
    ],
)
def test_a_bad_expression_is_refused_with_its_place(text: str, message: str, offset: int):
    with pytest.raises(ExpressionError) as refused:
        type_of(parse(text), TYPES)
    assert refused.value.message.startswith(message)
    assert refused.value.offset == offset


def test_the_nearest_name_is_offered_only_when_there_is_one():
    assert nearest("plaso", ["plazo", "fuente"]) == "; ¿quiso decir «plazo»?"
    assert nearest("xyz", ["plazo", "fuente"]) == ""


def test_dates_leave_an_expression_as_iso_text():
    assert plain(date(2023, 5, 16)) == "2023-05-16"
    assert plain(datetime(2023, 5, 16, 3, tzinfo=UTC)) == "2023-05-16T03:00:00+00:00"
    assert plain(83) == 83


def test_an_expression_tells_what_it_reads():
    node = parse("not (grupo.nna es conocido) or grupo.personas in [1] and en('a') or not en('b')")
    assert [name.text for name in names(node)] == ["grupo.nna", "grupo.personas"]
    assert [state.state for state in states(node)] == ["a", "b"]


def test_one_may_ask_whether_a_desk_is_open_and_which_desks_an_expression_asks_about():
    node = parse("not abierto('ventanilla') and (en('a') or abierto('guardia'))")
    assert type_of(node, TYPES).kind == "boolean"
    assert [each.service for each in services(node)] == ["ventanilla", "guardia"]
    compiled = compile_expression(node, TYPES)
    for opened, expected in (({"guardia"}, True), ({"ventanilla", "guardia"}, False), (set[str](), False)):
        assert compiled(Scope({}, {}, ().__contains__, opened.__contains__)) is expected
    assert services(parse("grupo.nna > 0")) == ()


def test_where_nobody_knows_the_hours_of_the_desks_they_are_unknown():
    assert value_of("abierto('ventanilla')") is None
    assert value_of("not abierto('ventanilla')") is None
