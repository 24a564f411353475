"""``python -m bench``: describes the machine, then one table a benchmark. Nothing here fails for being slow."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable

from rich.console import Console

from bench import arrivals, demo, folding, live, machine, map_sizes, meals, online, placement, protocol_steps, start_up

BENCHES: dict[str, Callable[[Console], None]] = {
    "arrivals": arrivals.run,
    "map": map_sizes.run,
    "live": live.run,
    "protocol": protocol_steps.run,
    "fold": folding.run,
    "placement": placement.run,
    "online": online.run,
    "start-up": start_up.run,
    "meals": meals.run,
    "demo": demo.run,
}


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m bench", description="Las cifras, con la máquina descrita.")
    asked.add_argument("--only", choices=BENCHES, help="solo una tabla")
    asked.add_argument(
        "--from-nothing", action="store_true", help="también de una carpeta sin entorno al tablero (instala paquetes)"
    )
    wanted = asked.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended on the way out
    console = Console()
    machine.describe(console)
    for name, bench in BENCHES.items():
        if wanted.only in (None, name):
            bench(console)
    if wanted.from_nothing:
        demo.from_nothing(console)


if __name__ == "__main__":
    main()
