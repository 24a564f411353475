"""The web application: wired here, and nothing decided here."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException, NotFoundException
from litestar.middleware import DefineMiddleware
from litestar.static_files import create_static_files_router  # pyright: ignore[reportUnknownVariableType]  # its PathLike is bare

from caravan.basics import Refusal
from caravan.server.db.users import still_open
from caravan.server.desk import Desk
from caravan.server.repairs import Repairs
from caravan.server.searches import Searches
from caravan.server.settings import PACKAGE, Settings
from caravan.server.timers import Timers
from caravan.server.web import operations
from caravan.server.web.api.checking import CHECKING
from caravan.server.web.api.commands import command_routes
from caravan.server.web.api.readings import READINGS
from caravan.server.web.auth import Authentication, Sessions
from caravan.server.web.live import Hub
from caravan.server.web.pages.entry import ENTRY
from caravan.server.web.pages.frame import refused as refused_page
from caravan.server.web.pages.frame import wants_page
from caravan.server.web.pages.registry import PAGES, PLACING, page_routes
from caravan.server.web.problems import HTTP_SENTENCES, problem_of_malformed, problem_of_refusal
from caravan.server.web.reading import Malformed
from caravan.server.web.words import gettext as _

_LOG = logging.getLogger("caravan")
_WEB = Path(__file__).parent
# Leaflet as its authors published it: anything else under that name is not served (supply chain).
_LEAFLET_SHA256 = "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a"


def create_app(settings: Settings, desk: Desk) -> Litestar:
    """The application over an opened or unopened desk: its life opens and closes it."""

    async def still(sessions: frozenset[str]) -> frozenset[str]:
        return await still_open(desk.engine, sessions, datetime.now(UTC))

    hub = Hub(desk.picture, desk.clock, still)
    timers = Timers(desk)
    repairs = Repairs(desk)
    searches = Searches(desk)

    @asynccontextmanager
    async def life(_app: Litestar) -> AsyncGenerator[None]:
        await desk.open()
        hub.hear(desk.picture, ())
        desk.hearers.append(hub.hear)
        await hub.open()
        await timers.open()
        await repairs.open()
        try:
            yield
        finally:
            await searches.close()
            await repairs.close()
            await timers.close()
            await hub.close()
            await desk.close()

    return Litestar(
        route_handlers=[
            Router("/api/v1", route_handlers=command_routes()),
            *READINGS,
            *CHECKING,
            *operations.ROUTES,
            *ENTRY,
            *PLACING,
            *page_routes(PAGES),
            *_static_routers(),
        ],
        state=State(
            {
                "settings": settings,
                "desk": desk,
                "hub": hub,
                "searches": searches,
                "sessions": Sessions(lambda session: hub.end(frozenset({session}))),
            }
        ),
        middleware=[DefineMiddleware(Authentication, exclude=["^/static", "^/vendor", "^/basemap", "^/health"])],
        exception_handlers={Refusal: _refused, Malformed: _malformed, HTTPException: _http, 500: _broken},
        after_request=_headers,
        lifespan=[life],
        # A third of the bytes on a bad line; a stream is never held back to be packed.
        compression_config=CompressionConfig(
            backend="gzip", gzip_compress_level=4, exclude=["^/live", "^/api/v1/live"]
        ),
        openapi_config=None,
        logging_config=None,
        request_max_body_size=2_000_000,
    )


def _static_routers() -> list[Router]:
    leaflet = _installed("django-js-lib-leaflet", "js_lib_leaflet/static/js_lib_leaflet")
    cluster = _installed("xstatic-leaflet-markercluster", "xstatic/pkg/leaflet_markercluster/data")
    found = hashlib.sha256((leaflet / "leaflet.js").read_bytes()).hexdigest()
    if found != _LEAFLET_SHA256:
        raise RuntimeError(f"leaflet.js is not the published one: {found}")
    folders = {
        "/vendor/leaflet": leaflet,
        "/vendor/markercluster": cluster,
        "/static": _WEB / "static",
        "/basemap": PACKAGE / "maps" / "basemap",
    }
    return [
        create_static_files_router(path, [folder], name=path.strip("/"), include_in_schema=False)
        for path, folder in folders.items()
    ]


def _installed(package: str, inside: str) -> Path:
    return Path(str(distribution(package).locate_file(inside)))


async def _headers(response: Response[Any]) -> Response[Any]:
    """Nothing comes from another host and nothing runs that we did not write; pages add their own nonce."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    # A worker lives under the policy of its own script: the stream's must reach us, and nobody else.
    response.headers.setdefault(
        "Content-Security-Policy", "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
    )
    return response


def _problem(content: dict[str, Any]) -> Response[dict[str, Any]]:
    return Response(content, status_code=content["status"], media_type="application/problem+json")


def _refused(request: Request[Any, Any, Any], refusal: Refusal) -> Response[Any]:
    if wants_page(request):
        return refused_page(request, refusal)
    return _problem(problem_of_refusal(refusal))


def _malformed(_request: Request[Any, Any, Any], malformed: Malformed) -> Response[Any]:
    return _problem(problem_of_malformed(malformed))


def _http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    if wants_page(request) and isinstance(error, NotFoundException):
        return refused_page(request, Refusal("not_found"))
    title = _(HTTP_SENTENCES.get(error.status_code, HTTP_SENTENCES[400]))
    return _problem({"type": "urn:caravan:http", "title": title, "status": error.status_code, "code": "http"})


def _broken(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Something nobody foresaw: it is logged whole, and told without its insides."""
    _LOG.error("unforeseen: %s %s", request.method, request.url.path, exc_info=error)
    title = _("Algo falló de nuestro lado. No se guardó nada; inténtelo de nuevo.")
    return _problem({"type": "urn:caravan:broken", "title": title, "status": 500, "code": "broken"})
