"""What a wrong body is answered: a problem in Spanish that names the field, and nothing written."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
from bodies import BODIES
from installation import Web, journal_length
from msgspec import inspect

import caravan
from caravan import commands as c
from caravan.basics import Refusal
from caravan.server.web.api.commands import ROUTES
from caravan.server.web.problems import MISTAKES, REFUSALS, problem_of_refusal
from caravan.server.web.reading import Malformed, convert, nest

pytestmark = pytest.mark.anyio

# A list in a list is right for no field of any command.
WRONG_EVERYWHERE: Any = [[]]
_PATH_FIELD = re.compile(r"\{(\w+):str\}")
_TITLE = "Hay datos por corregir."


def _fields(path: str, kind: type[c.Command]) -> list[msgspec.structs.FieldInfo]:
    """What the body brings; the rest is in the path."""
    return [field for field in msgspec.structs.fields(kind) if field.name not in _PATH_FIELD.findall(path)]


def _plain_types(kind: inspect.Type) -> list[inspect.Type]:
    if isinstance(kind, inspect.Metadata):
        return _plain_types(kind.type)
    return [one for part in kind.types for one in _plain_types(part)] if isinstance(kind, inspect.UnionType) else [kind]


def _beyond(kind: inspect.Type) -> Iterator[tuple[Any, str]]:
    """Values just outside what a field admits, with the mistake they are."""
    for one in _plain_types(kind):
        match one:
            case inspect.IntType(ge=least, le=most) | inspect.FloatType(ge=least, le=most):
                if least is not None:
                    yield least - 1, "too_small"
                if most is not None:
                    yield most + 1, "too_large"
            case inspect.StrType(min_length=shortest, max_length=longest):
                if shortest:
                    yield "", "too_short"
                if longest is not None:
                    yield "x" * (longest + 1), "too_long"
            case inspect.LiteralType():
                yield "otra cosa", "not_a_choice"
            case inspect.DateTimeType():
                yield "2023-05-16T02:00:00", "no_offset"
                yield "anoche", "not_a_date"
                yield "0001-01-01T00:00:00+14:00", "not_a_date"
                yield "9999-12-31T23:59:59-12:00", "not_a_date"
            case inspect.DateType():
                yield "2023-02-30", "not_a_date"
                yield "9999-12-31", "not_a_date"
            case _:
                pass


def _cases(path: str, kind: type[c.Command]) -> Iterator[tuple[str, dict[str, Any], str, str]]:
    """Which field, the whole body, the field told and the mistake told."""
    good = BODIES[kind.__name__]
    yield "sobra", good | {"sobra": 1}, "sobra", "unknown_field"
    for field in _fields(path, kind):
        if field.required:
            yield field.name, {k: v for k, v in good.items() if k != field.name}, field.name, "missing"
        yield field.name, good | {field.name: WRONG_EVERYWHERE}, field.name, ""
        for value, code in _beyond(inspect.type_info(field.type)):
            yield field.name, good | {field.name: value}, field.name, code


def _problem(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    assert 400 <= answer.status_code < 500, problem
    assert problem["title"] and "%(" not in problem["title"]
    return problem


def _address(path: str) -> str:
    return "/api/v1" + _PATH_FIELD.sub("nadie", path)


@pytest.mark.parametrize(("path", "kind"), [row[1:] for row in ROUTES], ids=[row[1] for row in ROUTES])
async def test_a_wrong_body_is_told_field_by_field_and_leaves_no_trace(
    web: Web, path: str, kind: type[c.Command]
) -> None:
    official = await web.signed_in("official")
    before = await journal_length(web.desk)

    async def problem_of(content: bytes) -> dict[str, Any]:
        return _problem(await official.post(_address(path), content=content))

    for content, code in ((b"{", "not_json"), (b"[]", "not_object"), (b'"hola"', "not_object"), (b"\xff", "not_json")):
        assert (await problem_of(content))["errors"][0]["code"] == code
    required = {field.name for field in _fields(path, kind) if field.required}
    empty = await problem_of(b"")
    if required:
        assert {e["field"]: e["code"] for e in empty["errors"]} == dict.fromkeys(required, "missing")
    for name, body, field, code in _cases(path, kind):
        problem = await problem_of(json.dumps(body).encode())
        assert (problem["code"], problem["title"], problem["status"]) == ("malformed", _TITLE, 422), (name, problem)
        told = {e["field"].partition(".")[0]: e for e in problem["errors"]}
        assert set(told) == {field}, (body, problem)
        assert told[field]["code"] == code or not code, (body, problem)
        assert told[field]["message"] and "%(" not in told[field]["message"]
    assert await journal_length(web.desk) == before


# Routes that put something new on record need nothing to be there before.
_CREATE = {
    c.RegisterStation,
    c.RegisterOffice,
    c.RegisterShelter,
    c.RegisterKitchen,
    c.ReportArrival,
    c.ActivateProtocol,
}


_NOTHING_THERE = ("plan_replaced", "protocol_unsound", "policy_unsound", "nobody_to_feed")


@pytest.mark.parametrize(("path", "kind"), [row[1:] for row in ROUTES if row[2] not in _CREATE and row[1] != "/drafts"])
async def test_what_does_not_exist_is_refused_in_words(web: Web, path: str, kind: type[c.Command]) -> None:
    official = await web.signed_in("official")
    before = await journal_length(web.desk)
    problem = _problem(await official.post(_address(path), json=BODIES[kind.__name__]))
    assert problem["code"].startswith("unknown_") or problem["code"] in _NOTHING_THERE, problem
    assert problem["errors"][0]["message"] == problem["title"]
    assert await journal_length(web.desk) == before


async def test_an_arrival_at_a_station_nobody_knows_is_refused_at_its_field(web: Web) -> None:
    official = await web.signed_in("official")
    for path, kind in (("/arrivals", "ReportArrival"), ("/activations", "ActivateProtocol")):
        problem = _problem(await official.post(f"/api/v1{path}", json=BODIES[kind] | {"station": "la-luna"}))
        assert (problem["status"], problem["errors"][0]["field"]) == (422, "station")
    problem = _problem(await official.post("/api/v1/arrivals", json=BODIES["ReportArrival"] | {"activation": "a-nada"}))
    assert problem["errors"][0]["field"] == "activation"


async def test_a_form_hears_of_all_its_mistakes_at_once(web: Web) -> None:
    official = await web.signed_in("official")
    problem = _problem(await official.post("/api/v1/arrivals", json={"people": 0, "declared_by": "", "lugar": "x"}))
    assert {(e["field"], e["code"]) for e in problem["errors"]} == {
        ("people", "too_small"), ("declared_by", "too_short"), ("lugar", "unknown_field"), ("station", "missing"),
    }  # fmt: skip
    assert {e["message"] for e in problem["errors"]} >= {"El mínimo es 1.", "Falta este dato."}


async def test_a_misspelt_word_inside_a_family_is_not_lost_in_silence(web: Web) -> None:
    official = await web.signed_in("official")
    body = BODIES["ReportArrival"] | {"households": [{"women": 1}, {"women": 1, "childern": {"0-4": 2}}]}
    problem = _problem(await official.post("/api/v1/arrivals", json=body))
    assert [(e["field"], e["code"]) for e in problem["errors"]] == [("households.1.childern", "unknown_field")]


async def test_a_body_without_a_bottom_is_refused_like_any_other(web: Web) -> None:
    official = await web.signed_in("official")
    for content in (b"[" * 200_000, b'{"a":' * 200_000):
        assert _problem(await official.post("/api/v1/arrivals", content=content))["errors"][0]["code"] == "not_json"
    with pytest.raises(Malformed):
        nest([("a" + ".a" * 100_000, "1")], ZoneInfo("America/Mexico_City"))


async def test_what_the_web_itself_refuses_is_told_in_spanish_too(web: Web) -> None:
    official = await web.signed_in("official")
    absent = _problem(await official.get("/api/v1/nada"))
    assert (absent["status"], absent["title"]) == (404, "No existe o no está a su alcance.")
    wrong_verb = _problem(await official.put("/api/v1/arrivals", json={}))
    assert (wrong_verb["status"], wrong_verb["title"]) == (405, "Eso no se puede hacer aquí.")
    not_a_number = _problem(await official.get("/api/v1/journal", params={"skip": "muchas"}))
    assert (not_a_number["status"], not_a_number["title"]) == (400, "La petición no se entiende.")
    huge = _problem(await official.post("/api/v1/drafts", content=b'{"text":"' + b"x" * 2_100_000 + b'"}'))
    assert (huge["status"], huge["title"]) == (413, "El envío es demasiado grande.")


# One body for every word of ``MISTAKES``: a command, and what is wrong with it.
SLIPS: dict[str, tuple[type[c.Command], Any]] = {
    "bad_format": (c.ReportArrival, {"languages": ["HAITIANO"]}),
    "missing": (c.ReportArrival, {}),
    "no_offset": (c.SetStayEnd, {"until": "2023-05-16T02:00:00"}),
    "not_a_choice": (c.RecordCount, {"method": "a ojo"}),
    "not_a_date": (c.OrderMeals, {"day": "mañana"}),
    "not_a_number": (c.ReportArrival, {"people": "muchas"}),
    "not_text": (c.ReportArrival, {"station": 5}),
    "not_valid": (c.SendEvent, {"payload": {"motivo": {"otro": 1}}}),
    "not_yes_or_no": (c.ReportOccupancy, {"unchanged": "quizá"}),
    "too_large": (c.ReportArrival, {"people": 100_001}),
    "too_long": (c.ReportArrival, {"station": "x" * 121}),
    "too_short": (c.ReportArrival, {"station": ""}),
    "too_small": (c.ReportArrival, {"people": 0}),
    "unknown_field": (c.ReportArrival, {"lugar": "leon"}),
    "wrong_shape": (c.ReportArrival, {"households": 3}),
}


def test_every_mistake_has_a_body_that_makes_it_and_a_sentence() -> None:
    assert set(SLIPS) | {"not_json", "not_object"} == set(MISTAKES)  # those two are in every route's own test
    for code, (kind, body) in SLIPS.items():
        with pytest.raises(Malformed) as caught:
            convert(kind, body, strict=True)
        assert code in {m.code for m in caught.value.mistakes}, (code, caught.value.mistakes)


def _raised() -> Iterator[tuple[str, set[str], str]]:
    """Every ``Refusal("code", …)`` of the program: its code, the details it gives, and where."""
    root = Path(caravan.__file__).parent
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal":
                code = node.args[0]
                assert isinstance(code, ast.Constant), f"{path}:{node.lineno}: the code is not written out"
                yield (
                    str(code.value),
                    {k.arg for k in node.keywords if k.arg},
                    f"{path.relative_to(root)}:{node.lineno}",
                )


def test_every_refusal_has_a_sentence_whose_numbers_are_given_where_it_is_raised() -> None:
    raised = list(_raised())
    assert {code for code, _, _ in raised} == set(REFUSALS)
    for code, details, where in raised:
        wanted = set(re.findall(r"%\((\w+)\)s", REFUSALS[code][1]))
        assert wanted <= details, f"{where}: «{code}» does not give {wanted - details}"


def test_a_refusal_is_told_with_its_numbers() -> None:
    problem = problem_of_refusal(Refusal("more_than_present", field="people", people=9, present=4))
    assert problem["title"] == "En ese lugar hay 4 personas: no pueden salir 9."
    assert problem["details"] == {"people": 9, "present": 4}
    assert problem["errors"][0]["field"] == "people"


def test_the_bodies_here_cover_every_route() -> None:
    assert set(BODIES) == {kind.__name__ for _, _, kind in ROUTES}
    for _, path, kind in ROUTES:
        ids = dict.fromkeys(_PATH_FIELD.findall(path), "nadie")
        assert isinstance(convert(kind, BODIES[kind.__name__] | ids, strict=True), kind)
