"""Writing a change of the protocol in a browser: the checker beside the line, the difference told, the past tried."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from browsing import PHONE, WIDE, Visitor
from playwright.sync_api import expect
from test_pages import FAULTS

_WHOLE = {"overflow": 0, "unnamed": [], "headings": 1, "small": [], "language": "es"}


def _begins(visitor: Visitor) -> None:
    visitor.go("/protocolos")
    visitor.page.get_by_role("link", name="Proponer un cambio").first.click()
    expect(visitor.page.locator(".numbers div").first).to_have_text("1")


def _replaces(visitor: Visitor, old: str, new: str) -> None:
    box = visitor.page.locator("textarea[name=text]")
    text = box.input_value()
    assert old in text
    box.fill(text.replace(old, new, 1))


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
def test_a_change_is_checked_while_it_is_typed_told_in_words_kept_and_tried(
    size: dict[str, int], visit: Callable[..., Visitor]
) -> None:
    visitor = visit("oficial", size)
    page = visitor.page
    _begins(visitor)
    version = 1 + page.locator("textarea[name=text]").input_value().split("\nversion:")[0].count("\n") + 1
    _replaces(visitor, "\nversion: 3", "\nversion: dos")
    remark = page.locator(f'.remarks li.problem[data-line="{version}"]').first
    expect(remark).to_contain_text("número entero")
    expect(page.locator("#estado")).to_contain_text("por revisar")
    expect(page.locator(".numbers div").nth(version - 1)).to_have_class("problem")
    if size is WIDE:
        number, beside = page.locator(".numbers div").nth(version - 1).bounding_box(), remark.bounding_box()
        assert number is not None
        assert beside is not None
        assert abs(number["y"] - beside["y"]) < 2 * number["height"]
    remark.get_by_role("button").click()
    assert page.evaluate("document.activeElement.name") == "text"
    assert (
        page.locator("textarea[name=text]").evaluate("e => e.value.slice(e.selectionStart, e.selectionEnd)")
        == "version: dos"
    )
    page.reload()  # nothing typed is lost
    expect(page.locator("textarea[name=text]")).to_have_value(re.compile("\nversion: dos\n"))
    _replaces(visitor, "\nversion: dos", "\nversion: 3")
    _replaces(visitor, "titulo: {es: ", "titulo: {es: Nueva ")
    expect(page.locator("[data-changes]")).to_contain_text("Nueva")
    page.get_by_role("button", name="Guardar").click()
    page.wait_for_url(lambda url: "/borradores/b-" in url)
    assert page.evaluate(FAULTS) == _WHOLE
    page.get_by_role("link", name="Ensayar sobre lo que ya pasó").click()
    page.get_by_role("button", name="Ensayar todas").click()
    expect(page.locator(".told").first).to_contain_text("Nada habría sido distinto.")
    assert page.evaluate(FAULTS) == _WHOLE
    assert visitor.complaints == []
    assert visitor.strangers == []


def test_a_file_may_be_brought_in(visit: Callable[..., Visitor]) -> None:
    visitor = visit("oficial")
    _begins(visitor)
    file = {"name": "otro.yaml", "mimeType": "text/yaml", "buffer": b"protocolo: otro\n"}
    visitor.page.locator("#archivo").set_input_files(files=[file])  # pyright: ignore[reportArgumentType]
    expect(visitor.page.locator("textarea[name=text]")).to_have_value("protocolo: otro\n")
    expect(visitor.page.locator(".remarks li").first).to_be_visible()


def _saved(visitor: Visitor, note: str) -> None:
    """A new draft whose text is sound."""
    _begins(visitor)
    visitor.page.get_by_label("Qué cambia y por qué").fill(note)
    visitor.page.get_by_role("button", name="Guardar").click()
    visitor.page.wait_for_url(lambda url: "/borradores/b-" in url)


def _types(visitor: Visitor, more: str) -> None:
    box = visitor.page.locator("textarea[name=text]")
    box.fill(box.input_value() + more)


def _withdraws(visitor: Visitor) -> None:
    visitor.page.get_by_text("Retirar el borrador").click()
    visitor.page.get_by_role("button", name="Sí, retirarlo").click()
    expect(visitor.page.locator(".badge").first).to_have_text("retirado")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
def test_what_is_not_saved_is_neither_proposed_nor_rehearsed_and_what_was_recovered_says_so(
    size: dict[str, int], visit: Callable[..., Visitor]
) -> None:
    visitor = visit("oficial", size)
    page = visitor.page
    _saved(visitor, "Sin guardar")
    propose, rehearse = page.get_by_role("button", name="Proponer"), page.get_by_text("Ensayar sobre lo que ya pasó")
    expect(propose).to_be_enabled()
    expect(page.get_by_text("Hay cambios sin guardar").first).to_be_hidden()
    _types(visitor, "# más\n")
    expect(propose).to_be_disabled()
    expect(rehearse).not_to_have_attribute("href", re.compile("."))
    expect(page.get_by_text("Hay cambios sin guardar").first).to_be_visible()
    page.reload()
    restored = page.get_by_text("Recuperado de este aparato; lo guardado es otro")
    expect(restored).to_be_visible()
    expect(page.locator("textarea[name=text]")).to_have_value(re.compile("# más\n$"))
    expect(propose).to_be_disabled()
    assert page.evaluate(FAULTS) == _WHOLE
    page.get_by_role("button", name="Descartar").click()
    expect(restored).to_be_hidden()
    expect(propose).to_be_enabled()
    expect(rehearse).to_have_attribute("href", re.compile("/ensayo$"))
    page.reload()
    expect(restored).to_be_hidden()
    expect(page.locator("textarea[name=text]")).not_to_have_value(re.compile("# más\n$"))
    _withdraws(visitor)
    assert visitor.complaints == []


def test_who_types_on_a_proposed_text_does_not_approve_another_by_mistake(visit: Callable[..., Visitor]) -> None:
    official, colleague = visit("oficial"), visit("colega")
    _saved(official, "Para aprobar")
    official.page.get_by_role("button", name="Proponer").click()
    expect(official.page.locator(".badge").first).to_have_text("propuesto")
    colleague.go("/")
    colleague.page.get_by_role("link", name="Para aprobar").click()
    approve = colleague.page.get_by_role("button", name="Aprobar y publicar")
    expect(approve).to_be_enabled()
    expect(colleague.page.locator("textarea[name=text]")).to_be_hidden()
    colleague.page.get_by_text("Leer el texto completo o seguir escribiendo").click()
    expect(colleague.page.locator(".numbers div").first).to_have_text("1")
    _types(colleague, "# otra cosa\n")
    expect(approve).to_be_disabled()
    assert colleague.page.evaluate(FAULTS) == _WHOLE
    _withdraws(official)
    assert colleague.complaints == official.complaints == []


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
def test_a_colleague_s_save_is_not_overwritten_unread_even_after_the_typing_was_recovered(
    size: dict[str, int], visit: Callable[..., Visitor]
) -> None:
    official, colleague = visit("oficial", size), visit("colega")
    _saved(official, "Entre dos")
    _types(official, "# del oficial\n")
    colleague.page.goto(official.page.url)
    _types(colleague, "# de la colega\n")
    colleague.page.get_by_role("button", name="Guardar").click()
    expect(colleague.page.locator(".said.good")).to_be_visible()
    page = official.page
    page.reload()
    expect(page.get_by_text("Recuperado de este aparato; lo guardado es otro")).to_be_visible()
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_role("heading", name=re.compile("guardó este borrador"))).to_be_visible()
    expect(page.locator(".apart-lines .saved")).to_have_text("− # de la colega")
    expect(page.locator(".apart-lines .typed")).to_have_text("+ # del oficial")
    assert page.evaluate(FAULTS) == _WHOLE
    page.get_by_text("El texto como está guardado").click()
    expect(page.locator("[data-saved]")).to_contain_text("# de la colega")
    expect(page.get_by_role("button", name="Proponer")).to_be_disabled()
    page.get_by_role("button", name="Guardar").click()
    expect(page.locator(".said.good")).to_be_visible()
    expect(page.locator("textarea[name=text]")).to_have_value(re.compile("# del oficial\n$"))
    expect(page.get_by_role("button", name="Proponer")).to_be_enabled()
    _withdraws(official)


def test_the_text_has_the_whole_width_until_there_is_something_to_say_beside_it(
    visit: Callable[..., Visitor],
) -> None:
    visitor = visit("oficial")
    _begins(visitor)

    def shares() -> float:
        text, editor = (visitor.page.locator(one).bounding_box() for one in ("textarea[name=text]", ".editor"))
        assert text is not None
        assert editor is not None
        return text["width"] / editor["width"]

    expect(visitor.page.locator(".remarks")).to_be_hidden()
    assert shares() > 0.9
    _replaces(visitor, "\nversion: 3", "\nversion: tres")
    expect(visitor.page.locator(".remarks li").first).to_be_visible()
    assert 0.5 < shares() < 0.8
