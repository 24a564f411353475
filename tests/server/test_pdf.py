"""The document as PDF: titled, in its language, its text can be read, and no text is taken for Typst's own."""

from __future__ import annotations

from io import BytesIO

import pypdf
from msgspec.structs import replace
from protocol_files import FOLDER, PROTOCOLS

from caravan.protocol.model import Protocol
from caravan.protocol.telling.document import Source, document
from caravan.protocol.telling.paper import Facts, Paper, Paragraph
from caravan.server.pdf import pdf

TEXT = (FOLDER / "guanajuato.yaml").read_text(encoding="utf-8")
MARKUP = '#panic("roto") = Título *negrita* _x_ $a$ `c` <etiqueta> @cita \\ #image("/etc/passwd") "] [ #set page(height: 1pt)'


def paper(protocol: Protocol) -> Paper:
    return document(protocol, Source(TEXT))


def read(content: bytes) -> tuple[pypdf.PdfReader, str]:
    found = pypdf.PdfReader(BytesIO(content))
    return found, _flat("".join(page.extract_text() for page in found.pages))


def _flat(text: str) -> str:
    """Without spaces and line breaks: a printer puts them where it likes."""
    return "".join(text.split())


def test_it_has_a_title_a_language_numbered_pages_and_every_step() -> None:
    told = paper(PROTOCOLS["guanajuato"])
    found, text = read(pdf(told))
    assert found.metadata is not None and found.metadata.title == told.running
    assert found.trailer["/Root"]["/Lang"] == "es"
    assert "/StructTreeRoot" in found.trailer["/Root"]
    assert _flat(f"Página 2 de {len(found.pages)}") in text
    for block in told.blocks:
        if isinstance(block, Facts):
            assert _flat(f"{block.number} {block.title}") in text
    assert told.front[-1][1] in text


def test_what_looks_like_markup_is_printed_as_it_stands() -> None:
    told = replace(paper(PROTOCOLS["guanajuato"]), title=MARKUP, blocks=(Paragraph(MARKUP),))
    found, text = read(pdf(told))
    assert len(found.pages) < 4
    assert text.count(_flat('#panic("roto")')) == 2 and _flat('#image("/etc/passwd")') in text
