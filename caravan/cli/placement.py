"""``caravan placement …``: who sleeps where, worked out and checked for a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from caravan.basics import Reason
from caravan.cli.given import complain, give, given_text
from caravan.cli.speaking import note, say, stop
from caravan.given import Problem, Unsound
from caravan.server.web.pages.plan_words import LEVELS as IN_WORDS
from caravan.server.web.pages.plan_words import STAGES
from caravan.server.web.pages.wording import reason, word
from caravan.server.web.words import gettext as _
from caravan.shelters.assign import Engine, assign, effort
from caravan.shelters.exchange import LEVELS, Asked, answer, contradictions, read, read_answer, unmet_pins
from caravan.shelters.measure import Broken, measure
from caravan.shelters.plan import Plan
from caravan.shelters.progress import Progress as Search
from caravan.shelters.progress import unwatched
from caravan.shelters.solver import NoSolver

PATIENCE = 6_000
"""How large a problem may be to be proven level by level: whoever waits at a command line waits a minute or two."""
BRANCHES = 5_000
"""How far each level of it is then searched."""

_WRONG = {
    "one_a_night": "debe decir una cifra por noche: son {nights} noches y dice {given}",
    "pin_breaks_rule": "no se puede fijar ahí: {sentence}",
    "pin_without_room": "no hay lugar en «{given}» para todos los que se fijaron ahí",
    "says_nothing_of": "no dice nada de «{given}»",
    "not_so": "dice {given} y es {found}",
}
_RULES = {
    "placed_twice": "está dos veces",
    "unknown_placement": "ese albergue no existe en el problema",
    "no_such_mode": "esa familia no puede dormir en el modo {mode}",
    "overfilled": "no caben: {people} personas en {places} lugares ({section}, noche {night})",
}
commands = typer.Typer(help="La colocación: quién duerme dónde.", no_args_is_help=True)

Question = Annotated[
    Path, typer.Argument(help="El problema, en el formato caravan-assignment/1; «-» lo lee de la entrada.")
]


@commands.callback()
def placement() -> None:
    """La colocación: quién duerme dónde."""


@commands.command()
def solve(
    file: Question,
    output: Annotated[Path | None, typer.Option("--output", help="Dónde escribir la respuesta.")] = None,
    engine: Annotated[
        Engine,
        typer.Option(help="exact: cada nivel demostrado; aggregate: miles de personas; python: sin HiGHS; auto elige."),
    ] = "auto",
) -> None:
    """Coloca a las familias de un archivo y dice por qué; la respuesta es la misma, byte por byte, cada vez."""
    asked = _asked(file)
    try:
        plan = _watched(asked, engine)
    except NoSolver:
        note("HiGHS no está instalado aquí: use --engine python.")
        raise typer.Exit(2) from None
    if unmet := unmet_pins(plan):
        complain(unmet, _WRONG)
    give(answer(plan, reason), output)


@commands.command()
def check(
    file: Question,
    told: Annotated[Path, typer.Argument(metavar="ANSWER", help="La respuesta que se revisa.")],
) -> None:
    """Vuelve a medir una respuesta: dice su vector, o la regla que rompe (termina en 1)."""
    asked = _asked(file)
    try:
        answered = read_answer(given_text(told), asked)
    except Unsound as unsound:
        complain(unsound.problems, _WRONG)
    try:
        vector = measure(asked.needs, asked.offers, asked.policy, answered.assigned)
    except Broken as broken:
        stop(f"{_place(broken)}: {_rule(broken.reason)}")
    found = {level: getattr(vector, level) for level in LEVELS}
    for level, value in found.items():
        say(f"{level:4} {value:>12}  {_(IN_WORDS[level])}")
    placed = {a.household for a in answered.assigned}
    wrong = [f"pins.{n.household}: sin lugar" for n in asked.needs if n.pinned and n.household not in placed]
    wrong += [f"{one.path}: {_WRONG[one.code].format(**one.details)}" for one in contradictions(answered, found)]
    if wrong:
        stop("\n".join(wrong))


def _asked(file: Path) -> Asked:
    try:
        return read(given_text(file))
    except Unsound as unsound:
        complain([_in_words(problem) for problem in unsound.problems], _WRONG)


def _in_words(problem: Problem) -> Problem:
    """A rule that a pin would break is a reason like any other; the line about it needs its sentence."""
    if problem.code != "pin_breaks_rule":
        return problem
    rule = Reason(code=str(problem.details["rule"]), details={k: v for k, v in problem.details.items() if k != "rule"})
    return Problem(path=problem.path, code=problem.code, details={"sentence": reason(rule)})


def _place(broken: Broken) -> str:
    """Where in the answer the rule is broken."""
    household = f"placements.{broken.household}" if broken.household else "placements"
    return f"{household} → «{broken.shelter}»"


def _rule(why: Reason) -> str:
    if why.code not in _RULES:
        return reason(why)
    words = {name: word(str(value)) if name == "section" else value for name, value in why.details.items()}
    return _RULES[why.code].format(**words)


def _watched(asked: Asked, engine: Engine) -> Plan:
    """The plan, with a bar on the error stream where somebody looks at it."""
    screen = Console(file=sys.stderr)
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("Colocando", total=None)

        def watch(search: Search) -> bool:
            stage = _({**STAGES, **IN_WORDS}.get(search.stage, search.stage))
            bar.update(task, description=stage, completed=search.done, total=search.of)
            return True

        seen = watch if screen.is_terminal else unwatched
        provable = effort(asked.needs, asked.offers) <= PATIENCE
        policy = replace(asked.policy, node_limit=BRANCHES) if provable else asked.policy
        return assign(asked.needs, asked.offers, policy, watch=seen, engine=engine, most_effort=PATIENCE)
