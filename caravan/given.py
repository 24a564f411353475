"""A JSON document that somebody else wrote, read part by part: everything that is wrong with it is told at once, with its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import msgspec

from caravan.basics import Record, Scalar

_T = TypeVar("_T")
_MOST = 10**9


class Problem(Record, frozen=True):
    """One thing wrong: where (``shelters[3].beds.fam[0]``; empty = the whole document), a code, and what its sentence needs."""

    path: str
    code: str
    details: dict[str, Scalar] = {}


class Unsound(Exception):
    """A document that does not say what it should. ``problems`` are all of them, in the order of the document."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.problems = tuple(problems)


class Given:
    """One value of a document, and where it stands. What is asked of a wrong value is noted and answered with something harmless,
    so that reading goes on."""

    def __init__(self, value: Any, path: str, problems: list[Problem]) -> None:
        self.value = value
        self.path = path
        self._problems = problems

    def wrong(self, code: str, **details: Scalar) -> None:
        self._problems.append(Problem(path=self.path, code=code, details=details))

    def at(self, name: str) -> Given:
        """The member of that name; a missing one is a problem."""
        if name not in self._members():
            if isinstance(self.value, dict):
                self._inner(name, None).wrong("absent")
            return self._inner(name, _Absent)
        return self._inner(name, self._members()[name])

    def maybe(self, name: str) -> Given | None:
        """The member of that name, or ``None`` where it is missing or null."""
        found = self._members().get(name)
        return None if found is None else self._inner(name, found)

    def record(self) -> Given:
        """Itself, once it is seen to be an object."""
        if not isinstance(self.value, dict):
            self._expected("an_object")
        return self

    def entries(self) -> list[tuple[str, Given]]:
        """The members of an object in the order of the document."""
        self.record()
        return [(name, self._inner(name, value)) for name, value in self._members().items()]

    def each(self) -> list[Given]:
        """The members of a list."""
        if not isinstance(self.value, list):
            self._expected("a_list")
            return []
        members = cast("list[Any]", self.value)
        return [Given(value, f"{self.path}[{n}]", self._problems) for n, value in enumerate(members)]

    def whole(self, least: int = 0, most: int = _MOST) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self._expected("a_whole_number")
            return least
        if not least <= self.value <= most:
            self.wrong("out_of_bounds", least=least, most=most, given=str(self.value))
            return least
        return self.value

    def text(self) -> str:
        if not isinstance(self.value, str) or not self.value:
            self._expected("a_text")
            return ""
        return self.value

    def one_of(self, words: Sequence[str]) -> str:
        word = self.text()
        if word and word not in words:
            self.wrong("not_among", given=word, known=", ".join(words))
        return word

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            self._expected("a_truth")
        return self.value is True

    def _members(self) -> dict[str, Any]:
        return cast("dict[str, Any]", self.value) if isinstance(self.value, dict) else {}

    def _inner(self, name: str, value: Any) -> Given:
        return Given(value, f"{self.path}.{name}" if self.path else name, self._problems)

    def _expected(self, what: str) -> None:
        """What is missing is told once, where it is missing."""
        if self.value is not _Absent:
            self.wrong(what)


class _Absent:
    """Stands where nothing was given, so that it can be told from null."""


def document(text: bytes | str, schema: str, read: Callable[[Given], _T]) -> _T:
    """What ``read`` makes of a JSON document. Raises ``Unsound`` with all its problems. ``schema`` need not be said, but if it is
    it must be this one."""
    problems: list[Problem] = []
    mark = b"\xef\xbb\xbf" if isinstance(text, bytes) else "\ufeff"  # some editors put it before the first letter
    try:
        value: Any = msgspec.json.decode(text.removeprefix(mark))  # pyright: ignore[reportArgumentType]
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unsound([Problem(path="", code="not_json", details={"error": str(error)})]) from error
    whole = Given(value, "", problems).record()
    if (named := whole.maybe("schema")) is not None:
        named.one_of((schema,))
    found = read(whole)
    if problems:
        raise Unsound(problems)
    return found
