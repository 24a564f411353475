"""``caravan replay``: reads a journal from its first fact, and proves it step by step."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy import func, select

from caravan import events as e
from caravan.basics import Record
from caravan.cli.installation import Data, cli
from caravan.cli.speaking import out, say, stop
from caravan.coordination.replay import Divergence, divergences
from caravan.fold import fold
from caravan.picture import Picture
from caravan.server.db import journal
from caravan.server.db.engine import open_engine, reading
from caravan.server.db.tables import TABLES
from caravan.server.serving import run
from caravan.server.settings import Settings
from caravan.server.web.pages.wording import when

_EVERY = 200


class Proof(Record, frozen=True):
    """What reading a journal found: the picture at its end, how many steps were taken again, and what came out otherwise.
    ``broken`` says why reading stopped before the end."""

    picture: Picture
    began: datetime | None
    steps: int
    found: tuple[Divergence, ...]
    broken: str = ""


@cli.command()
def replay(
    data: Data = Path("caravan-data"),
    verify: Annotated[
        bool, typer.Option("--verify", help="Vuelve a dar cada paso registrado y lo compara byte por byte.")
    ] = False,
) -> None:
    """Lee la bitácora desde el primer hecho; con --verify comprueba cada paso del protocolo."""
    settings = settings_in(data)
    proof: Proof = run(_read(settings, verify))
    picture = proof.picture
    if proof.broken:
        stop(f"La bitácora se lee hasta el hecho {picture.seq} y ahí se detiene: {proof.broken}")
    if proof.began is None or picture.at is None:
        stop("La bitácora está vacía.")
    say(
        f"{picture.seq} hechos, del {when(proof.began)} al {when(picture.at)}: la bitácora «{picture.realm}» se lee entera."
    )
    if verify:
        _tell(proof)


def settings_in(data: Path) -> Settings:
    """The installation in a folder; stops where there is none."""
    settings = Settings(data=data)
    if not (data / "caravan.sqlite3").exists():
        stop(f"En «{data}» no hay instalación.")
    return settings


def _tell(proof: Proof) -> None:
    for one in proof.found:
        say(f"hecho {one.seq}, {one.instance}: «{one.part}» no sale igual")
        say(f"  en la bitácora: {one.recorded}")
        say(f"  ahora:          {one.again}")
    if proof.found:
        wrong = len({one.seq for one in proof.found})
        stop(f"{wrong} de {proof.steps} pasos no salen como se registraron.")
    say(f"{proof.steps} pasos del protocolo vueltos a dar: todos salen iguales, byte por byte.")


async def _read(settings: Settings, verify: bool) -> Proof:
    engine = open_engine(settings.url)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    picture, began, steps, found = Picture(), None, 0, list[Divergence]()
    broken = ""
    try:
        async with reading(engine) as connection:
            total = (await connection.execute(select(func.count()).select_from(TABLES["journal"]))).scalar_one()
            with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as bar:
                task = bar.add_task("Comprobando" if verify else "Leyendo", total=total)
                try:
                    async for seq, at, event in journal.tail(connection, 0):
                        began = began or at
                        if verify and isinstance(event, e.ProtocolStepped):
                            steps += 1
                            found += divergences(picture, event, at)
                        picture = fold(picture, event, at)
                        if seq % _EVERY == 0:
                            bar.update(task, completed=seq)
                except (msgspec.DecodeError, KeyError) as error:
                    broken = f"{type(error).__name__}: {error}"
    finally:
        await engine.dispose()
    return Proof(picture=picture, began=began, steps=steps, found=tuple(found), broken=broken)
