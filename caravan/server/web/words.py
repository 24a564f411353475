"""The reader's language. Spanish is the source; other languages are catalogs beside this file (``locale/``)."""

from __future__ import annotations

from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from babel.messages.pofile import read_po

LANGUAGES: dict[str, str] = {"es": "Español", "en": "English"}
LANGUAGE: ContextVar[str] = ContextVar("language", default="es")
_LOCALE = Path(__file__).parent / "locale"


@lru_cache
def _catalog(language: str) -> dict[str, str]:
    path = _LOCALE / f"{language}.po"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file, locale=language) if m.id and m.string and not m.fuzzy}


def gettext(message: str, /, **numbers: object) -> str:
    """``message`` in the reader's language, its ``%(name)s`` filled in. Without a translation it stays Spanish."""
    text = _catalog(LANGUAGE.get()).get(message, message)
    return text % numbers if numbers else text


def mark(message: str) -> str:
    """Marks a text for the catalog that is worded later."""
    return message


def by_language(words: dict[str, str]) -> str:
    """The reader's own of words that come by language (a protocol's labels); Spanish where theirs is missing."""
    return words.get(LANGUAGE.get()) or words.get("es") or next(iter(words.values()), "")


def known_strings(language: str) -> frozenset[str]:
    """What a language's catalog translates, for the tests that hold it complete."""
    return frozenset(_catalog(language))
