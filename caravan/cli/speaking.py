"""How the command line speaks: sentences on the way out, refusals on the way to an exit code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import typer
from rich.console import Console
from typer import rich_utils

out = Console()


def speak_spanish() -> None:
    """The frame that Typer puts around help and mistakes, in the language of what it frames."""
    rich_utils.ARGUMENTS_PANEL_TITLE = "Argumentos"
    rich_utils.OPTIONS_PANEL_TITLE = "Opciones"
    rich_utils.COMMANDS_PANEL_TITLE = "Órdenes"
    rich_utils.ERRORS_PANEL_TITLE = "No se pudo"
    rich_utils.ABORTED_TEXT = "Interrumpido."
    rich_utils.REQUIRED_LONG_STRING = "[obligatorio]"
    rich_utils.DEFAULT_STRING = "[si no se dice: {}]"
    rich_utils.RICH_HELP = "Vea [blue]'{command_path} {help_option}'[/]."


def say(line: str = "") -> None:
    """One line, as it is: nothing in it is markup, and it is not cut."""
    out.print(line, markup=False, highlight=False, soft_wrap=True)


def note(line: str) -> None:
    """The same on the error stream, beside what a command writes."""
    Console(file=sys.stderr).print(line, markup=False, highlight=False, soft_wrap=True)


def stop(why: str) -> NoReturn:
    """Says why on the error stream and ends with code 1."""
    note(why)
    raise typer.Exit(1)


def agreed(question: str) -> bool:
    """Whether the person says yes; anything else is no."""
    answer = str(typer.prompt(f"{question} [s/N]", default="", show_default=False))
    return answer.strip().lower() in ("s", "si", "sí")


def unread(path: Path, error: Exception) -> str:
    """Why a file could not be read, or all that is wrong with what it says."""
    match error:
        case FileNotFoundError():
            return f"No existe el archivo «{path}»."
        case IsADirectoryError():
            return f"«{path}» es una carpeta: diga un archivo."
        case PermissionError():
            return f"No hay permiso para abrir «{path}»."
        case UnicodeDecodeError():
            line = error.object[: error.start].count(b"\n") + 1
            return f"«{path}» no está escrito en UTF-8 (línea {line}): guárdelo como UTF-8 desde su editor."
        case OSError():
            return f"No se pudo leer «{path}»."
        case _:
            return f"{path}:\n{error}"
