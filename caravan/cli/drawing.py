"""``caravan protocol diagram`` and ``caravan protocol print``: a protocol to be looked at, and to be signed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from caravan.cli.opening import opened
from caravan.cli.protocol import commands
from caravan.cli.speaking import note, stop
from caravan.protocol.check import check
from caravan.protocol.drawing.diagram import diagram
from caravan.protocol.drawing.mermaid import mermaid
from caravan.protocol.model import Protocol
from caravan.protocol.telling.document import Source, document
from caravan.protocol.telling.printed import printed
from caravan.protocol.telling.spoken import opening
from caravan.server.pdf import pdf

Language = Annotated[Literal["es", "en"], typer.Option("--language", help="Idioma: es o en.")]


@commands.command("diagram")
def draw(
    file: Annotated[Path, typer.Argument(help="Archivo del protocolo.")],
    machine: Annotated[str | None, typer.Option(help="Una sola máquina; sin esto, todas.")] = None,
    language: Language = "es",
    form: Annotated[Literal["svg", "mermaid"], typer.Option("--format", help="svg o mermaid.")] = "svg",
    output: Annotated[
        Path | None,
        typer.Option(help="Archivo, uno por máquina si son varias; o una carpeta. Sin esto, en pantalla."),
    ] = None,
) -> None:
    """Dibuja las máquinas de un protocolo: pasos, quién responde, plazos y lo que lleva de uno a otro."""
    protocol = opened(file).protocol
    names = list(protocol.machines) if machine is None else [machine]
    if machine is not None and machine not in protocol.machines:
        stop(f"No hay máquina «{machine}». Las que hay: {', '.join(protocol.machines)}.")
    drawn = {
        name: diagram(protocol, name, language) if form == "svg" else mermaid(protocol, name, language)
        for name in names
    }
    if output is None:
        typer.echo("\n".join(drawn.values()), nl=False)
        return
    ending = "svg" if form == "svg" else "mmd"
    folder = output.is_dir() or not output.suffix
    for name, text in drawn.items():
        named = output if len(drawn) == 1 else _file_of(output, name)
        _write(output / f"{protocol.id}-{name}.{ending}" if folder else named, text.encode())


@commands.command("print")
def print_document(
    file: Annotated[Path, typer.Argument(help="Archivo del protocolo.")],
    output: Annotated[Path, typer.Option(help="protocolo.html o protocolo.pdf.")] = Path("protocolo.html"),
    language: Language = "es",
) -> None:
    """Escribe el protocolo como documento para leerse y firmarse: cada paso con su responsable, su plazo y su fundamento."""
    it = opened(file)
    packs = {key: pack.text for key, pack in it.packs.items()}
    source = Source(it.text, packs, _undecided(it.protocol))
    paper = document(it.protocol, source, language)
    match output.suffix:
        case ".html":
            _write(output, printed(paper).encode())
        case ".pdf":
            _write(output, pdf(paper))
        case other:
            stop(f"No sé escribir «{other}»: use .html o .pdf.")
    if source.undecided:
        note(
            f"BORRADOR, sin lugar para firmas: falta decidir {len(source.undecided)} cosas, que dice su primera página."
        )


def _undecided(protocol: Protocol) -> tuple[str, ...]:
    found = check(protocol)
    return tuple(dict.fromkeys(opening(finding.message) for finding in found))


def _file_of(output: Path, machine: str) -> Path:
    """``plano.svg`` of several machines is ``plano-operativo.svg`` and its like; a folder holds them by their names."""
    return output.with_name(f"{output.stem}-{machine.replace('_', '-')}{output.suffix}")


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError:
        stop(f"No se pudo escribir «{path}»: vea que sea un archivo y que se pueda escribir en esa carpeta.")
    note(f"Se escribió {path}")
