"""A document from outside: all that is wrong with it at once, each with its place."""

from __future__ import annotations

import pytest

from caravan.given import Given, Problem, Unsound, document


def read(whole: Given) -> list[tuple[str, int, bool]]:
    found: list[tuple[str, int, bool]] = []
    for one in whole.at("houses").each():
        beds = one.record().maybe("beds")
        flag = one.maybe("open")
        found.append(
            (
                one.at("id").text(),
                sum(n.whole(most=100) for _, n in ([] if beds is None else beds.entries())),
                flag is None or flag.flag(),
            )
        )
    return found


def problems(text: str) -> list[Problem]:
    with pytest.raises(Unsound) as caught:
        document(text, "houses/1", read)
    return list(caught.value.problems)


def test_a_sound_document_is_read() -> None:
    text = '{"schema": "houses/1", "more": 1, "houses": [{"id": "a", "beds": {"x": 2, "y": 3}, "open": false}, {"id": "b"}]}'
    assert document(text, "houses/1", read) == [("a", 5, False), ("b", 0, True)]


@pytest.mark.parametrize("text", ['\ufeff{"houses": []}', b'\xef\xbb\xbf{"houses": []}'])
def test_the_mark_that_some_editors_put_first_is_passed_over(text: str | bytes) -> None:
    assert document(text, "houses/1", read) == []


def test_everything_that_is_wrong_is_told_with_its_place() -> None:
    text = '{"houses": [{"id": 3, "beds": [1]}, 7, {"beds": {"x": -1, "y": 2.5, "z": true, "w": 101}, "open": "no"}, {"id": ""}]}'
    assert [(p.path, p.code) for p in problems(text)] == [
        ("houses[0].id", "a_text"),
        ("houses[0].beds", "an_object"),
        ("houses[1]", "an_object"),
        ("houses[2].id", "absent"),
        ("houses[2].beds.x", "out_of_bounds"),
        ("houses[2].beds.y", "a_whole_number"),
        ("houses[2].beds.z", "a_whole_number"),
        ("houses[2].beds.w", "out_of_bounds"),
        ("houses[2].open", "a_truth"),
        ("houses[3].id", "a_text"),
    ]


@pytest.mark.parametrize(
    ("text", "path", "code"),
    [
        ("{", "", "not_json"),
        ("[]", "", "an_object"),
        ('{"schema": "houses/2", "houses": []}', "schema", "not_among"),
        ('{"houses": {}}', "houses", "a_list"),
        ("{}", "houses", "absent"),
        ('{"houses": null}', "houses", "a_list"),
    ],
)
def test_a_document_of_another_kind_is_refused(text: str, path: str, code: str) -> None:
    assert [(p.path, p.code) for p in problems(text)] == [(path, code)]
