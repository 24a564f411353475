"""``caravan protocol migrate``: a running activation to another version of its protocol, shown before it is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from caravan import commands as c
from caravan import events as e
from caravan.basics import SYSTEM, Refusal
from caravan.cli.installation import Data
from caravan.cli.protocol import commands
from caravan.cli.replay import settings_in
from caravan.cli.speaking import agreed, say, stop
from caravan.coordination.loop import Outcome, coordinate
from caravan.picture import Picture
from caravan.protocol.chart import chart_of
from caravan.protocol.model import Protocol, Snapshot
from caravan.protocol.versions.migrate import CLOCKS
from caravan.server.clock import Clock, DrillClock, WorldClock
from caravan.server.db.engine import open_engine
from caravan.server.desk import Desk
from caravan.server.serving import run
from caravan.server.settings import Settings
from caravan.server.web.pages.wording import when
from caravan.server.web.problems import sentence


@commands.command("migrate")
def migrate(
    activation: Annotated[str, typer.Argument(help="La activación en marcha.")],
    version: Annotated[int, typer.Option("--to", min=1, help="La versión publicada a la que pasa.")],
    reason: Annotated[str, typer.Option(prompt="Motivo")],
    images: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="anterior=nuevo: a qué paso va cada uno que ya no existe; carril=paso, para un carril nuevo; relojes:paso=, lo que deja de contarse.",
        ),
    ] = None,
    data: Data = Path("caravan-data"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Solo muestra lo que pasaría.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="No pregunta.")] = False,
) -> None:
    """Pasa una activación, con sus grupos y casos, a otra versión de su protocolo. Muestra antes qué cambia y pregunta."""
    run(_migrate(settings_in(data), activation, version, reason, images or [], dry_run=dry_run, yes=yes))


async def _migrate(
    settings: Settings, activation: str, version: int, reason: str, images: list[str], *, dry_run: bool, yes: bool
) -> None:
    desk = Desk(open_engine(settings.url), WorldClock())
    await desk.open()
    try:
        clock: Clock = DrillClock(desk.picture.at, rate=0.0) if desk.picture.drill and desk.picture.at else desk.clock
        command = c.MigrateActivation(
            activation=activation,
            version=version,
            reason=reason,
            map=by_machine(desk.picture, activation, version, images),
        )
        outcome = coordinate(desk.picture, command, by=SYSTEM, now=clock.now())
        for line in shown(desk.picture, outcome):
            say(line)
        if not dry_run and (yes or agreed("¿Pasar la activación?")):
            await desk.handle(command, by=SYSTEM, now=clock.now())
            say("Hecho.")
    except Refusal as refusal:
        stop(sentence(refusal))
    finally:
        await desk.close()


def by_machine(picture: Picture, activation: str, version: int, images: list[str]) -> dict[str, dict[str, str]]:
    """``old=new`` for every machine that has the old step, in the one version or the other."""
    found: dict[str, dict[str, str]] = {}
    run_ = picture.activations.get(activation)
    if run_ is None:
        raise Refusal("unknown_activation", field="activation")
    versions = [picture.protocol_of(activation), picture.protocols.get(f"{run_.protocol}@{version}")]
    for image in images:
        key, sign, new = image.partition("=")
        old = key.removeprefix(CLOCKS)
        if not sign:
            stop(f"«{image}» no dice a qué paso va: se escribe anterior=nuevo.")
        machines = [
            m for protocol in versions if protocol for m in protocol.machines if old in chart_of(protocol, m).by_id
        ]
        if not machines:
            stop(f"Ninguna máquina tiene el paso «{old}».")
        for machine in machines:
            found.setdefault(machine, {})[key] = new
    return found


def shown(picture: Picture, outcome: Outcome) -> Iterator[str]:
    """What the migration does to each running copy, and what follows from it by itself."""
    migrated = next(event for event in outcome.events if isinstance(event, e.ActivationMigrated))
    before = picture.protocol_of(migrated.activation)
    after = picture.protocols[f"{migrated.protocol}@{migrated.version}"]
    yield f"La activación {migrated.activation} pasa de la versión {before.version} a la {after.version}."
    for ident, snapshot in migrated.snapshots.items():
        old = picture.instances[ident].snapshot
        was, now = _leaves(before, old), _leaves(after, snapshot)
        changed = [f"de {', '.join(was - now)} a {', '.join(now - was)}"] if was != now else ["en los mismos pasos"]
        changed += [
            f"se deja de contar «{timer.state}» ({when(timer.due)})" for timer in migrated.dropped.get(ident, ())
        ]
        counted = {(timer.state, timer.due) for timer in old.timers}
        fresh = (
            t
            for t in snapshot.timers
            if t.kind == "deadline" and t.state not in old.deadlines and (t.state, t.due) not in counted
        )
        changed += [f"«{timer.state}» vence {when(timer.due)}" for timer in fresh if timer.state in now]
        yield f"  {ident}: {'; '.join(changed)}"
    follows = outcome.events[outcome.events.index(migrated) + 1 :]
    for ident in migrated.ended:
        yield f"  {ident}: ya terminó y esa versión no lo tiene"
    known: set[str] = set(migrated.snapshots)
    steps = [event for event in follows if isinstance(event, e.ProtocolStepped)]
    for event in steps:
        if event.instance not in known:
            known.add(event.instance)
            begins = ", ".join(sorted(_leaves(after, event.snapshot)))
            yield f"  {event.instance}: es nuevo en esa versión y comienza en {begins}{_follows(event)}"
            continue
        entered = [state for why in event.why for state in why.entered]
        yield f"  después, por sí solo, {event.instance} entra en {', '.join(entered) or 'lo mismo'}"


def _follows(event: e.ProtocolStepped) -> str:
    """What a machine does as it begins: people are told of it."""
    done = [effect.kind for effect in event.effects]
    return f" ({', '.join(done)})" if done else ""


def _leaves(protocol: Protocol, snapshot: Snapshot) -> set[str]:
    chart = chart_of(protocol, snapshot.machine)
    return {name for name in snapshot.active if not chart.by_id[name].children}
