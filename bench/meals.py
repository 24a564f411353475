"""A day of meals: what a person with a telephone would order, and the least that has to go unmet.

The instances are invented (a state of 25 places and 14 kitchens, a country of 300 and 160); their sizes are those of the study this
is compared with. Each method runs in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections import defaultdict
from random import Random

from rich.console import Console

from bench.figures import Figure, show
from caravan.basics import Reason
from caravan.kitchens import DIETS, SERVICES
from caravan.meal_flow import Portion, Road
from caravan.meals_exchange import CookedMeals, FoodProblem, solve

SIZES: dict[str, tuple[int, int, int]] = {"medium": (25, 14, 5_584), "large": (300, 160, 99_850)}
"""Places, kitchens, meals a service."""
_SHARES: dict[str, float] = {"standard": 0.84, "no_pork": 0.06, "infant": 0.04, "soft": 0.06}
_REACH_HM = 300
METHODS = ("nearest", "exact")
# Times of the study's own solver (pure Python, successive shortest paths) on instances of these sizes, in seconds.
_STUDY = {"medium": 0.068, "large": 45.0}


def instance(size: str, seed: int = 0) -> FoodProblem:
    """Places and kitchens around towns; kitchens cook a little less than is needed, special diets in every other one."""
    places, kitchens, meals = SIZES[size]
    random = Random(f"meals {size} {seed}")
    towns = [(random.randrange(2_000), random.randrange(1_600)) for _ in range(max(3, places // 8))]
    at = {f"s{n:03}": _near(random, towns) for n in range(places)}
    stoves = {f"k{n:03}": _near(random, towns) for n in range(kitchens)}
    wanted: dict[Portion, int] = {}
    for ident, n in _shared_out(random, list(at), meals).items():
        for diet in DIETS[1:]:
            wanted[ident, diet] = round(n * _SHARES[diet])
        wanted[ident, "standard"] = n - sum(wanted[ident, diet] for diet in DIETS[1:])
    cooked = {service: _cooks(random, list(stoves), round(meals * 0.95)) for service in SERVICES}
    roads = {
        service: tuple(
            Road(kitchen=k, place=s, diet=diet, hm=hm)
            for k, of in cooks.items()
            for s in at
            if (hm := _hm(stoves[k], at[s])) <= _REACH_HM
            for diet in DIETS
            if of.limit(diet) and wanted[s, diet]
        )
        for service, cooks in cooked.items()
    }
    return FoodProblem(wanted={key: n for key, n in wanted.items() if n}, kitchens=cooked, roads=roads)


def _near(random: Random, towns: list[tuple[int, int]]) -> tuple[float, float]:
    x, y = random.choice(towns)
    return x + random.gauss(0, 60), y + random.gauss(0, 60)


def _hm(a: tuple[float, float], b: tuple[float, float]) -> int:
    return round(1.3 * ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)


def _shared_out(random: Random, idents: list[str], total: int) -> dict[str, int]:
    weights = {ident: random.lognormvariate(0, 0.8) for ident in idents}
    shares = {ident: int(total * weight / sum(weights.values())) for ident, weight in weights.items()}
    shares[idents[0]] += total - sum(shares.values())
    return shares


def _cooks(random: Random, idents: list[str], total: int) -> dict[str, CookedMeals]:
    found: dict[str, CookedMeals] = {}
    for ident, meals in _shared_out(random, idents, total).items():
        special = {diet: round(meals * random.uniform(0.05, 0.2)) for diet in DIETS[1:] if random.random() < 0.5}
        found[ident] = CookedMeals(meals=meals, per_diet={"standard": meals, **special})
    return found


def nearest_first(problem: FoodProblem) -> tuple[int, int]:
    """Meals unmet and meal·hm when each place in turn calls its nearest kitchen, then the next."""
    unmet = travelled = 0
    for service in SERVICES:
        left = {ident: k.meals for ident, k in problem.kitchens[service].items()}
        of_diet = {(i, diet): k.limit(diet) for i, k in problem.kitchens[service].items() for diet in DIETS}
        near: defaultdict[Portion, list[tuple[int, str]]] = defaultdict(list)
        for road in problem.roads[service]:
            near[road.place, road.diet].append((road.hm, road.kitchen))
        for (place, diet), meals in problem.wanted.items():
            for hm, kitchen in sorted(near[place, diet]):
                given = min(meals, left[kitchen], of_diet[kitchen, diet])
                left[kitchen] -= given
                of_diet[kitchen, diet] -= given
                meals -= given
                travelled += given * hm
            unmet += meals
    return unmet, travelled


def exact(problem: FoodProblem) -> tuple[int, int]:
    answer = solve(problem, _code)
    return answer.unmet_meals, answer.meal_hm


def _code(reason: Reason) -> str:
    return reason.code


def measured(method: str, size: str) -> dict[str, float]:
    """One method on one instance, here and now."""
    problem = instance(size)
    began = time.process_time()
    unmet, hm = nearest_first(problem) if method == "nearest" else exact(problem)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"unmet": unmet, "hm": hm, "seconds": seconds, "mebibytes": peak}


def _apart(method: str, size: str) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.meals", method, size]
    run = subprocess.run(command, capture_output=True, check=True, text=True)
    told: dict[str, float] = json.loads(run.stdout)
    return told


def run(console: Console) -> None:
    figures: list[Figure] = []
    for size, (places, kitchens, meals) in SIZES.items():
        found = {method: _apart(method, size) for method in METHODS}
        mine, phone = found["exact"], found["nearest"]
        what = f"{3 * meals:,} raciones al día, {places} lugares, {kitchens} comedores"
        figures += [
            Figure(f"{what}: sin servir", mine["unmet"], "raciones", "por teléfono, el más cercano", phone["unmet"]),
            Figure(
                "los tres servicios", 1000 * mine["seconds"], "ms", "el estudio, camino por camino", 1000 * _STUDY[size]
            ),
            Figure("memoria del proceso", mine["mebibytes"], "MiB", "por teléfono", phone["mebibytes"]),
        ]
    note = "Exacto: menos sin servir y, con ellas, menos raciones·hm. Las instancias del estudio son otras, del mismo tamaño."
    show(console, "Comidas de un día", figures, note)


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], sys.argv[2])))
