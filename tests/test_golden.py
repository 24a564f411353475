"""The journals of earlier releases: each folds to the picture it folded to then, and each of its steps comes out the same."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from golden import GOLDEN, Line, golden_of, played, read

from caravan import events as e
from caravan.coordination.replay import Divergence, divergences
from caravan.fold import fold
from caravan.picture import Picture

RELEASES = sorted(GOLDEN.iterdir())
_MOST_BYTES = 1_000_000


def _read_back(lines: list[Line]) -> tuple[Picture, list[Divergence], int]:
    picture, found, steps = Picture(), list[Divergence](), 0
    for line in lines:
        event = e.decode(bytes(line.fact))
        if isinstance(event, e.ProtocolStepped):
            steps += 1
            found += divergences(picture, event, line.at)
        picture = fold(picture, event, line.at)
    return picture, found, steps


def test_there_is_a_golden_journal_and_none_is_too_large_to_keep() -> None:
    assert [folder.name for folder in RELEASES][:1] == ["0.1"]
    assert all((folder / "journal.jsonl").stat().st_size < _MOST_BYTES for folder in RELEASES)


@pytest.mark.parametrize("folder", RELEASES, ids=lambda folder: folder.name)
def test_a_journal_of_a_release_folds_to_the_picture_it_folded_to_then(folder: Path) -> None:
    lines, golden = read(folder)
    picture, _, _ = _read_back(lines)
    found = golden_of(picture)
    assert found.facts == golden.facts == len(lines)
    assert found.protocols == golden.protocols
    assert {noun: found.digests[noun] for noun in golden.digests} == golden.digests


@pytest.mark.parametrize("folder", RELEASES, ids=lambda folder: folder.name)
def test_every_step_of_a_release_comes_out_as_it_was_recorded(folder: Path) -> None:
    _, found, steps = _read_back(read(folder)[0])
    assert steps > 40
    assert found == []


@pytest.mark.parametrize("folder", RELEASES, ids=lambda folder: folder.name)
def test_a_fact_that_was_tampered_with_is_found(folder: Path) -> None:
    """The proof proves: one word changed in one recorded step, and it is that step that is named."""
    lines = read(folder)[0]
    seq = next(
        line.seq for line in lines if b'"ProtocolStepped"' in bytes(line.fact) and b'"avisar"' in bytes(line.fact)
    )
    changed = bytes(lines[seq - 1].fact).replace(b'"avisar"', b'"registrar"', 1)
    lines[seq - 1] = msgspec.structs.replace(lines[seq - 1], fact=msgspec.Raw(changed))
    _, found, _ = _read_back(lines)
    assert [(one.seq, one.part) for one in found] == [(seq, "effects")]


@pytest.mark.anyio
async def test_the_night_played_today_is_read_back_and_comes_out_the_same() -> None:
    lines, picture = await played()
    again, found, steps = _read_back(lines)
    assert steps > 40
    assert found == []
    assert golden_of(again) == golden_of(picture)
