"""Broken files: whatever is done to a protocol's text, it is refused with a place inside it, or it runs."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hostile_protocols import hostile
from hypothesis import given, settings
from hypothesis import strategies as st

from caravan.policies import is_policy
from caravan.protocol.check import check
from caravan.protocol.load import load
from caravan.protocol.model import EndlessLoop, Protocol, ProtocolErrors, Snapshot, Trigger
from caravan.protocol.packs import key_of
from caravan.protocol.step import next_due, possible, start, step

ROOT = Path(__file__).parents[2]
TEXTS = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "protocols").glob("*.yaml"))]
SHIPPED = [text for text in TEXTS if not is_policy(text)]
PACKS = {key_of(text): text for text in SHIPPED}
BASE = next(text for text in SHIPPED if "protocolo: base-legal" in text)
OVERLAY = next(text for text in SHIPPED if "protocolo: guanajuato" in text)
NIGHT = datetime(2023, 5, 16, 3, 0, tzinfo=UTC)
WORDS = (
    "", "si", "no", "on", "12:30", "007", "-1", "1e9", "null", "[]", "{}", "[[]]", "{a: {a: {a: 1}}}", "'", '"', "|", ">", "&a x", "*a",
    "!!binary x", "<<", "30 dh", "9999 d", "0 s", "=grupo.nna", "=", "= (", "not " * 50 + "x", "en('x')", "x" * 5000, "\u202e", "\t", "ñ",
    "SDH", "[SDH, INM]", "{D: x}", "true", "true true", "*", "a.*", "#", ": :", "- -", "? ?", "---", "...", "%", "@", "`",
)  # fmt: skip
FEW = settings(max_examples=100, deadline=None, derandomize=True, database=None)


@st.composite
def broken(draw: st.DrawFn) -> str:
    """A shipped file after one to four changes of whole lines, of values and of single signs."""
    lines = draw(st.sampled_from((BASE, OVERLAY))).split("\n")
    for _ in range(draw(st.integers(1, 4))):
        at, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(("delete", "double", "swap", "indent", "value", "key", "sign", "cut", "move"))):
            case "delete":
                del lines[at : at + draw(st.integers(1, 5))]
            case "double":
                lines[other:other] = lines[at : at + draw(st.integers(1, 8))]
            case "swap":
                lines[at], lines[other] = lines[other], lines[at]
            case "indent":
                width = draw(st.integers(0, 12))
                lines[at] = " " * width + lines[at].lstrip()
            case "value":
                key, colon, _ = lines[at].partition(":")
                lines[at] = f"{key}{colon} {draw(st.sampled_from(WORDS))}"
            case "key":
                indent = len(lines[at]) - len(lines[at].lstrip())
                lines[at] = " " * indent + draw(st.sampled_from(WORDS)) + ": " + lines[at].partition(":")[2]
            case "sign":
                place = draw(st.integers(0, max(0, len(lines[at]) - 1)))
                lines[at] = lines[at][:place] + draw(st.characters()) + lines[at][place + 1 :]
            case "cut":
                lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
            case _:
                lines.insert(other % (len(lines) or 1), lines.pop(at))
        lines = lines or [""]
    return "\n".join(lines)


YAML_TREES = st.recursive(
    st.sampled_from(WORDS) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(("estados", "cuando", "si", "plazo", "a")), inner),
    max_leaves=12,
)  # fmt: skip


def flow(tree: object) -> str:
    """Any tree as YAML of one line, its words as they are."""
    if isinstance(tree, list):
        return "[" + ", ".join(map(flow, tree)) + "]"
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key}: {flow(value)}" for key, value in tree.items()) + "}"
    return str(tree)


def refused_or_run(text: str) -> None:
    """What must be true of every text: a list of problems with places inside the file, or a protocol that runs."""
    try:
        protocol = load(text, PACKS)
    except ProtocolErrors as errors:
        assert errors.problems
        for problem in errors.problems:
            assert is_inside(PACKS.get(problem.file, text), problem.line, problem.column), problem
        return
    check(protocol)
    for machine in protocol.machines:
        run(protocol, machine)


def is_inside(text: str, line: int, column: int) -> bool:
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return 1 <= line <= len(lines) and 1 <= column <= len(lines[line - 1]) + 1


def run(protocol: Protocol, machine: str) -> None:
    """A few steps: every event that is possible, then the clock. Each snapshot is read again, so it is a legal one."""
    try:
        snapshot = start(protocol, machine, {}, NIGHT).snapshot
        for turn in range(6):
            if snapshot.done:
                return
            snapshot = moved(protocol, snapshot, NIGHT + timedelta(hours=turn))
    except EndlessLoop:
        return


def moved(protocol: Protocol, snapshot: Snapshot, now: datetime) -> Snapshot:
    for event in possible(protocol, snapshot):
        given = dict.fromkeys(event.requires, "x")
        snapshot = step(
            protocol, snapshot, Trigger(kind="event", name=event.event, payload=dict(given)), {}, now
        ).snapshot
        if snapshot.done:
            return snapshot
    due = next_due(snapshot)
    timer = next((timer for timer in snapshot.timers if timer.due == due), None)
    if timer is not None:
        return step(protocol, snapshot, Trigger(kind="timer", timer=timer), {}, max(now, timer.due)).snapshot
    return snapshot


@FEW
@given(broken())
def test_a_broken_file_is_refused_with_places_inside_it_or_runs(text: str):
    refused_or_run(text)


@FEW
@given(broken(), broken())
def test_a_file_over_a_broken_pack_is_refused_or_runs(pack: str, own: str):
    try:
        load(own, PACKS | {"base-legal@1": pack})
    except ProtocolErrors as errors:
        assert errors.problems
        assert all(problem.line > 0 and problem.column > 0 for problem in errors.problems)


@FEW
@given(
    YAML_TREES, st.sampled_from(("estados:", "maquinas:", "datos:", "agencias:", "horarios:", "eventos:", "entidad:"))
)
def test_any_tree_in_the_place_of_a_part_is_refused_or_runs(tree: object, part: str):
    head, _, tail = BASE.partition(part)
    refused_or_run(f"{head}{part} {flow(tree)}\n{tail}")
    refused_or_run(flow(tree))


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    st.text()
    | st.binary().map(lambda raw: raw.decode("latin-1"))
    | st.text(alphabet="[]{}:,-?&*!|>'\"%@`# \n\tab0", max_size=60)
)
def test_any_text_at_all_is_refused_with_places_inside_it(text: str):
    with pytest.raises(ProtocolErrors) as refused:
        load(text)
    assert all(is_inside(text, problem.line, problem.column) for problem in refused.value.problems)


CEILING = 100 << 20
CHILD = """
import resource
from hostile_protocols import hostile
from caravan.protocol.load import load
from caravan.protocol.model import ProtocolErrors

files = dict(hostile())
load(files["alternatives"])
here = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (here + {ceiling}, here + {ceiling}))
for name, text in files.items():
    try:
        {work}
        print(name, "loaded")
    except ProtocolErrors as errors:
        assert errors.problems and all(problem.line > 0 for problem in errors.problems), name
        print(name, "refused")
"""


def child(work: str) -> subprocess.CompletedProcess[str]:
    """A process that may not grow beyond the ceiling, does ``work`` with every hostile file, and is killed if it never ends."""
    return subprocess.run(
        [sys.executable, "-c", CHILD.format(ceiling=CEILING, work=work)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": ""},
    )


def test_files_made_to_hurt_are_answered_within_their_memory_and_time() -> None:
    done = child("load(text)")
    assert done.returncode == 0, done.stderr[-2000:]
    assert [line.rpartition(" ")[0] for line in done.stdout.splitlines()] == [name for name, _ in hostile()]


def test_the_ceiling_of_memory_is_one_a_file_could_break() -> None:
    assert "MemoryError" in child(f"held = bytearray({CEILING})").stderr
