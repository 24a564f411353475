"""The protocols that come with the program, and small ones for trials, loaded."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from caravan.protocol.load import load
from caravan.protocol.model import Machine, Protocol, State
from caravan.server.library import POLICY_FILE, packs_beside

FOLDER = Path(__file__).parents[1] / "protocols"
TRIALS = Path(__file__).parent / "protocol" / "files"
FILES = [path for path in sorted(FOLDER.glob("*.yaml")) if not path.name.endswith(POLICY_FILE)]


def shipped() -> dict[str, Protocol]:
    """Every protocol file of the program and of the trials by its name."""
    files = [*FILES, *sorted(TRIALS.glob("*.yaml"))]
    return {path.stem: load(path.read_text(encoding="utf-8"), packs_beside(path)) for path in files}


PROTOCOLS = shipped()
MACHINES = [(name, machine) for name, protocol in PROTOCOLS.items() for machine in protocol.machines]

NASTY = "<script>alert(1)</script> & \"comillas\" 'x' ]]> \x00\x0b --> [*] {; #35; % \ud800 fin"


def with_words(protocol: Protocol, words: str) -> Protocol:
    """The same protocol with these words on every state and transition."""

    def reworded(state: State) -> State:
        return replace(
            state, label={"es": words}, children=tuple(reworded(child) for child in state.children),
            transitions=tuple(replace(t, label={"es": words}) for t in state.transitions),
        )  # fmt: skip

    def machine(one: Machine) -> Machine:
        return replace(one, states=tuple(reworded(state) for state in one.states))

    machines = {name: machine(one) for name, one in protocol.machines.items()}
    return replace(protocol, title={"es": words}, provenance=words, machines=machines)
