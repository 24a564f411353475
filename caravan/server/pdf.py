"""A document as PDF, by Typst: its fonts are in its own package, so the same file comes out on every machine."""

from __future__ import annotations

from pathlib import Path

import msgspec
import typst

from caravan.protocol.telling.paper import Paper

_LAYOUT = Path(__file__).with_name("document.typ")


def pdf(paper: Paper) -> bytes:
    """The PDF, tagged for screen readers. The text goes in as data: nothing in it can become markup. Takes a moment: call it off
    the event loop."""
    found = typst.compile(
        _LAYOUT.read_bytes(), format="pdf", ignore_system_fonts=True,
        sys_inputs={"paper": msgspec.json.encode(paper).decode()},
    )  # fmt: skip
    assert isinstance(found, bytes)
    return found
