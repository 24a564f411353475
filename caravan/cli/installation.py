"""Preparing an installation, serving it, and the demonstration."""

from __future__ import annotations

import secrets
import socket
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from caravan import commands as c
from caravan.basics import SYSTEM, Refusal, Role
from caravan.cli.opening import UNREADABLE, read, read_policy
from caravan.cli.speaking import out, say, stop, unread
from caravan.directory import load as load_directory
from caravan.policies import load_policy
from caravan.protocol.check import check as check_protocol
from caravan.protocol.load import load as load_protocol
from caravan.server.clock import WorldClock
from caravan.server.db.engine import open_engine
from caravan.server.db.users import User, add_user
from caravan.server.demo import ACCOUNTS, PASSWORD, Demo, fresh_folder
from caravan.server.desk import Desk
from caravan.server.library import POLICY_FILE, policy_beside, publication
from caravan.server.serving import listen, run
from caravan.server.serving import serve as run_server
from caravan.server.settings import Settings, from_environment, shipped
from caravan.server.web.app import create_app
from caravan.server.web.pages.wording import when as told_hour
from caravan.server.web.problems import sentence
from caravan.written import WrittenErrors

cli = typer.Typer(
    help="caravan: el protocolo de un estado para personas en tránsito, sus albergues, sus comedores y un mapa vivo.",
    no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False,
)  # fmt: skip
Data = Annotated[Path, typer.Option("--data", help="Carpeta de la base de datos.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Puerto.")]


@cli.command()
def demo(
    port: Port = 8000,
    speed: Annotated[
        float, typer.Option(min=0, help="Cuántas veces más rápido que el reloj; 0 = toda la noche de una vez.")
    ] = 1200,
    data: Data = Path(".demo"),
    host: Annotated[str, typer.Option(help="Dirección en la que escucha.")] = "127.0.0.1",
) -> None:
    """La noche del 15 de mayo de 2023 en León, en el mapa, y después a la mano de quien mira."""
    settings = Settings(data=data, host=host, port=port, demo=True)
    with _door(settings) as door:
        try:
            fresh_folder(data)
        except FileExistsError:
            stop(f"La carpeta «{data}» tiene otras cosas: elija otra con --data.")
        run(_demo(settings, speed, door))


async def _demo(settings: Settings, speed: float, door: socket.socket) -> None:
    night = Demo(settings, speed)
    await night.prepare()
    app = create_app(settings, night.desk)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[step]}", markup=False),
        console=out,
    )

    async def play() -> None:
        with bar:
            task = bar.add_task(night.scenario.title, total=None, step="")

            def tell(done: int, total: int, when: datetime, step: str) -> None:
                bar.update(task, completed=done, total=total, description=told_hour(when), step=step)
                if not out.is_terminal:
                    out.print(
                        f"{done}/{total}  {told_hour(when)}  {step}", markup=False, highlight=False, soft_wrap=True
                    )

            await night.run(tell)
        app.state.hub.tell_clock()
        out.print("La noche terminó. El reloj del simulacro sigue a su paso normal. Ctrl+C para salir.")

    if speed == 0:
        await play()
        _introduce(settings)
        await run_server(door, app)
    else:
        _introduce(settings)
        await run_server(door, app, beside=play)


def _introduce(settings: Settings) -> None:
    out.print(
        f"\n[bold]Abra http://{settings.host}:{settings.port}[/bold]  (SIMULACRO: ningún aviso sale de aquí)\n",
        highlight=False,
    )
    table = Table(title="Cuentas del simulacro")
    for title in ("Quién", "Correo", "Contraseña"):
        table.add_column(title, no_wrap=True)
    for account in ACCOUNTS:
        table.add_row(account.label, account.email, PASSWORD)
    out.print(table)


@cli.command()
def init(
    data: Data = Path("caravan-data"),
    name: Annotated[str, typer.Option(help="Nombre de la instalación.")] = "Guanajuato",
    email: Annotated[str, typer.Option(prompt="Correo de la primera cuenta de coordinación")] = "",
    password: Annotated[str, typer.Option(prompt="Contraseña", hide_input=True, confirmation_prompt=True)] = "",
    protocol: Annotated[Path | None, typer.Option(help="Archivo del protocolo.")] = None,
    directory: Annotated[Path | None, typer.Option(help="Archivo del directorio de lugares.")] = None,
) -> None:
    """Prepara una instalación: base de datos, protocolo, directorio y la primera cuenta."""
    if len(password) < 10:
        stop("La contraseña necesita al menos 10 letras.")
    protocol = protocol or shipped("protocols") / "guanajuato.yaml"
    directory = directory or shipped("directories") / "guanajuato.yaml"
    try:
        publishing = publication(protocol)
        agency = load_protocol(publishing.text, publishing.packs).coordination()[0]
    except UNREADABLE as error:
        stop(unread(protocol, error))
    policy = _policy_beside(protocol)
    try:
        places = load_directory(directory.read_text(encoding="utf-8"))
    except (WrittenErrors, UnicodeDecodeError, OSError) as error:
        stop(unread(directory, error))
    data.mkdir(parents=True, exist_ok=True)
    setting_up: list[c.Command] = [
        c.OpenRealm(name=name, salt=secrets.token_hex(16)),
        publishing,
        *places,
        *([] if policy is None else [policy]),
    ]
    first = User(id=_opaque(), email=email.strip().lower(), label="Coordinación", agency=agency, role="coordination")
    run(_init(Settings(data=data), setting_up, first, password))
    out.print(f"Lista. Ahora: caravan serve --data {data}")


def _policy_beside(protocol: Path) -> c.PublishPolicy | None:
    """Stops with what is wrong with the placement policy that stands beside a protocol, before anything is set up."""
    try:
        policy = policy_beside(protocol)
        if policy is not None:
            load_policy(policy.text)
    except UNREADABLE as error:
        stop(unread(protocol.with_name(protocol.stem + POLICY_FILE), error))
    return policy


async def _init(settings: Settings, setting_up: list[c.Command], first: User, password: str) -> None:
    desk = Desk(open_engine(settings.url), WorldClock())
    await desk.open()
    try:
        for command in setting_up:
            await desk.handle(command, by=SYSTEM)
        await add_user(desk.engine, first, password)
    except Refusal as refusal:
        stop(sentence(refusal))
    finally:
        await desk.close()


@cli.command()
def user(
    email: str,
    agency: Annotated[str, typer.Option(help="Clave de la institución en el protocolo, por ejemplo DIF.")],
    role: Annotated[str, typer.Option(help="coordination, shelter, kitchen, brigade o agency.")],
    place: Annotated[str | None, typer.Option(help="Albergue, comedor o estación de la cuenta.")] = None,
    label: Annotated[str, typer.Option(help="Cómo se muestra la cuenta.")] = "",
    data: Data = Path("caravan-data"),
    password: Annotated[str, typer.Option(prompt="Contraseña", hide_input=True, confirmation_prompt=True)] = "",
) -> None:
    """Agrega una cuenta, o cambia la que ya tiene ese correo."""
    roles: tuple[Role, ...] = ("coordination", "shelter", "kitchen", "brigade", "agency")
    known: Role | None = next((r for r in roles if r == role), None)
    if known is None:
        stop(f"Rol desconocido «{role}». Los que hay: {', '.join(roles)}.")
    if len(password) < 10:
        stop("La contraseña necesita al menos 10 letras.")
    address = email.strip().lower()
    account = User(id=_opaque(), email=address, label=label or address, agency=agency, role=known, place=place)
    run(_add(Settings(data=data), account, password))
    out.print(f"Cuenta lista: {address} ({agency}, {role}).")


async def _add(settings: Settings, account: User, password: str) -> None:
    desk = Desk(open_engine(settings.url), WorldClock())
    await desk.open()
    try:
        await add_user(desk.engine, account, password)
    except Refusal as refusal:
        stop(sentence(refusal))
    finally:
        await desk.close()


@cli.command()
def serve(
    data: Annotated[Path | None, typer.Option("--data", help="Carpeta de la base de datos.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Puerto.")] = None,
    host: Annotated[str | None, typer.Option(help="Dirección en la que escucha.")] = None,
) -> None:
    """Sirve la instalación preparada con init."""
    base = from_environment()
    settings = Settings(
        data=data or base.data, host=host or base.host, port=port or base.port, secure=base.secure,
        database_url=base.database_url,
    )  # fmt: skip
    if not settings.database_url and not (settings.data / "caravan.sqlite3").exists():
        stop(f"En «{settings.data}» no hay instalación: prepárela con caravan init --data {settings.data}")
    with _door(settings) as door:
        run(_serve(settings, door))


async def _serve(settings: Settings, door: socket.socket) -> None:
    desk = Desk(open_engine(settings.url), WorldClock())
    await desk.open()
    out.print(f"caravan en http://{settings.host}:{settings.port}", highlight=False)
    await run_server(door, create_app(settings, desk))


@cli.command()
def check(files: Annotated[list[Path], typer.Argument(help="Archivos de protocolo.")]) -> None:
    """Dice si un protocolo o una política de colocación es correcta, o todos sus problemas con línea y columna."""
    sound = True
    for path in files:
        try:
            if (policy := read_policy(path)) is not None:
                say(f"{path}: correcto (política de colocación {policy.id}, versión {policy.version})")
                continue
            opened = read(path)
        except UNREADABLE as error:
            sound = False
            say(unread(path, error))
            continue
        protocol = opened.protocol
        findings = check_protocol(protocol)
        sound = sound and not findings
        for finding in findings:
            say(f"{path}: {finding}")
        if not findings:
            say(f"{path}: correcto ({protocol.id}, versión {protocol.version})")
        for key, pack in opened.packs.items():
            say(f"  deriva de {key}: {pack.file} (huella {pack.fingerprint})")
    if not sound:
        raise typer.Exit(1)


def _opaque() -> str:
    """An account's id says nothing of the person: the journal keeps it with every fact."""
    return f"u-{secrets.token_hex(5)}"


def _door(settings: Settings) -> socket.socket:
    try:
        return listen(settings)
    except OSError:
        stop(f"El puerto {settings.port} está ocupado: elija otro, por ejemplo --port {settings.port + 1}")
