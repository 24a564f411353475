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
from caravan.server.library import packs_beside

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
    return 0


def _draw() -> None:
    for file in sorted((ROOT / "protocols").glob("*.yaml")):
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
