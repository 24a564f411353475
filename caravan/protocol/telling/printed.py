"""A document as one HTML file that prints on A4 by itself. All text is escaped: a protocol cannot bring markup of its own."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape

from caravan.protocol.telling.paper import Block, Facts, Heading, Paper, Paragraph, Table

STYLE = """
@page { size: A4; margin: 22mm 20mm 20mm; @bottom-right { content: counter(page) " / " counter(pages); font: 9pt sans-serif; } }
body { font: 11pt/1.45 Georgia, "Times New Roman", serif; color: #1c2430; max-width: 46em; margin: 2em auto; padding: 0 1em; }
@page borrador { @top-center { content: "BORRADOR"; font: bold 12pt sans-serif; } }
@page draft { @top-center { content: "DRAFT"; font: bold 12pt sans-serif; } }
.borrador { page: borrador; }
.draft { page: draft; }
.missing { border: 3px solid #1c2430; padding: .2em 1em; }
h1 { font-size: 1.7em; line-height: 1.2; margin: 0 0 .2em; }
h2 { font-size: 1.25em; margin: 2em 0 .5em; border-bottom: 1px solid #74818c; break-after: avoid; }
h3 { font-size: 1.05em; margin: 0 0 .3em; break-after: avoid; }
table { border-collapse: collapse; width: 100%; margin: .6em 0; }
th, td { border: 1px solid #aab4bc; padding: .3em .5em; text-align: left; vertical-align: top; overflow-wrap: break-word; }
.front td { overflow-wrap: anywhere; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
.note { border-left: 4px solid #74818c; padding-left: .8em; color: #47535e; }
.step { margin: 1em 0; padding-left: .8em; border-left: 2px solid #aab4bc; }
.step.outer { border-left-color: #1c2430; }
.step dl { margin: 0; }
.step dt { font-weight: bold; margin-top: .3em; break-after: avoid; }
.step dd { margin: 0 0 0 1.2em; }
.number { color: #47535e; font-weight: normal; }
.signature { break-inside: avoid; margin-top: 3em; }
.blank { display: flex; align-items: flex-end; gap: .8em; margin-top: 2.2em; }
.blank span { flex: 0 0 8em; }
.blank i { flex: 1; border-bottom: 1px solid #1c2430; }
@media print { body { margin: 0; max-width: none; padding: 0; } }
"""


def style_hash() -> str:
    """What a page's policy calls this style by."""
    return f"sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}"


def printed(paper: Paper) -> str:
    """The whole file: nothing of it comes from elsewhere."""
    front = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in paper.front
    )
    body = "\n".join(_block(block) for block in paper.blocks)
    return (
        f'<!doctype html>\n<html lang="{escape(paper.language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(paper.running)}</title>'
        f"<style>{STYLE}</style></head>\n<body{_kind(paper)}><main>\n{_missing(paper)}<h1>{escape(paper.title)}</h1>\n<p>{escape(paper.subtitle)}</p>\n"
        f'<table class="front">{front}</table>\n<p class="note">{escape(paper.note)}</p>\n{body}\n{_signature(paper)}\n</main></body></html>\n'
    )


def _block(block: Block) -> str:
    match block:
        case Heading(level=level, text=text):
            return f"<h{level + 1}>{escape(text)}</h{level + 1}>"
        case Paragraph(text=text):
            return f"<p>{escape(text)}</p>"
        case Table(head=head, rows=rows):
            top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
            lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
            return f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>"
        case Facts(number=number, title=title, rows=rows, depth=depth):
            told = "".join(
                f"<dt>{escape(name)}</dt>{''.join(f'<dd>{escape(s)}</dd>' for s in said)}" for name, said in rows
            )
            outer = " outer" if depth == 1 else ""
            return (
                f'<section class="step{outer}"><h3><span class="number">{escape(number)}</span> {escape(title)}</h3>'
                f"<dl>{told}</dl></section>"
            )


def _kind(paper: Paper) -> str:
    return f' class="{escape(paper.draft[0].lower())}"' if paper.draft else ""


def _missing(paper: Paper) -> str:
    if not paper.draft:
        return ""
    word, sentence, *lines = paper.draft
    listed = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<section class="missing"><h2>{escape(word)}</h2><p>{escape(sentence)}</p><ul>{listed}</ul></section>\n'


def _signature(paper: Paper) -> str:
    if not paper.signature:
        return ""
    heading, sentence, *lines = paper.signature
    blanks = "".join(f'<p class="blank"><span>{escape(line)}</span><i></i></p>' for line in lines)
    return f'<section class="signature"><h2>{escape(heading)}</h2><p>{escape(sentence)}</p>{blanks}</section>'
