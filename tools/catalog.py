"""The catalogs: gathers every Spanish string of the program and brings each language's file up to date.

python tools/catalog.py            updates caravan/server/web/locale/*.po (new strings come empty)
python tools/catalog.py --check    says what is missing or no longer used, and fails if anything is
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from caravan.maps.page import MAP_WORDS

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "caravan/server/web/locale"
LANGUAGES = ("en",)
METHODS = [("**/*.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "mark": None}


def gathered() -> Catalog:
    """Every string of the source that goes through the catalog, with where it stands."""
    catalog = Catalog(project="caravan", charset="utf-8")
    found = extract_from_dir(str(ROOT / "caravan"), METHODS, {"**/templates/**.html": {"trimmed": "true"}}, KEYWORDS)
    for path, _line, message, _comments, _context in found:
        if message:
            catalog.add(message, locations=[(f"caravan/{path}", 0)])
    for text in MAP_WORDS.values():
        catalog.add(text, locations=[("caravan/maps/page.py", 0)])
    return catalog


def current(language: str) -> Catalog:
    path = LOCALE / f"{language}.po"
    if not path.is_file():
        return Catalog(locale=language, project="caravan", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str) -> None:
    catalog = current(language)
    catalog.update(gathered(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    with (LOCALE / f"{language}.po").open("wb") as file:
        write_po(
            file, catalog, width=120, sort_output=True, omit_header=False, include_lineno=False, ignore_obsolete=True
        )


def missing(language: str) -> list[str]:
    """Strings of the source without a translation, and translations of strings that are gone."""
    catalog = current(language)
    source = {m.id for m in gathered() if m.id}
    translated = {m.id for m in catalog if m.id and m.string and not m.fuzzy}
    return sorted(f"sin traducir: {m}" for m in source - translated) + sorted(
        f"ya no se usa: {m}" for m in translated - source
    )


def main() -> int:
    if "--check" not in sys.argv:
        for language in LANGUAGES:
            update(language)
        return 0
    problems = [f"{language}: {text}" for language in LANGUAGES for text in missing(language)]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
