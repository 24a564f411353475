"""The command line: everything an installation is run with, and everything that is done with a protocol's file."""

from caravan.cli import adopting, drawing, meals, migrating, placement, policies, protocol, replay, versions
from caravan.cli.installation import cli
from caravan.cli.speaking import speak_spanish

speak_spanish()
cli.add_typer(protocol.commands, name="protocol")
cli.add_typer(policies.commands, name="policy")
cli.add_typer(meals.commands, name="meals")
cli.add_typer(placement.commands, name="placement")

__all__ = ["adopting", "cli", "drawing", "main", "migrating", "replay", "versions"]


def main() -> None:
    cli()
