"""Makes the pictures of docs/img from the program itself: each shipped protocol's machines as drawings, and the users' pages at
1280 and 390 pixels, after the played night.

python tools/pictures.py
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from browsing import PHONE, WIDE, Visitor, chromium, demo, sign_in
from playwright.sync_api import Browser

from caravan.protocol.drawing.diagram import diagram
from caravan.protocol.load import load
from caravan.server.library import POLICY_FILE, packs_beside

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "img"
# Who is seen, where, under which name. ``{group}`` is the group of the night, ``{run}`` its activation.
SHOTS: tuple[tuple[str, str, str], ...] = (
    ("oficial", "/mapa", "mapa"),
    ("oficial", "/", "tablero"),
    ("oficial", "/grupos/{group}", "grupo"),
    ("oficial", "/activaciones/{run}", "activacion"),
    ("oficial", "/protocolos/guanajuato@2", "protocolo"),
    ("oficial", "/borradores/nuevo?desde=guanajuato@2", "borrador"),
    ("oficial", "/llegadas/nueva", "llegada"),
    ("oficial", "/albergues", "albergues"),
    ("albergue", "/albergue", "albergue"),
    ("comedor", "/comedor", "comedor"),
    ("brigada", "/estacion", "estacion"),
    ("inm", "/mapa", "mapa-inm"),
    ("inm", "/", "inm"),
    ("comar", "/", "comar"),
)
# What comes after the played night, for the picture of a placement: invented buses in a drill.
_FAMILY = {"women": 1, "men": 1, "children": {"0-4": 1, "5-11": 1}}
MORE: tuple[tuple[str, dict[str, object]], ...] = (
    ("/api/v1/shelters/galilea/occupancy", {"available": {"mix": 30}}),
    ("/api/v1/shelters/abba/occupancy", {"available": {"mix": 24}}),
    (
        "/api/v1/arrivals",
        {"station": "leon", "people": 41, "declared_by": "Operador del autobús", "households": [
            {**_FAMILY, "count": 4}, {"women": 1, "count": 7}, {"men": 1, "count": 16},
            {"children": {"12-17": 1}, "unaccompanied": True, "count": 2},
        ]},
    ),
    (
        "/api/v1/arrivals",
        {"station": "celaya", "people": 15, "declared_by": "Enlace municipal", "households": [
            {**_FAMILY, "count": 2}, {"women": 1, "children": {"5-11": 1}, "count": 2}, {"men": 1, "count": 3},
        ]},
    ),
)  # fmt: skip
_POST = """async ([path, body]) => (await fetch(path, {method: 'POST', headers: {'content-type': 'application/json'},
    body: JSON.stringify(body)})).ok"""


def main() -> int:
    OUT.mkdir(parents=True, exist_ok=True)
    _draw()
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder)) as address, chromium() as browser:
        group, run = _group(browser, address)
        for size, width in ((WIDE, 1280), (PHONE, 390)):
            visitors: dict[str, Visitor] = {}
            for account, path, name in SHOTS:
                visitor = visitors.get(account) or visitors.setdefault(
                    account, sign_in(browser, address, account, size)
                )
                visitor.go(path.format(group=group, run=run))
                _shoot(visitor, OUT / f"{name}-{width}.png", whole="mapa" not in name)
            for visitor in visitors.values():
                visitor.context.close()
        _another_night(browser, address)
    return 0


def _another_night(browser: Browser, address: str) -> None:
    """Two more buses and their placement, after everything else: the other pictures are of the played night."""
    official = sign_in(browser, address, "oficial", WIDE)
    for path, body in MORE:
        official.page.evaluate(_POST, [path, body])
    official.go("/colocacion")
    while (button := official.page.get_by_role("button", name="Proponer albergues").first).is_visible():
        button.click()
        official.page.wait_for_url(lambda url: "/busquedas/" not in url)
    official.context.close()
    for size, width in ((WIDE, 1280), (PHONE, 390)):
        official = sign_in(browser, address, "oficial", size)
        official.go("/colocacion")
        _shoot(official, OUT / f"colocacion-{width}.png", whole=True)
        official.context.close()


def _draw() -> None:
    files = (file for file in sorted((ROOT / "protocols").glob("*.yaml")) if not file.name.endswith(POLICY_FILE))
    for file in files:
        protocol = load(file.read_text(encoding="utf-8"), packs_beside(file))
        for machine in protocol.machines:
            path = OUT / f"protocolo-{protocol.id}-{machine.replace('_', '-')}.svg"
            path.write_text(diagram(protocol, machine), encoding="utf-8")
            print(path.name)


def _group(browser: Browser, address: str) -> tuple[str, str]:
    official = sign_in(browser, address, "oficial", WIDE)
    groups = official.page.evaluate("async () => (await (await fetch('/api/v1/groups')).json())")
    official.context.close()
    return groups[0]["id"], groups[0]["activation"]


def _shoot(visitor: Visitor, path: Path, *, whole: bool) -> None:
    if "mapa" in path.name:
        visitor.page.locator('[data-feature^="station:"]').first.wait_for()
        visitor.page.wait_for_timeout(700)  # the map's own opening movement
    visitor.page.screenshot(path=str(path), full_page=whole)
    print(path.name)


if __name__ == "__main__":
    sys.exit(main())
