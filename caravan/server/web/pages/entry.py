"""The door: signing in and out, and the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery
from litestar.response import Redirect

from caravan.basics import Refusal
from caravan.commands import Name
from caravan.server.db.users import demo_users, sign_in, sign_out
from caravan.server.web.auth import cookie_name, own_path, same_origin, session_cookie
from caravan.server.web.pages.frame import FormState, render
from caravan.server.web.problems import sentence, status_of
from caravan.server.web.reading import read_json
from caravan.server.web.words import LANGUAGES


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    email: Name
    password: Name


async def _open(request: Request[Any, Any, Any], email: str, password: str) -> str:
    """A new session's token. An old cookie is never taken over: the token is always new."""
    state = request.app.state
    client = request.client.host if request.client else ""
    who = f"{client}/{email.strip().lower()}"
    state.sessions.allow_try(who)
    opened = await sign_in(state.desk.engine, email, password, datetime.now(UTC))
    if opened is None:
        raise Refusal("wrong_sign_in", field="password")
    user, token = opened
    state.sessions.succeeded(who)
    state.sessions.remember(token, user)
    return token


async def _close(request: Request[Any, Any, Any]) -> None:
    token = request.cookies.get(cookie_name(request.app.state.settings))
    if token:
        request.app.state.sessions.forget(token)
        await sign_out(request.app.state.desk.engine, token)


@get("/entrar")
async def door(request: Request[Any, Any, Any], volver: FromQuery[str | None] = None) -> Response[str]:
    return await _door(request, volver or "/")


async def _door(
    request: Request[Any, Any, Any], back: str, form: FormState | None = None, status: int = 200
) -> Response[str]:
    state = request.app.state
    users = await demo_users(state.desk.engine) if state.settings.demo else []
    return render(request, "sign_in.html", {"back": back, "demo_users": users}, status=status, form=form)


@post("/entrar", status_code=303)
async def come_in(request: Request[Any, Any, Any]) -> Response[Any]:
    same_origin(request)
    sent = await request.form()
    email, password = str(sent.get("email", "")), str(sent.get("password", ""))
    back = str(sent.get("volver", "/"))
    try:
        token = await _open(request, email, password)
    except Refusal as refusal:
        form = FormState("sign_in", {"email": email}, {}, {"password": sentence(refusal)}, sentence(refusal))
        return await _door(request, back, form, status_of(refusal))
    response = Redirect(own_path(back), status_code=303)
    response.set_cookie(session_cookie(request.app.state.settings, token))
    return response


@post("/salir", status_code=303)
async def go_out(request: Request[Any, Any, Any]) -> Response[Any]:
    same_origin(request)
    await _close(request)
    response = Redirect("/entrar", status_code=303)
    response.set_cookie(session_cookie(request.app.state.settings, ""))
    return response


@post("/lengua", status_code=303)
async def choose_language(request: Request[Any, Any, Any]) -> Response[Any]:
    same_origin(request)
    sent = await request.form()
    language, back = str(sent.get("language", "")), str(sent.get("volver", "/"))
    response = Redirect(own_path(back), status_code=303)
    if language in LANGUAGES:
        response.set_cookie(Cookie(key="caravan_lengua", value=language, path="/", samesite="lax", max_age=31_536_000))
    return response


@post("/api/v1/session", status_code=201)
async def open_session(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    same_origin(request)
    asked = read_json(SignIn, await request.body(), {})
    token = await _open(request, asked.email, asked.password)
    response = Response({"status": "open"}, status_code=201)
    response.set_cookie(session_cookie(request.app.state.settings, token))
    return response


@delete("/api/v1/session", status_code=200)
async def close_session(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    same_origin(request)
    await _close(request)
    response = Response({"status": "closed"}, status_code=200)
    response.set_cookie(session_cookie(request.app.state.settings, ""))
    return response


ENTRY: list[HTTPRouteHandler] = [door, come_in, go_out, choose_language, open_session, close_session]
