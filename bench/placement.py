"""Placement beside what is done without it: vector, time, memory and proof, each method in a process of its own."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bench.figures import centile, told
from bench.instances import Instance, bus, caravan_2018, national, tight_bus
from bench.rivals_of_placement import RIVALS
from caravan.shelters.assign import assign
from caravan.shelters.bound import bound
from caravan.shelters.measure import measure
from caravan.shelters.plan import Assigned

OURS, PYTHON = "caravan", "caravan sin HiGHS"
SHOWN = ("U1", "U2", "FAR", "SPL", "SOFT", "DIST", "BAL")

INSTANCES: dict[str, Callable[[], Instance]] = {
    "autobús, 104 personas": lambda: bus(104, 0),
    "justo, 104 en 6 casas": lambda: tight_bus(1),
    "caravana 2018, carga 0.80": lambda: caravan_2018(0.80),
    "caravana 2018, carga 0.95": lambda: caravan_2018(0.95),
    "caravana 2018, carga 1.10": lambda: caravan_2018(1.10),
    "país, 100 000 personas": national,
}
CARAVANS = tuple(name for name in INSTANCES if name.startswith("caravana"))
COUNTRY = "país, 100 000 personas"
BUSES = tuple(
    (people, seed, filled) for seed in range(4) for people in (15, 40, 60, 80, 104) for filled in (0.3, 0.6, 0.85)
)


class Run(NamedTuple):
    """One method on one instance: seconds by the wall and of the processor, megabytes at most, and how sure each level is."""

    vector: dict[str, int]
    seconds: float
    processor: float
    megabytes: float
    people: int
    least_unplaced: int
    status: dict[str, str]
    bounds: dict[str, int]

    @property
    def proof(self) -> str:
        """The levels that are proven, and the least the next could be."""
        if not self.status:
            return "–"
        proven = [level for level in SHOWN if self.status.get(level) == "optimal"]
        if len(proven) == len(SHOWN):
            return "todos los niveles"
        bounded = [f"{level} ≥ {least}" for level, least in self.bounds.items()]
        return ", ".join([*proven, *bounded]) or "–"


def measured(name: str, method: str) -> Run:
    """In this process: what one method makes of one instance."""
    instance = INSTANCES[name]()
    before, processor = time.perf_counter(), time.process_time()
    assigned, status, bounds = _placed(instance, method)
    seconds, processor = time.perf_counter() - before, time.process_time() - processor
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    vector = measure(instance.needs, instance.offers, instance.policy, assigned)
    return Run(
        vector={level: getattr(vector, level) for level in SHOWN},
        seconds=seconds,
        processor=processor,
        megabytes=megabytes,
        people=instance.people,
        least_unplaced=bound(instance.needs, instance.offers).U2,
        status=status,
        bounds=bounds,
    )


def _placed(instance: Instance, method: str) -> tuple[Sequence[Assigned], dict[str, str], dict[str, int]]:
    if method in RIVALS:
        return RIVALS[method](instance.needs, instance.offers, instance.policy), {}, {}
    engine = "python" if method == PYTHON else "auto"
    plan = assign(instance.needs, instance.offers, instance.policy, engine=engine)
    return plan.assigned, dict(plan.status), plan.bounds


def apart(name: str, method: str) -> Run:
    """The same in a process of its own, so that neither memory nor a library is shared."""
    command = [sys.executable, "-m", "bench.placement", name, method]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Run(**json.loads(done.stdout))


def run(console: Console) -> None:
    runs: dict[tuple[str, str], Run] = {}
    for name in INSTANCES:
        for method in (*RIVALS, *((OURS,) if name == COUNTRY else (PYTHON, OURS))):
            with console.status(f"{name}: {method}"):
                runs[name, method] = apart(name, method)
        _show(console, name, {method: one for (where, method), one in runs.items() if where == name})
    with console.status("autobuses"):
        times = _bus_times()
    _show_targets(console, runs, times)


def _show(console: Console, name: str, runs: dict[str, Run]) -> None:
    one = next(iter(runs.values()))
    note = f"{one.people:,} personas; quedan fuera al menos {one.least_unplaced:,}, por flujo máximo."
    table = Table(
        title=f"Colocación: {name}", title_justify="left", title_style="bold", caption=note, caption_justify="left"
    )
    table.add_column("método")
    for head in (*SHOWN, "colocadas", "s", "s de CPU", "MB"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("demostrado")
    for method, found in runs.items():
        share = 100 * (found.people - found.vector["U2"]) / max(1, found.people - found.least_unplaced)
        figures = [f"{found.vector[level]:,}" for level in SHOWN]
        costs = [f"{share:.1f} %", told(found.seconds), told(found.processor), told(found.megabytes)]
        table.add_row(method, *figures, *costs, found.proof)
    console.print(table)


class _Times(NamedTuple):
    """Seconds of processor of the buses, those of the tight ones, and whether every level of each was proven."""

    buses: list[float]
    tight: list[float]
    proven: bool


def _bus_times() -> _Times:
    buses = [_timed(bus(people, seed, filled=filled)) for people, seed, filled in BUSES]
    tight = [_timed(tight_bus(seed)) for seed in range(12)]
    return _Times([s for s, _ in buses], [s for s, _ in tight], all(proven for _, proven in (*buses, *tight)))


def _timed(instance: Instance) -> tuple[float, bool]:
    before = time.process_time()
    plan = assign(instance.needs, instance.offers, instance.policy)
    return time.process_time() - before, set(plan.status.values()) == {"optimal"}


def _show_targets(console: Console, runs: dict[tuple[str, str], Run], times: _Times) -> None:
    note = "Los tiempos son de procesador, un hilo: lo demás que haga la máquina no cuenta."
    table = Table(
        title="Colocación: metas", title_justify="left", title_style="bold", caption=note, caption_justify="left"
    )
    for head in ("qué", "meta", "medido", "¿alcanzada?"):
        table.add_column(head)
    for what, target, found, reached in _targets(runs, times):
        table.add_row(what, target, found, "sí" if reached else "no")
    console.print(table)


def _targets(runs: dict[tuple[str, str], Run], times: _Times) -> list[tuple[str, str, str, bool]]:
    every = [*times.buses, *times.tight]
    buses = f"{len(times.buses)} autobuses de 15 a 104 personas y {len(times.tight)} justos"
    slow, slowest = centile(every, 95), max(every)
    rows = [
        (buses, "p95 < 0.5 s", told(slow, "s"), slow < 0.5),
        ("", "máximo < 2 s", told(slowest, "s"), slowest < 2),
        ("", "todos los niveles demostrados", "sí" if times.proven else "no", times.proven),
    ]
    for name in CARAVANS:
        rows += _caravan_targets(name, runs[name, OURS])
    return rows + _country_targets(runs[COUNTRY, OURS], runs[COUNTRY, "el más cercano"])


def _caravan_targets(name: str, ours: Run) -> list[tuple[str, str, str, bool]]:
    least = ours.bounds.get("SPL", ours.vector["SPL"] if ours.status.get("SPL") == "optimal" else 0)
    times_least = ours.vector["SPL"] / max(1, least)
    limit = 1.6 if name.endswith("0.80") else 3.5
    sure = ours.status.get("U2") == "optimal"
    return [
        (name, "personas colocadas = óptimo demostrado", "sí" if sure else "no", sure),
        ("", f"separaciones ≤ {limit} × la cota ({least})", told(times_least, "×"), times_least <= limit),
        ("", "en < 90 s", told(ours.processor, "s"), ours.processor < 90),
        ("", "con < 300 MB", told(ours.megabytes, "MB"), ours.megabytes < 300),
    ]


def _country_targets(ours: Run, nearest: Run) -> list[tuple[str, str, str, bool]]:
    placed = 100 * (ours.people - ours.vector["U2"]) / (ours.people - ours.least_unplaced)
    fifth = ours.vector["U1"] / max(1, nearest.vector["U1"])
    return [
        (COUNTRY, "≥ 97.5 % de la cota superior", f"{placed:.2f} %", placed >= 97.5),
        ("", "U1 ≤ 1/5 del más cercano", told(fifth, "×"), fifth <= 0.2),
        ("", "en < 180 s", told(ours.processor, "s"), ours.processor < 180),
        ("", "con < 512 MB", told(ours.megabytes, "MB"), ours.megabytes < 512),
    ]


if __name__ == "__main__":
    print(json.dumps(measured(*sys.argv[1:])._asdict()))
