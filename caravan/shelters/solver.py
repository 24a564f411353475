"""HiGHS behind one door: integer programmes, where it is installed. Everything that needs it asks ``available()`` first."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple, Protocol, cast

try:
    import highspy
    import numpy as np
except ImportError:  # where no wheel of it exists, placement goes on without it
    highspy = np = cast("Any", None)

_AVAILABLE = bool(highspy)
_INFINITE = math.inf
# Presolving by enumeration (rule 16) calls answers proven that are not the least: with it, one of 40 random buses got three splits too
# many (HiGHS 1.15.1; its issues 3073 and 3094 are of the same kind). Everything else of presolving stays.
_RULES_OFF = 1 << 16

Terms = dict[int, int]  # column → coefficient


class Row(NamedTuple):
    """``least <= sum of terms <= most``."""

    terms: Terms
    most: float
    least: float = -_INFINITE


class Least(NamedTuple):
    """What a search found: the columns' values (``None`` = nothing), whether no others cost less, and how little any could
    cost."""

    values: list[int] | None
    proven: bool
    bound: int


class Amounts(NamedTuple):
    """The columns' values, and what one more of each row's ``most`` would take off the least cost."""

    values: list[float]
    prices: list[float]


class _Event(Protocol):
    def interrupt(self) -> None: ...


class NoSolver(RuntimeError):
    """What was asked needs the solver, and it is not installed."""


def available() -> bool:
    return _AVAILABLE


def name() -> str:
    """The solver with its version, as a plan records it."""
    return f"HiGHS {highspy.HIGHS_VERSION_MAJOR}.{highspy.HIGHS_VERSION_MINOR}.{highspy.HIGHS_VERSION_PATCH}"


class Model:
    """An integer programme with costs and rows that may change between searches. Columns lie between 0 and ``upper``; those of
    ``continuous`` need not be whole while it searches, and must be so at every best answer.

    One thread, no gap left over, and a limit of ``node_limit`` branches: the same model gives the same answer.
    """

    def __init__(
        self, upper: Sequence[float], continuous: Collection[int], rows: Sequence[Row], *, node_limit: int
    ) -> None:
        self.size = len(upper)
        self._highs = highspy.Highs()
        options = {
            "output_flag": False,
            "threads": 1,
            "mip_rel_gap": 0.0,
            "mip_abs_gap": 0.5,
            "presolve_rule_off": _RULES_OFF,
        }
        for option, setting in (options | {"mip_max_nodes": node_limit}).items():
            self._highs.setOptionValue(option, setting)
        self._columns = np.arange(self.size, dtype=np.int32)
        kinds = np.ones(self.size, dtype=np.uint8)
        kinds[sorted(continuous)] = 0
        self._highs.addVars(self.size, np.zeros(self.size), np.array(upper, dtype=np.float64))
        self._highs.changeColsIntegrality(self.size, self._columns, kinds)
        self.add(rows)

    def add(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        counts = np.fromiter((len(row.terms) for row in rows), dtype=np.int32, count=len(rows))
        starts = np.zeros(len(rows), dtype=np.int32)
        starts[1:] = np.cumsum(counts)[:-1]
        entries = int(counts.sum())
        columns = np.fromiter((column for row in rows for column in row.terms), dtype=np.int32, count=entries)
        factors = np.fromiter((f for row in rows for f in row.terms.values()), dtype=np.float64, count=entries)
        least = np.array([row.least for row in rows], dtype=np.float64)
        most = np.array([row.most for row in rows], dtype=np.float64)
        self._highs.addRows(len(rows), least, most, entries, starts, columns, factors)

    def tighten(self, costs: Terms, value: int) -> None:
        """Takes from every column what no answer that costs at most ``value`` can use, by the reduced costs of the relaxation.
        Until the costs or rows change no such answer is lost."""
        self._spend(costs)
        self._highs.setOptionValue("solve_relaxation", True)
        self._highs.run()
        self._highs.setOptionValue("solve_relaxation", False)
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return
        relaxed = self._highs.getInfo().objective_function_value
        slack = value - relaxed + 1e-4 + 1e-6 * abs(relaxed)
        duals = np.array(self._highs.getSolution().col_dual)
        lp = self._highs.getLp()
        lower, upper = np.array(lp.col_lower_), np.array(lp.col_upper_)
        with np.errstate(divide="ignore"):
            room = np.floor(slack / np.abs(duals) + 1e-6)
        upper = np.where(duals > 1e-6, np.minimum(upper, lower + room), upper)
        lower = np.where(duals < -1e-6, np.maximum(lower, upper - room), lower)
        self._highs.changeColsBounds(self.size, self._columns, lower, upper)

    def narrow(self, column: int, least: float, most: float) -> None:
        """From now on the column lies between these."""
        self._highs.changeColBounds(column, least, most)

    def least(self, costs: Terms, start: Sequence[int] | None = None, go_on: Callable[[], bool] | None = None) -> Least:
        """The values of least cost, searched from ``start`` where that is given. ``go_on`` is asked now and then, and its first
        "no" ends the search with what it has."""
        self._spend(costs)
        if start is not None:
            self._highs.setSolution(self.size, self._columns, np.array(start, dtype=np.float64))
        if go_on is None:
            self._highs.run()
        else:
            self._watched(go_on)
        found = self._highs.getInfo()
        proven = self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        feasible = found.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
        values = [round(value) for value in self._highs.getSolution().col_value] if feasible else None
        bound = found.mip_dual_bound
        return Least(values, proven, math.ceil(bound - 1e-6) if abs(bound) < 1e15 else 0)

    def amounts(self, costs: Terms) -> Amounts:
        """The amounts of least cost where all columns are ``continuous`` and need not be whole at the end either. Raises
        ``ValueError`` where there is no least cost."""
        self._spend(costs)
        self._highs.run()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise ValueError("no least cost")
        found = self._highs.getSolution()
        return Amounts(list(found.col_value), [max(0.0, -price) for price in found.row_dual])

    def _spend(self, costs: Terms) -> None:
        amounts = np.zeros(self.size)
        for column, cost in costs.items():
            amounts[column] = cost
        self._highs.changeColsCost(self.size, self._columns, amounts)

    def _watched(self, go_on: Callable[[], bool]) -> None:
        def ask(event: _Event) -> None:
            if not go_on():
                event.interrupt()

        self._highs.cbMipInterrupt.subscribe(ask)
        try:
            self._highs.run()
        finally:
            self._highs.cbMipInterrupt.unsubscribe(ask)
