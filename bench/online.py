"""A day bus by bus: what is decided when a bus comes is final, and is compared with what hindsight could have done."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from statistics import fmean
from typing import Literal, NamedTuple

from msgspec.structs import replace
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench.by_telephone import after, nearest_first, whole_group_first
from bench.figures import centile
from bench.instances import Bus, Day, Mix, day
from caravan.shelters.assign import assign
from caravan.shelters.expected import Arrival, Night, at_this_pace, futures
from caravan.shelters.joint import Question, Wanted, solve
from caravan.shelters.measure import measure
from caravan.shelters.model import Section
from caravan.shelters.plan import Assigned, Need, Offer, Vector
from caravan.shelters.policy import Level, Policy
from caravan.shelters.prices import Forecast, forecast, starting_prices, with_prices
from caravan.shelters.reserve import DAY_STARTS, minute_of, released, reserved

LEVELS: tuple[Level, ...] = ("U1", "U2", "FAR", "SPL", "CHG", "PRICE", "SOFT", "DIST", "BAL")
RELEASE_AT = "21:00"
RESERVE_PERCENT = 10
CASES: tuple[tuple[float, Mix], ...] = ((0.80, "plain"), (0.95, "plain"), (1.10, "plain"), (0.80, "families"))
SEEDS = range(8)
RECORDED = range(100, 114)  # the days whose arrivals are on record: never those that are measured
PROCESSES = 2


class Way(NamedTuple):
    """How buses are placed. ``foresight``: nothing, what is usual (``starting``), more like today's and at their pace (``today``), or
    fourteen recorded nights (``record``)."""

    title: str
    engine: Literal["nearest", "whole", "exact"] = "exact"
    foresight: Literal["", "starting", "today", "record"] = ""
    reserve: bool = False


WAYS = (
    Way("la más cercana primero, por teléfono", "nearest"),
    Way("el grupo entero primero, por teléfono", "whole"),
    Way("óptimo de cada autobús, sin mirar adelante"),
    Way("+ regla de inicio", foresight="starting"),
    Way("+ precios de lo llegado hoy y reserva de 10 %", foresight="today", reserve=True),
    Way("+ precios de 14 noches anotadas", foresight="record"),
    Way("+ precios de 14 noches y reserva a las 21:00", foresight="record", reserve=True),
)


class Result(NamedTuple):
    """One day placed one way. ``placed`` and ``priority`` are of those hindsight places; ``waited`` people who had to wait for
    the hour of release; ``seconds`` one figure a decision."""

    placed: float
    priority: float
    vector: Vector
    waited: int
    seconds: list[float]


def run(console: Console) -> None:
    jobs: list[tuple[float, Mix, int]] = [(load, mix, seed) for load, mix in CASES for seed in SEEDS]
    with ProcessPoolExecutor(PROCESSES) as pool, Progress(console=console, transient=True) as progress:
        task = progress.add_task("días en línea", total=len(jobs) + len(SEEDS))
        days = {job: pool.submit(one_day, *job) for job in jobs}
        changed = [pool.submit(changes, seed) for seed in SEEDS]
        for _ in as_completed([*days.values(), *changed]):
            progress.advance(task)
        results = {job: done.result() for job, done in days.items()}
        stable = [done.result() for done in changed]
    for load, mix in CASES:
        _show(console, load, mix, [results[load, mix, seed] for seed in SEEDS])
    _show_changes(console, stable)


# --- a day ---------------------------------------------------------------------------------------------------------------


def one_day(load: float, mix: Mix, seed: int) -> list[Result]:
    """The same day in all ways."""
    today = day(load, seed, mix)
    best = hindsight(today)
    record = Record([day(load, other, mix) for other in RECORDED])
    return [_result(today, best, *place(today, way, record)) for way in WAYS]


def hindsight(today: Day) -> Vector:
    """The fewest people without a place, and among those the fewest sent away, when all are known and groups may part: proven."""
    needs = [replace(need, solo=True) for need in today.at_once.needs]
    plan = assign(needs, today.offers, replace(today.policy, levels=("U1", "U2", "FAR")), engine="exact")
    if set(plan.status.values()) != {"optimal"}:
        raise AssertionError(f"hindsight is not proven for {today.name}")
    return plan.vector


class Record:
    """Recorded days and who came on them."""

    def __init__(self, days: Iterable[Day]) -> None:
        self._came = {(d.name, bus.needs[0].group): bus.needs for d in days for bus in d.buses}
        self.nights = [_night(d.name, d.buses) for d in days]

    def later(self, tonight: Night, minute: int) -> list[list[Need]]:
        named = [
            replace(n, arrivals=tuple(replace(a, group=f"{n.day} {a.group}") for a in n.arrivals)) for n in self.nights
        ]
        drawn = futures(named, tonight, minute)
        return [[need for name in future for need in self._came[_two(name)]] for future in drawn]


def _two(name: str) -> tuple[str, str]:
    recorded, _, group = name.partition(" ")
    return recorded, group


def _night(name: str, buses: Iterable[Bus]) -> Night:
    return Night(
        name,
        tuple(Arrival(b.needs[0].group, b.minute - DAY_STARTS, sum(n.size for n in b.needs)) for b in buses),
    )


def place(today: Day, way: Way, record: Record) -> tuple[list[Assigned], int, list[float]]:
    """The placements of a day, how many had to wait for the release, and the seconds of each decision."""
    policy = replace(
        today.policy, levels=LEVELS, reserve_percent=RESERVE_PERCENT if way.reserve else 0,
        release_at=RELEASE_AT if way.reserve else "06:00",
    )  # fmt: skip
    offers, assigned, seconds, waited = today.offers, list[Assigned](), list[float](), 0
    waiting: list[Need] = []
    came: list[Bus] = []
    for bus, again in _decisions(today.buses, waiting, policy):
        if not again:
            came.append(bus)
        began = time.process_time()
        found = _decide(bus, came, waiting, offers, policy, way, record)
        seconds.append(time.process_time() - began)
        measure(bus.needs, offers, policy, found)
        assigned += found
        offers = after(offers, bus.needs, found)
        if not released(policy, bus.minute - DAY_STARTS):
            placed = {one.household for one in found}
            left = [need for need in bus.needs if need.household not in placed]
            waiting += left
            waited += sum(need.size for need in left)
    return assigned, waited, seconds


def _decisions(buses: Sequence[Bus], waiting: list[Need], policy: Policy) -> Iterator[tuple[Bus, bool]]:
    """The buses, and at the hour of release those who wait, group by group, before those who come then."""
    hour = DAY_STARTS + minute_of(policy.release_at or "05:59")
    for bus in (*buses, Bus(24 * 60, ())):
        if bus.minute >= hour:
            groups = list(dict.fromkeys(need.group for need in waiting))
            left = [tuple(need for need in waiting if need.group == group) for group in groups]
            waiting.clear()
            yield from ((Bus(hour, needs), True) for needs in left)
        if bus.needs:
            yield bus, False


def _decide(
    bus: Bus, came: Sequence[Bus], waiting: Sequence[Need], offers: tuple[Offer, ...], policy: Policy, way: Way, record: Record
) -> tuple[Assigned, ...]:  # fmt: skip
    if way.engine != "exact":
        return (nearest_first if way.engine == "nearest" else whole_group_first)(bus.needs, offers)
    minute = bus.minute - DAY_STARTS
    starting = starting_prices(offers)
    seen: Forecast | None = None
    if way.foresight == "record":
        later = record.later(_night(bus.needs[0].group, came), minute)
        seen = forecast([*bus.needs, *waiting], later, offers, policy)
    elif way.foresight == "today":
        alike = set(at_this_pace(_night("", came), minute))
        later = [[need for one in came if one.needs[0].group in alike for need in one.needs]]
        seen = forecast([*bus.needs, *waiting], later, offers, policy)
    prices = ([starting] if way.foresight else []) + ([seen.prices] if seen else [])
    known = with_prices(offers, *prices) if prices else list(offers)
    if way.reserve:
        known = reserved(known, bus.needs, policy, minute, seen if way.foresight == "record" else None)
    return assign(bus.needs, known, policy).assigned


def _result(today: Day, best: Vector, assigned: list[Assigned], waited: int, seconds: list[float]) -> Result:
    needs = today.at_once.needs
    vector = measure(needs, today.offers, today.policy, assigned)
    people, priority = sum(n.size for n in needs), sum(n.size for n in needs if n.priority)
    return Result(
        placed=(people - vector.U2) / (people - best.U2),
        priority=(priority - vector.U1) / (priority - best.U1),
        vector=vector,
        waited=waited,
        seconds=seconds,
    )


def _show(console: Console, load: float, mix: Mix, days: list[list[Result]]) -> None:
    who = "familias en su mayoría" if mix == "families" else "como la caravana de 2018"
    table = Table(title=f"Un día de 800 personas, carga {load:.2f}, {who}: {len(days)} días", title_justify="left",
        caption="Proporción de las personas que se habrían colocado sabiéndolo todo (demostrado); media y peor día. Las noches "
        "anotadas son de la misma clase de días, lo que favorece a los precios.", caption_justify="left")  # fmt: skip
    table.add_column("manera")
    for head in (
        "colocadas",
        "peor",
        "prioritarias",
        "peor",
        "separaciones",
        "lejos",
        "esperaron",
        "s de CPU",
        "p95",
        "máx",
    ):
        table.add_column(head, justify="right", no_wrap=True)
    for way, results in zip(WAYS, zip(*days, strict=True), strict=True):
        seconds = [second for result in results for second in result.seconds]
        table.add_row(
            way.title,
            f"{fmean(r.placed for r in results):.4f}", f"{min(r.placed for r in results):.4f}",
            f"{fmean(r.priority for r in results):.4f}", f"{min(r.priority for r in results):.4f}",
            f"{fmean(r.vector.SPL for r in results):.1f}", f"{fmean(r.vector.FAR for r in results):.0f}",
            f"{fmean(r.waited for r in results):.0f}",
            f"{fmean(seconds):.2f}", f"{centile(seconds, 95):.2f}", f"{max(seconds):.2f}",
        )  # fmt: skip
    console.print(table)


# --- how much of what is proposed changes when another bus comes -------------------------------------------------------------


class Changes(NamedTuple):
    """People with an open proposal when the fourth bus comes, and how many of them it changes: as the program does it
    (``ours``), and in a plan that does not count changes (``uncounted``)."""

    proposed: int
    ours: int
    uncounted: int


def changes(seed: int) -> Changes:
    """Three buses have proposals that nobody has confirmed in a state with 80 % of its places taken, and a fourth comes."""
    today = day(0.95, seed)
    policy = replace(today.policy, levels=LEVELS)
    offers, buses = _four_fifths_full(today)
    open_needs: list[Need] = []
    home: dict[str, Assigned] = {}
    changed = 0
    for bus in buses:
        moved = _propose(bus, open_needs, home, _priced(offers), policy)
        changed = sum(need.size for need in open_needs if need.household in moved)
        if bus is not buses[-1]:
            open_needs = [_proposed(need, home) for need in (*open_needs, *bus.needs)]
    freely = replace(policy, levels=tuple(level for level in LEVELS if level != "CHG"))
    uncounted = assign([*open_needs, *buses[-1].needs], _priced(offers), freely).vector.CHG
    return Changes(sum(need.size for need in open_needs if need.proposed is not None), changed, uncounted)


def _four_fifths_full(today: Day) -> tuple[tuple[Offer, ...], list[Bus]]:
    """The places left once the day's first buses have taken 80 %, and the next four buses."""
    places = sum(nights[0] for offer in today.offers for nights in offer.free.values())
    offers, taken = today.offers, 0
    buses = [bus for bus in today.buses if not bus.needs[0].solo]
    while taken < places * 4 // 5 and len(buses) > 4:
        needs = buses.pop(0).needs
        found = nearest_first(needs, offers)
        taken += sum(sum(one.beds.values()) for one in found)
        offers = after(offers, needs, found)
    return offers, buses[:4]


def _propose(
    bus: Bus, open_needs: Sequence[Need], home: dict[str, Assigned], offers: Sequence[Offer], policy: Policy
) -> set[str]:
    """Makes the bus's proposal beside the open ones, as the program does. Writes where everybody is proposed to go into ``home``
    and gives the households of open proposals that change."""
    theirs: dict[str, dict[Section, int]] = {}
    for need in open_needs:
        if need.proposed is not None:
            for section, beds in home[need.household].beds.items():
                taken = theirs.setdefault(need.proposed, {})
                taken[section] = taken.get(section, 0) + beds
    found = solve(
        Question(
            wanted=(Wanted(bus.needs[0].group),),
            others=tuple(Wanted(group) for group in dict.fromkeys(need.group for need in open_needs)),
            needs=(*open_needs, *bus.needs),
            offers=tuple(offers),
            policy=policy,
            theirs=theirs,
        )
    )
    again = {one.household: one for one in found.assigned}
    moved = {
        need.household
        for need in open_needs
        if need.group in found.groups and (again[need.household].shelter if need.household in again else None) != need.proposed
    }  # fmt: skip
    for need in (*open_needs, *bus.needs):
        if need.group in found.groups:
            home.pop(need.household, None)
    home |= again
    return moved


def _proposed(need: Need, home: dict[str, Assigned]) -> Need:
    return replace(need, proposed=home[need.household].shelter if need.household in home else None)


def _priced(offers: Sequence[Offer]) -> list[Offer]:
    return with_prices(offers, starting_prices(offers))


def _show_changes(console: Console, cases: list[Changes]) -> None:
    proposed, ours = sum(case.proposed for case in cases), sum(case.ours for case in cases)
    table = Table(title="Llega un cuarto autobús: personas cuya propuesta abierta cambia", title_justify="left")
    for head in ("casos", "con propuesta", "cambian", "%", "si los cambios no contaran"):
        table.add_column(head, justify="right")
    table.add_row(
        f"{len(cases)}", f"{proposed}", f"{ours}", f"{100 * ours / proposed:.2f}", f"{sum(c.uncounted for c in cases)}"
    )
    console.print(table)
