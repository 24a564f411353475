"""How a long search tells how far it is, and hears that it should stop."""

from __future__ import annotations

from collections.abc import Callable

from caravan.basics import Record
from caravan.shelters.plan import Vector


class Progress(Record, frozen=True):
    """``stage`` is the level being solved, or what else is being done: ``construct``, ``bound``, ``improve``, ``hub``, ``explain``. ``done``
    of ``of`` steps of it; ``vector`` is the best placement so far, where there is one."""

    stage: str
    done: int
    of: int
    vector: Vector | None = None


Watch = Callable[[Progress], bool]
"""Called now and then; false asks the search to stop and give the best it has."""


class Heard:
    """A watch that remembers whether the search was ever told to stop, and then goes on saying so."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self.stopped = False

    def __call__(self, progress: Progress) -> bool:
        self.stopped = self.stopped or not self._watch(progress)
        return not self.stopped


def unwatched(_progress: Progress) -> bool:
    return True
