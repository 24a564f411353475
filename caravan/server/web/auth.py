"""Who is asking: a session cookie, checked on every request; and that the asking page is ours."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from caravan.basics import Refusal
from caravan.server.db.users import SESSION_LASTS, User, fingerprint, user_of
from caravan.server.settings import Settings
from caravan.server.web.words import LANGUAGE, LANGUAGES

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# A session looked up a moment ago is not looked up again; signing out elsewhere takes effect within this.
_REMEMBER_SECONDS = 5.0
_TRIES_A_MINUTE = 10


def cookie_name(settings: Settings) -> str:
    return "__Host-caravan" if settings.secure else "caravan"


def session_cookie(settings: Settings, token: str) -> Cookie:
    return Cookie(
        key=cookie_name(settings), value=token, httponly=True, secure=settings.secure, samesite="lax", path="/",
        max_age=int(SESSION_LASTS.total_seconds()) if token else 0,
    )  # fmt: skip


class Sessions:
    """A short memory of who each token is, and of who tries passwords too often. ``forgotten`` hears of a session (its
    fingerprint) that was closed here."""

    def __init__(self, forgotten: Callable[[str], None]) -> None:
        self._forgotten = forgotten
        self._known: dict[str, tuple[float, User]] = {}
        self._tries: dict[str, deque[float]] = defaultdict(deque)

    def recall(self, token: str) -> User | None:
        seen = self._known.get(fingerprint(token))
        return seen[1] if seen is not None and time.monotonic() - seen[0] < _REMEMBER_SECONDS else None

    def remember(self, token: str, user: User) -> None:
        if len(self._known) > 10_000:
            self._known.clear()
        self._known[fingerprint(token)] = (time.monotonic(), user)

    def forget(self, token: str) -> None:
        self._known.pop(fingerprint(token), None)
        self._forgotten(fingerprint(token))

    def allow_try(self, who: str) -> None:
        """Counts one try to sign in. Refuses more than ten a minute that failed, for one address and account."""
        tries, now = self._tries[who], time.monotonic()
        while tries and now - tries[0] > 60:
            tries.popleft()
        if len(tries) >= _TRIES_A_MINUTE:
            raise Refusal("too_many_tries")
        tries.append(now)
        self._tidy(now)

    def succeeded(self, who: str) -> None:
        """Who knows the password does not guess: a whole shift may sign in to one shelter's account."""
        if tries := self._tries.get(who):
            tries.pop()

    def _tidy(self, now: float) -> None:
        if len(self._tries) > 10_000:
            self._tries = defaultdict(deque, {w: t for w, t in self._tries.items() if t and now - t[-1] <= 60})


class Authentication(AbstractAuthenticationMiddleware):
    """Puts the signed-in user, or ``None``, on the connection, and the reader's language in its context."""

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        state = connection.app.state
        token = connection.cookies.get(cookie_name(state.settings))
        user: User | None = None
        if token:
            user = state.sessions.recall(token)
            if user is None:
                user = await user_of(state.desk.engine, token, datetime.now(UTC))
                if user is not None:
                    state.sessions.remember(token, user)
        chosen = connection.cookies.get("caravan_lengua") or (user.language if user else state.settings.base_language)
        LANGUAGE.set(chosen if chosen in LANGUAGES else "es")
        return AuthenticationResult(user=user, auth=token)


def same_origin(request: Request[Any, Any, Any]) -> None:
    """Refuses a change asked for by another site's page: browsers say where they come from."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise Refusal("forbidden_origin")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise Refusal("forbidden_origin")


def own_path(path: str, otherwise: str = "/") -> str:
    """A path of ours to go back to. Browsers read a backslash as a slash, and two slashes as another host."""
    ours = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if ours else otherwise


def signed_in(request: Request[Any, Any, Any]) -> User:
    """The user of this request. Refuses those who have not signed in."""
    user = request.scope["user"]
    if user is None:
        raise Refusal("sign_in")
    return user
