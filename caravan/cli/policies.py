"""``caravan policy …``: the file of a placement policy, read, published and shown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from caravan.basics import SYSTEM, Refusal
from caravan.cli.installation import Data
from caravan.cli.opening import UNREADABLE
from caravan.cli.replay import settings_in
from caravan.cli.speaking import say, stop, unread
from caravan.commands import PublishPolicy
from caravan.policies import PublishedPolicy, load_policy
from caravan.policy_adoption import begun
from caravan.protocol.adoption import state_called
from caravan.server.clock import WorldClock
from caravan.server.db.engine import open_engine
from caravan.server.desk import Desk
from caravan.server.library import POLICY_FILE
from caravan.server.serving import run
from caravan.server.settings import Settings
from caravan.server.web.pages.wording import when
from caravan.server.web.problems import sentence
from caravan.shelters.policy import Policy

commands = typer.Typer(help="La política de colocación: revisarla, publicarla, verla.", no_args_is_help=True)


@commands.command()
def check(files: Annotated[list[Path], typer.Argument(help="Archivos de política de colocación.")]) -> None:
    """Dice si una política es correcta, o todos sus problemas con línea y columna."""
    sound = True
    for path in files:
        try:
            policy = load_policy(path.read_bytes().decode())
        except UNREADABLE as error:
            sound = False
            say(unread(path, error))
            continue
        say(f"{path}: correcto ({policy.id}, versión {policy.version})")
    if not sound:
        raise typer.Exit(1)


@commands.command()
def new(
    state: Annotated[str, typer.Option(help="Clave o nombre del estado, por ejemplo MX22.")],
    origin: Annotated[Path, typer.Option("--from", help="Archivo de la política de la que se parte.")],
    output: Annotated[
        Path | None, typer.Option(help="Archivo que se escribe; si no, uno con el nombre del estado.")
    ] = None,
) -> None:
    """Empieza la política de un estado con las cifras de la de otro."""
    try:
        chosen = state_called(state)
        policy = load_policy(origin.read_bytes().decode())
    except KeyError as unknown:
        stop(str(unknown.args[0]))
    except UNREADABLE as error:
        stop(unread(origin, error))
    file = output or Path(chosen.id + POLICY_FILE)
    try:
        with file.open("x", encoding="utf-8") as written:
            written.write(begun(policy, chosen))
    except FileExistsError:
        stop(f"«{file}» ya existe y no se sobrescribe: elija otro con --output.")
    except OSError:
        stop(f"No se pudo escribir «{file}»: vea que la carpeta exista y se pueda escribir en ella.")
    say(
        f"{chosen.name} ({chosen.pcode}) a partir de {policy.key}: {file}. Falta decidir cada cifra cuya «fuente» dice D."
    )


@commands.command()
def publish(
    file: Annotated[Path, typer.Argument(help="Archivo de la política.")],
    reason: Annotated[str, typer.Option(help="Por qué se publica; queda en la bitácora.")],
    data: Data = Path("caravan-data"),
) -> None:
    """Publica una política en una instalación: rige desde la siguiente propuesta."""
    try:
        text = file.read_bytes().decode()
        policy = load_policy(text)
    except UNREADABLE as error:
        stop(unread(file, error))
    run(_publish(settings_in(data), PublishPolicy(text=text, reason=reason)))
    say(f"Publicada: {policy.id}, versión {policy.version}.")


async def _publish(settings: Settings, command: PublishPolicy) -> None:
    desk = Desk(open_engine(settings.url), WorldClock())
    await desk.open()
    try:
        await desk.handle(command, by=SYSTEM)
    except Refusal as refusal:
        stop(sentence(refusal))
    finally:
        await desk.close()


@commands.command()
def show(
    version: Annotated[int | None, typer.Option(help="La versión; si no se dice, la que rige.")] = None,
    data: Data = Path("caravan-data"),
) -> None:
    """Escribe el texto de la política que rige o de una versión anterior, y al final qué versiones hay y por qué."""
    in_force, published = run(_published(settings_in(data)))
    if not published:
        stop("No hay ninguna política publicada.")
    wanted = in_force.version if version is None else version
    chosen = next((one for one in published if one.policy.version == wanted), None)
    if chosen is None:
        stop(f"No hay una versión {wanted}. Las que hay: {', '.join(str(one.policy.version) for one in published)}.")
    say(chosen.text.rstrip("\n"))
    for one in published:
        mark = "rige" if one.policy == in_force else "anterior"
        say(f"# versión {one.policy.version} ({mark}): {when(one.published_at)}, {one.agency}. Motivo: {one.reason}")


async def _published(settings: Settings) -> tuple[Policy, list[PublishedPolicy]]:
    desk = Desk(open_engine(settings.url), WorldClock())
    await desk.open()
    try:
        picture = desk.picture
        found = (picture.policies[key] for key in picture.policies)
        return picture.policy, sorted(found, key=lambda one: one.policy.version)
    finally:
        await desk.close()
