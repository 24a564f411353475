"""``caravan meals …``: what to order of which kitchen, worked out for a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from caravan.cli.given import complain, give, given_text
from caravan.given import Unsound
from caravan.meals_exchange import read, written
from caravan.meals_exchange import solve as solved
from caravan.server.web.pages.wording import reason

commands = typer.Typer(help="Las raciones: qué pedir a qué comedor.", no_args_is_help=True)


@commands.callback()
def meals() -> None:
    """Las raciones: qué pedir a qué comedor."""


@commands.command()
def solve(
    file: Annotated[Path, typer.Argument(help="El problema, en el formato caravan-food/1; «-» lo lee de la entrada.")],
    output: Annotated[Path | None, typer.Option("--output", help="Dónde escribir la respuesta.")] = None,
) -> None:
    """Reparte las raciones de los comedores: las menos sin servir y, con ellas, el menor camino."""
    try:
        problem = read(given_text(file))
    except Unsound as unsound:
        complain(unsound.problems)
    give(written(solved(problem, reason)), output)
