"""The map's GeoJSON with 50, 1,000 and 10,000 objects, and what a browser fetches to draw it."""

from __future__ import annotations

import asyncio
import gzip
import re
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from bench.figures import Figure, centile, show
from bench.realm import installation
from bench.wire import Door, door, floor, server, sign_in

EARLIER_MS, EARLIER_RATE, EARLIER_PAGE_KB = 18.0, 54.0, 500.0  # an earlier program on a like machine; 1,000 objects
VIEWS = ("SDH", "SALUD")  # one that sees all, one that does not
SIZES = {50: 100, 1_000: 60, 10_000: 10}  # objects → how many times the map is asked for


def run(console: Console) -> None:
    figures: list[Figure] = []
    page: list[Figure] = []
    with TemporaryDirectory(prefix="caravan-bench-") as name, floor() as bare:
        for objects, times in SIZES.items():
            folder = Path(name) / str(objects)
            installation(folder, groups=objects * 9 // 10, shelters=objects // 10)
            with server(folder) as program:
                figures += asyncio.run(_measure(program.port, bare.port, objects, times))
                page = page or asyncio.run(_page(program.port))
    show(console, "2. map.geojson por tamaño", figures)
    show(console, "2b. La página del mapa: lo que se transfiere", page, "Sin comprimir salvo donde dice gzip.")


async def _measure(port: int, bare: int, objects: int, times: int) -> list[Figure]:
    cold: list[float] = []
    for cookie in await sign_in(port, *VIEWS):
        async with door(port, cookie) as mine:
            cold.append((await _ask(mine, "/map.geojson", 1))[0])
    async with door(port, (await sign_in(port, "SDH"))[0]) as mine:
        warm = await _ask(mine, "/map.geojson", times)
        content = await mine.ask("GET", "/map.geojson")
    async with door(bare) as mine:
        own = centile(await _ask(mine, f"/bytes/{len(content)}", times), 50)
    ms, rate = centile(warm, 50), 1000 * len(warm) / sum(warm)
    what, size = f"{objects:,} objetos", len(content) / 1000
    return [
        Figure(f"{what}, primera vez de una vista (la coordinación)", cold[0], "ms", "programa anterior, 1,000", EARLIER_MS),
        Figure(f"{what}, primera vez (salud)", cold[1], "ms", "programa anterior, 1,000", EARLIER_MS),
        Figure(f"{what}, ya hecha", ms, "ms", "programa anterior, 1,000", EARLIER_MS),
        Figure(f"{what}, ya hecha", ms, "ms", "servidor vacío, los mismos bytes", own),
        Figure(f"{what}, un cliente", rate, "/s", "programa anterior, 1,000", EARLIER_RATE, more_is_better=True),
        Figure(f"{what}, gzip", len(gzip.compress(content, 6)) / 1000, "KB", "sin comprimir", size),
    ]  # fmt: skip


async def _ask(mine: Door, path: str, times: int) -> list[float]:
    took: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        await mine.ask("GET", path)
        took.append((time.perf_counter() - began) * 1000)
    return took


async def _page(port: int) -> list[Figure]:
    """Every byte of the map's page: itself, what it links to, the ground and the snapshot."""
    async with door(port, (await sign_in(port, "SDH"))[0]) as mine:
        page = await mine.ask("GET", "/mapa")
        linked = re.findall(r'(?:src|href)="(/(?:static|vendor)/[^"]+)"', page.decode())
        ground = re.findall(r'"(/basemap/[^"]+)"', page.decode())
        sizes = {path: await mine.ask("GET", path) for path in dict.fromkeys([*linked, *ground, "/map.geojson"])}
    own = [page, *(content for path, content in sizes.items() if path.startswith("/static"))]
    vendor = [content for path, content in sizes.items() if path.startswith("/vendor")]
    ground_sizes = [content for path, content in sizes.items() if path.startswith("/basemap")]
    everything = [page, *sizes.values()]
    return [
        Figure("página con su JS y CSS", _kb(own), "KB", "programa anterior", EARLIER_PAGE_KB),
        Figure("página con su JS y CSS, gzip", _zipped_kb(own), "KB", "sin comprimir", _kb(own)),
        Figure("Leaflet y agrupador, gzip", _zipped_kb(vendor), "KB", "sin comprimir", _kb(vendor)),
        Figure("mapa base, gzip", _zipped_kb(ground_sizes), "KB", "sin comprimir", _kb(ground_sizes)),
        Figure(f"todo ({len(everything)} respuestas), gzip", _zipped_kb(everything), "KB", "sin comprimir", _kb(everything)),
        Figure("todo", _kb(everything), "KB", "página del programa anterior", EARLIER_PAGE_KB),
    ]  # fmt: skip


def _kb(parts: list[bytes]) -> float:
    return sum(len(part) for part in parts) / 1000


def _zipped_kb(parts: list[bytes]) -> float:
    return sum(len(gzip.compress(part, 6)) for part in parts) / 1000
