"""What two people may publish after what is published: a version that keeps the law of the one before, and that leaves nobody
waiting and tells nobody too much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from caravan.basics import Refusal
from caravan.picture import Picture
from caravan.protocol.chart import chart_of
from caravan.protocol.check import check
from caravan.protocol.load import load
from caravan.protocol.loading.source import read_tree
from caravan.protocol.locking.locks import weakened
from caravan.protocol.model import Protocol
from caravan.protocol.packs import packs_needed

BARRING: frozenset[str] = frozenset(
    {
        "to_define", "no_exit", "no_owner", "no_deadline", "no_path_to_final", "unreachable", "region_without_final",
        "unknown_waits", "other_owner", "automatic_cycle", "no_channel", "empty_rung", "sender_not_visible",
        "rung_not_visible", "told_too_much",
    }
)  # fmt: skip
"""Findings of the checker that keep a draft from being published: they leave a person waiting, or tell too much."""


def check_succession(picture: Picture, protocol: Protocol, text: str) -> None:
    """Refuses a version that is not above those published, and one that keeps less than what it follows."""
    above = max(_versions(picture, protocol.id), default=0)
    if protocol.version <= above:
        raise Refusal("version_not_higher", field="text", protocol=protocol.id, version=protocol.version, above=above)
    before = picture.protocols.get(picture.latest.get(protocol.id) or "")
    if before is not None:
        check_packs_kept(picture, before, protocol)
    _check_locks(picture, protocol, text, above)


def check_fit(protocol: Protocol) -> None:
    """Refuses what the checker finds that would leave somebody waiting, or tell too much; the rest are only warnings."""
    barring = [finding for finding in check(protocol) if finding.code in BARRING]
    if barring:
        raise Refusal("protocol_unfit", field="text", problems=list(dict.fromkeys(str(each) for each in barring)))


def check_free(picture: Picture, texts: Mapping[str, str]) -> None:
    """Refuses another text under an ``id@version`` that is taken, by a protocol or by a pack that came with one."""
    for key, text in texts.items():
        if picture.packs.get(key, text) != text:
            ident, _, version = key.rpartition("@")
            raise Refusal("protocol_version_taken", field="text", protocol=ident, version=int(version))


def _versions(picture: Picture, ident: str) -> list[int]:
    """The numbers taken under a name: published versions, and those that only came as a pack of another protocol."""
    return [_version(key) for key in picture.packs if _ident(key) == ident]


def check_packs_kept(picture: Picture, before: Protocol, after: Protocol) -> None:
    """What a version derives from, the one after it derives from too, in the same version or a higher one."""
    kept = {_ident(key): _version(key) for key in after.extends}
    lost = [key for key in before.extends if kept.get(_ident(key), 0) < _version(key)]
    if lost:
        told = [words for key in lost for words in _locked_words(_read(picture, key))]
        raise Refusal("packs_lost", field="text", packs=lost, problems=[f"«{each}»" for each in dict.fromkeys(told)])


def _check_locks(picture: Picture, protocol: Protocol, text: str, above: int) -> None:
    """The next version of a pack locks no less. What derives from another and is itself nobody's pack may take back what it
    made stronger by itself: its packs hold what is theirs."""
    key = f"{protocol.id}@{above}"
    if key not in picture.packs:
        return
    before = _read(picture, key)
    extended = {_ident(each) for name in picture.protocols for each in picture.protocols[name].extends}
    if before.extends and protocol.id not in extended:
        return
    if problems := weakened(before, protocol, read_tree(text)):
        raise Refusal("law_weakened", field="text", pack=key, problems=[str(each) for each in problems])


def _read(picture: Picture, key: str) -> Protocol:
    text = picture.packs[key]
    known = {name: picture.packs[name] for name in picture.packs}
    return load(text, {name: known[name] for name in packs_needed(text, known)})


def _locked_words(pack: Protocol) -> Iterator[str]:
    """What a pack locks, in the words of its own steps and buttons."""
    for name in pack.machines:
        for node in chart_of(pack, name).nodes[1:]:
            if node.state.locked:
                yield node.state.label.get("es") or node.id
            for transition in node.state.transitions:
                if transition.locked:
                    yield transition.label.get("es") or node.state.label.get("es") or node.id


def _ident(key: str) -> str:
    return key.rpartition("@")[0]


def _version(key: str) -> int:
    return int(key.rpartition("@")[2])
