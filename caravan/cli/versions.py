"""``caravan protocol diff|rehearse|migrate``: a version beside another, over what already happened, and for what is running."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn

from caravan import events as e
from caravan.cli.installation import Data
from caravan.cli.opening import opened
from caravan.cli.protocol import commands
from caravan.cli.replay import settings_in
from caravan.cli.speaking import out, say, stop
from caravan.coordination.recording import Past
from caravan.protocol.load import load
from caravan.protocol.model import Protocol
from caravan.protocol.versions.compare import differences
from caravan.protocol.versions.difference import grouped
from caravan.server.db import journal
from caravan.server.db.engine import open_engine, reading
from caravan.server.library import lineage
from caravan.server.rehearsals import pasts_in, tried
from caravan.server.serving import run
from caravan.server.settings import Settings
from caravan.server.web.pages.wording import when


@commands.command("diff")
def diff(
    before: Annotated[Path, typer.Argument(help="El archivo de antes.")],
    after: Annotated[Path, typer.Argument(help="El archivo de ahora.")],
) -> None:
    """Dice en español qué cambia de un protocolo a otro."""
    found = differences(read_protocol(before), read_protocol(after))
    if not found:
        say("Dicen lo mismo.")
    for title, members in grouped(found):
        say(f"\n{title}")
        for difference in members:
            say(f"  · {difference.said}")


def read_protocol(path: Path) -> Protocol:
    """The protocol of a file, with the packs beside it; stops with its problems."""
    return opened(path).protocol


@commands.command("rehearse")
def rehearse(
    draft: Annotated[Path, typer.Argument(help="El archivo del borrador.")],
    data: Data = Path("caravan-data"),
    activation: Annotated[
        str | None, typer.Option(help="Solo esta activación; si no, todas las del protocolo.")
    ] = None,
) -> None:
    """Prueba un borrador sobre las activaciones pasadas: qué habría sido antes, después, de más o de menos. No escribe nada."""
    protocol = read_protocol(draft)
    pasts, published = run(_past(settings_in(data), lineage(protocol)))
    chosen = [past for past in pasts if activation in (None, past.recording.activation)]
    if not chosen:
        known = ", ".join(past.recording.activation for past in pasts)
        whose = " ni ".join(f"«{ident}»" for ident in sorted(lineage(protocol), key=lambda i: (i != protocol.id, i)))
        stop(f"No hay tal activación de {whose} que ensayar. Las que hay: {known or 'ninguna'}.")
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    for past in track(chosen, columns):
        say(
            f"\n{past.station}, {when(past.opened_at)} (activación {past.recording.activation}, versión {past.version})"
        )
        for title, sentences in tried(past, published[past.key], protocol):
            say(f"  {title}")
            for sentence in sentences:
                say(f"    · {sentence}")


def track(pasts: list[Past], columns: tuple[ProgressColumn, ...]) -> Iterator[Past]:
    """One after another, with a bar on a terminal."""
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as bar:
        yield from bar.track(pasts, description="Ensayando")


async def _past(settings: Settings, protocols: frozenset[str]) -> tuple[list[Past], dict[str, Protocol]]:
    """The activations of these protocols in the order in which they were opened, and every version of them that was
    published."""
    engine = open_engine(settings.url)
    published: dict[str, Protocol] = {}
    opened_under = set[str]()
    try:
        async with reading(engine) as connection:
            async for _, _, event in journal.tail(connection, 0):
                if isinstance(event, e.ProtocolPublished) and event.protocol in protocols:
                    published[f"{event.protocol}@{event.version}"] = load(event.text, event.packs)
                elif isinstance(event, e.ActivationOpened):
                    opened_under.add(event.protocol)
        pasts = [past for ident in sorted(opened_under & protocols) for past in await pasts_in(engine, ident)]
        return sorted(pasts, key=lambda past: past.opened_at), published
    finally:
        await engine.dispose()
