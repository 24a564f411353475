"""The names of one machine: its states as they are declared, and what refers to them, resolved when all have been read."""

from __future__ import annotations

from collections.abc import Iterator

from caravan.protocol.loading.reading import Reader
from caravan.protocol.loading.source import Text

MAX_TARGETS = 24
"""How many states one transition, or one beginning, may name."""


class Names:
    """States by name with their parents; mentions wait until the whole machine has been read."""

    def __init__(self) -> None:
        self.places: dict[str, Text] = {}
        self.parents: dict[str, str] = {}
        self.parallels: set[str] = set()
        self.targets: list[tuple[str, list[Text]]] = []
        self.initials: list[tuple[str, list[Text]]] = []
        self.asked: list[tuple[str, Text]] = []
        self.delayed: set[str] = set()
        self.cancelled: list[tuple[str, Text]] = []

    def declare(self, reader: Reader, name: Text, parent: str) -> None:
        where = f"estado «{name.value}»"
        reader.state_name(name, where)
        if name.value in self.places:
            first = self.places[name.value].place.line
            reader.refuse(name.place, where, f"nombre repetido en la máquina (ya está en la línea {first})")
            return
        self.places[name.value] = name
        self.parents[name.value] = parent

    def resolve(self, reader: Reader, where: str) -> None:
        """Refuse every mention of what the machine has not, and every target that cannot be entered."""
        for state, targets in self.targets:
            self._targets(reader, state, targets)
        for state, initial in self.initials:
            inside = f"estado «{state}»" if state else where
            if len(initial) > MAX_TARGETS:
                reader.refuse(initial[0].place, inside, f"más de {MAX_TARGETS} estados iniciales")
                continue
            known = [n for n in initial if reader.one_of(n, self.places, "estado inicial desconocido", inside)]
            for name in known:
                if state not in self._above(name.value):
                    message = f"«inicial» lleva un estado de adentro; «{name.value}» no lo es"
                    reader.refuse(name.place, inside, message)
            self._regions(reader, known, inside)
        for inside, name in self.asked:
            reader.one_of(name, self.places, "estado desconocido", inside)
        for inside, event in self.cancelled:
            reader.one_of(event, self.delayed, "ningún «emitir» con «tras» demora", inside)

    def _targets(self, reader: Reader, state: str, targets: list[Text]) -> None:
        inside = f"estado «{state}»"
        if len(targets) > MAX_TARGETS:
            reader.refuse(targets[0].place, inside, f"más de {MAX_TARGETS} destinos")
            return
        known = [target for target in targets if reader.one_of(target, self.places, "destino desconocido", inside)]
        for target in known:
            if state in self.parallels and state in self._above(target.value):
                message = f"un estado en paralelo no va a su propia región («{target.value}»)"
                reader.refuse(target.place, inside, message)
        self._regions(reader, known, inside)

    def _above(self, state: str) -> Iterator[str]:
        while state:
            state = self.parents[state]
            yield state

    def _regions(self, reader: Reader, targets: list[Text], where: str) -> None:
        """Several targets stand in different regions of a parallel state."""
        for place, target in enumerate(targets):
            line = {target.value, *self._above(target.value)}
            for other in targets[:place]:
                meet = next(each for each in (other.value, *self._above(other.value)) if each in line)
                if meet not in self.parallels or meet in (target.value, other.value):
                    message = f"«{other.value}» y «{target.value}» no están en regiones distintas"
                    reader.refuse(target.place, where, message)
