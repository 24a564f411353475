"""Pages as somebody without scripts uses them: the forms they hold, and sending one with what is in its boxes."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

_PAGE = {"accept": "text/html", "sec-fetch-site": "same-origin"}


@dataclass
class Form:
    """``boxes`` are its names and values in the order of the page; a box that is not ticked is not among them."""

    boxes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return dict(self.boxes).get("form", "")


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._text: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form())
        elif tag == "input" and "name" in told and (told.get("type") != "checkbox" or "checked" in told):
            self.found[-1].boxes.append((told["name"], told.get("value", "")))
        elif tag == "textarea":
            self._text = told["name"]
            self.found[-1].boxes.append((told["name"], ""))
        elif tag == "select":
            self._select = told["name"]
        elif tag == "option" and self._select is not None:
            chosen = [name for name, _ in self.found[-1].boxes]
            if self._select not in chosen:
                self.found[-1].boxes.append((self._select, told["value"]))
            elif "selected" in told:
                self.found[-1].boxes[-1] = (self._select, told["value"])

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            name, text = self.found[-1].boxes[-1]
            self.found[-1].boxes[-1] = (name, text + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._text = None
        elif tag == "select":
            self._select = None


def forms(html: str) -> dict[str, Form]:
    """The forms of a page by the name each carries in ``form``."""
    reader = _Forms()
    reader.feed(html)
    return {form.name: form for form in reader.found if form.name}


async def page(client: httpx.AsyncClient, path: str) -> str:
    """The page's HTML. It must be there."""
    answer = await client.get(path, headers=_PAGE)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[-400:])
    return answer.text


async def send(
    client: httpx.AsyncClient, path: str, name: str, changes: dict[str, str] | None = None
) -> httpx.Response:
    """Opens the page and sends its form whose name is, or begins with, ``name``, with some boxes changed."""
    found = forms(await page(client, path))
    form = found.get(name) or next((f for n, f in found.items() if n.startswith(name)), None)
    assert form is not None, (name, sorted(found))
    new = changes or {}
    boxes = [(n, v) for n, v in form.boxes if n not in new] + list(new.items())
    together: dict[str, list[str]] = {}
    for box, value in boxes:
        together.setdefault(box, []).append(value)
    return await client.post(path, data=together, headers=_PAGE)


async def done(client: httpx.AsyncClient, path: str, name: str, changes: dict[str, str] | None = None) -> str:
    """Sends the form, which must be carried out, and gives the page that follows."""
    answer = await send(client, path, name, changes)
    assert answer.status_code == 303, answer.text[-600:]
    return await page(client, answer.headers["location"])
