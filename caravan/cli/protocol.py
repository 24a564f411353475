"""``caravan protocol …``: what is done with a protocol's file before and after it is published."""

from __future__ import annotations

import json

import typer

from caravan.protocol.loading.editor_schema import editor_schema

commands = typer.Typer(help="El archivo del protocolo: verlo, compararlo, ensayarlo, publicarlo.", no_args_is_help=True)


def schema_text() -> str:
    """The schema for editors as it stands beside the protocols, ``protocols/esquema.json``."""
    return json.dumps(editor_schema(), ensure_ascii=False, indent=1) + "\n"


@commands.command()
def schema() -> None:
    """Escribe el esquema JSON con el que un editor ayuda a escribir protocolos."""
    typer.echo(schema_text(), nl=False)
