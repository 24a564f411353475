"""Files that somebody else wrote: from where they are read, and how everything that is wrong with them is said."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import typer

from caravan.cli.speaking import note, unread
from caravan.given import Problem

_WRONG: dict[str, str] = {
    "not_json": "no es JSON válido ({error})",
    "absent": "falta",
    "an_object": "debe ser un objeto {{ … }}",
    "a_list": "debe ser una lista [ … ]",
    "a_whole_number": "debe ser un número entero",
    "a_text": "debe ser un texto, no vacío",
    "a_truth": "debe ser true o false",
    "out_of_bounds": "debe estar entre {least} y {most}; dice {given}",
    "not_among": "«{given}» no se conoce; se conocen: {known}",
    "repeated": "está repetido: «{given}»",
    "unknown_id": "«{given}» no existe en este archivo",
}


def given_text(file: Path) -> bytes:
    """The bytes of a file, or of what is piped in where it is ``-``. Ends with code 2 where there is none."""
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        note(unread(file, error))
        raise typer.Exit(2) from error


def complain(problems: Iterable[Problem], sentences: dict[str, str] | None = None) -> NoReturn:
    """One line a problem on the error stream, and the end with code 2. ``sentences`` are those of a format's own codes."""
    known = {**_WRONG, **(sentences or {})}
    for problem in problems:
        note(f"{problem.path or 'el documento'}: {known[problem.code].format(**problem.details)}")
    raise typer.Exit(2)


def give(answer: bytes, output: Path | None) -> None:
    """Writes the answer to a file, or to the output."""
    if output is None or str(output) == "-":
        sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()
        return
    try:
        output.write_bytes(answer)
    except OSError as error:
        note(f"No se pudo escribir «{output}».")
        raise typer.Exit(1) from error
