"""What every page has: the frame around it, the words, the hour, and forms that keep what was typed."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.response import Redirect

from caravan import commands as c
from caravan.basics import Refusal
from caravan.events import Event, PlanProposed
from caravan.server.db.users import User, fingerprint
from caravan.server.web import words
from caravan.server.web.api.readings import shared
from caravan.server.web.auth import own_path, same_origin, signed_in
from caravan.server.web.pages.wording import FILTERS, NOBODY_PLACED, UNDONE, done_sentence
from caravan.server.web.pages.work import with_declared_types
from caravan.server.web.problems import mistake_sentence, sentence, status_of
from caravan.server.web.reading import Malformed, convert, nest
from caravan.sharing import SharedPicture

ZONE = ZoneInfo("America/Mexico_City")
_WEB = Path(__file__).resolve().parent.parent
# Fields of a form that are not the command's.
_CONTROL = frozenset({"do", "form", "request_id", "next"})

_environment = Environment(
    loader=FileSystemLoader(_WEB / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip
_environment.filters.update(FILTERS)
_words: dict[str, Any] = {"_": words.gettext, "words": words.by_language}
_environment.globals.update(_words)

_ICON = quote(
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><circle cx='4' cy='4' r='4' fill='#0b5d4e'/></svg>"
)
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@dataclass
class FormState:
    """What somebody typed into the form called ``form`` and what was wrong with it: shown again, so that nothing is lost."""

    form: str = ""
    values: Mapping[str, str] = field(default_factory=dict[str, str])
    many: Mapping[str, list[str]] = field(default_factory=dict[str, list[str]])
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    general: str = ""

    def value(self, form: str, name: str, default: object = "") -> str:
        if form == self.form:
            return self.values.get(name, "")
        return "" if default is None else str(default)

    def ticked(self, form: str, name: str, value: str, default: bool = False) -> bool:
        return value in self.many.get(name, []) if form == self.form else default

    def error(self, form: str, name: str) -> str:
        return self.errors.get(name, "") if form == self.form else ""


# What a page's template shows; or an answer of its own instead of the page: a redirect, a file.
Context = Callable[[Request[Any, Any, Any], SharedPicture, User], Awaitable[dict[str, Any] | Response[Any]]]


@dataclass(frozen=True)
class Page:
    """``roles`` may open it (empty = all who are signed in). ``commands`` are what its forms may ask for."""

    path: str
    template: str
    context: Context
    roles: frozenset[str] = frozenset()
    commands: tuple[type[c.Command], ...] = ()


# Where each role's work is. The first is where they land.
NAVIGATION: dict[str, tuple[tuple[str, str], ...]] = {
    "coordination": (
        ("/", words.mark("Tablero")), ("/mapa", words.mark("Mapa")), ("/llegadas/nueva", words.mark("Registrar llegada")),
        ("/albergues", words.mark("Albergues")), ("/comedores", words.mark("Comedores")), ("/tareas", words.mark("Tareas")),
        ("/protocolos", words.mark("Protocolo")), ("/bitacora", words.mark("Bitácora")),
    ),
    "shelter": (("/albergue", words.mark("Mi albergue")), ("/mapa", words.mark("Mapa")), ("/protocolos", words.mark("Protocolo"))),
    "kitchen": (("/comedor", words.mark("Mi comedor")), ("/mapa", words.mark("Mapa")), ("/protocolos", words.mark("Protocolo"))),
    "brigade": (
        ("/estacion", words.mark("Mi estación")), ("/llegadas/nueva", words.mark("Registrar llegada")), ("/mapa", words.mark("Mapa")),
    ),
    "agency": (
        ("/", words.mark("Mis pendientes")), ("/mapa", words.mark("Mapa")), ("/protocolos", words.mark("Protocolo")),
        ("/bitacora", words.mark("Bitácora")),
    ),
}  # fmt: skip


def navigation(user: User | None) -> tuple[tuple[str, str], ...]:
    return () if user is None else NAVIGATION.get(user.role, ())


def wants_page(request: Request[Any, Any, Any]) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def reader(request: Request[Any, Any, Any]) -> User | None:
    """Who reads the page; nobody, where the request failed before it was known who asks."""
    scope: dict[str, Any] = {**request.scope}
    return scope.get("user")


def render(
    request: Request[Any, Any, Any],
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
    form: FormState | None = None,
) -> Response[str]:
    """A page in its frame, under a policy that lets only its own script run."""
    state = request.app.state
    nonce = secrets.token_urlsafe(16)
    user = reader(request)
    done = request.cookies.get("caravan_hecho", "")
    page = _environment.get_template(template).render(
        user=user,
        nonce=nonce,
        path=request.url.path,
        now=state.desk.clock.now(),
        rate=state.desk.clock.rate,
        drill=state.desk.picture.drill,
        demo=state.settings.demo,
        language=words.LANGUAGE.get(),
        languages=words.LANGUAGES,
        form=form or FormState(),
        icon=_ICON,
        done=done_sentence(done) if done else "",
        undone=done in UNDONE,
        navigation=navigation(user),
        viewer_mark="" if user is None else fingerprint(f"{user.id}{request.auth}")[:12],
        new_id=lambda: secrets.token_urlsafe(12),
        **context,
    )
    response = Response(page, status_code=status, media_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY.format(nonce=nonce)
    response.headers["Cache-Control"] = "no-store"
    if done:
        response.delete_cookie("caravan_hecho")
    return response


def refused(request: Request[Any, Any, Any], refusal: Refusal) -> Response[Any]:
    """A page for a refusal; whoever has not signed in is taken to the door and back."""
    if refusal.code == "sign_in":
        return Redirect(f"/entrar?volver={quote(request.url.path)}", status_code=303)
    return render(request, "refused.html", {"sentence": sentence(refusal)}, status=status_of(refusal))


def allow(page: Page, user: User) -> None:
    if page.roles and user.role not in page.roles:
        raise Refusal("not_yours_to_do")


async def show(
    request: Request[Any, Any, Any], page: Page, form: FormState | None = None, status: int = 200
) -> Response[Any]:
    user = signed_in(request)
    allow(page, user)
    mine = shared(request)
    content = await page.context(request, mine, user)
    if isinstance(content, Response):
        return content
    return render(request, page.template, {"share": mine, **content}, status=status, form=form)


async def act(request: Request[Any, Any, Any], page: Page) -> Response[Any]:
    """A form of the page was sent: one command. Mistakes bring the same page back with all that was typed."""
    same_origin(request)
    user = signed_in(request)
    allow(page, user)
    sent = [(name, str(value)) for name, value in (await request.form()).multi_items()]
    plain = dict(sent)
    many: dict[str, list[str]] = {}
    for name, value in sent:
        many.setdefault(name, []).append(value)
    form = plain.get("form", plain.get("do", ""))
    try:
        kind = next((k for k in page.commands if k.__name__ == plain.get("do")), None)
        if kind is None:
            raise Refusal("not_yours_to_do")
        command = convert(kind, nest([(n, v) for n, v in sent if n not in _CONTROL], ZONE), strict=False)
        if isinstance(command, c.SendEvent):
            command = with_declared_types(command, shared(request))
        answer = await request.app.state.desk.handle(command, by=user.actor, key=plain.get("request_id") or None)
    except Malformed as malformed:
        errors = {m.field: mistake_sentence(m) for m in malformed.mistakes}
        state = FormState(
            form, plain, many, errors, words.gettext("Revise los campos marcados. No se guardó nada todavía.")
        )
        return await show(request, page, state, 422)
    except Refusal as refusal:
        errors = {} if refusal.field is None else {refusal.field: sentence(refusal)}
        return await show(request, page, FormState(form, plain, many, errors, sentence(refusal)), status_of(refusal))
    goes = own_path(plain.get("next", ""), otherwise=request.url.path)
    return done_at(goes.replace("{id}", quote(answer.created or "")), kind, answer.events)


def done_at(path: str, kind: type[c.Command], events: Iterable[Event] = ()) -> Response[Any]:
    """On to ``path``, where the page says what was done; of a search that placed nobody (``events``), that."""
    response = Redirect(path, status_code=303)
    plans = [event for event in events if isinstance(event, PlanProposed)]
    nobody = any(plan.unplaced or plan.without_bed for plan in plans) and not any(plan.parts for plan in plans)
    response.set_cookie(
        Cookie(
            key="caravan_hecho",
            value=NOBODY_PLACED if nobody else kind.__name__,
            max_age=60,
            path="/",
            samesite="lax",
            httponly=True,
        )
    )
    return response


def local(moment: datetime) -> datetime:
    return moment.astimezone(ZONE)
