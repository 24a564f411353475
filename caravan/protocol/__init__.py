"""The protocol engine: a state's attention protocol as a statechart, read from YAML, checked and stepped. Pure."""

from caravan.protocol.check import Finding, check
from caravan.protocol.load import load
from caravan.protocol.model import (
    Effect,
    EndlessLoop,
    Problem,
    Protocol,
    ProtocolErrors,
    Snapshot,
    SnapshotError,
    Step,
    Timer,
    Trigger,
    Why,
)
from caravan.protocol.outlook import ActiveState, PossibleEvent, missing_evidence, next_due, possible, waiting
from caravan.protocol.step import start, step
from caravan.protocol.vocabulary import PROGRAM_EVENTS, PROGRAM_FACTS, Facts, FactType

__all__ = [
    "PROGRAM_EVENTS",
    "PROGRAM_FACTS",
    "ActiveState",
    "Effect",
    "EndlessLoop",
    "FactType",
    "Facts",
    "Finding",
    "PossibleEvent",
    "Problem",
    "Protocol",
    "ProtocolErrors",
    "Snapshot",
    "SnapshotError",
    "Step",
    "Timer",
    "Trigger",
    "Why",
    "check",
    "load",
    "missing_evidence",
    "next_due",
    "possible",
    "start",
    "step",
    "waiting",
]
