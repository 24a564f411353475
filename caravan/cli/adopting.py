"""``caravan protocol new``: a state's file begun from another's, with what it inherits, what the law holds and what is left to
decide."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from caravan.cli.opening import UNREADABLE, read
from caravan.cli.protocol import commands
from caravan.cli.speaking import out, say, stop, unread
from caravan.protocol.adoption import Adoption, adopted, state_called
from caravan.protocol.model import ProtocolErrors
from caravan.server.library import packs_beside


@commands.command()
def new(
    state: Annotated[str, typer.Option(help="Clave o nombre del estado, por ejemplo MX22.")],
    origin: Annotated[Path, typer.Option("--from", help="Archivo del protocolo del que se parte.")],
    output: Annotated[
        Path | None, typer.Option(help="Archivo que se escribe; si no, uno con el nombre del estado.")
    ] = None,
) -> None:
    """Empieza el protocolo de un estado a partir del de otro."""
    try:
        chosen = state_called(state)
        parent = read(origin).protocol
    except KeyError as unknown:
        stop(str(unknown.args[0]))
    except UNREADABLE as errors:
        stop(unread(origin, errors))
    file = output or Path(f"{chosen.id}.yaml")
    try:
        adoption = adopted(parent, chosen, str(file))
        with file.open("x", encoding="utf-8") as written:
            written.write(adoption.text)
    except ValueError as same:
        stop(str(same))
    except FileExistsError:
        stop(f"«{file}» ya existe y no se sobrescribe: elija otro con --output.")
    except OSError:
        stop(f"No se pudo escribir «{file}»: vea que la carpeta exista y se pueda escribir en ella.")
    out.print(f"[bold]{chosen.name}[/bold] ({chosen.pcode}) a partir de {parent.key}: {file}", highlight=False)
    _diagnosis(adoption)
    try:
        known = packs_beside(file)
    except ProtocolErrors as errors:
        stop(unread(file, errors))
    if parent.key not in known:
        say(f"\n«{file}» busca {parent.key} a su lado: copie ahí {origin}.")


def _diagnosis(adoption: Adoption) -> None:
    out.print(f"\nHereda {adoption.steps} pasos, {adoption.terms} con plazo propio.\n", highlight=False)
    table = Table(title="Lo que la ley bloquea: puede reforzarse, no quitarse")
    table.add_column("Paso")
    table.add_column("Artículo")
    for step in adoption.locked:
        table.add_row(step.words, step.law.partition(":")[0])
    out.print(table, markup=False)
    for title, lines in (("Falta decidir", adoption.decisions), ("Después", adoption.next_steps)):
        out.print(f"\n[bold]{title}[/bold]", highlight=False)
        for number, line in enumerate(lines, 1):
            out.print(f"  {number}. {line}", markup=False, highlight=False, soft_wrap=True)
