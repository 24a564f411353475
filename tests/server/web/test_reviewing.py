"""A text beside the checker: what it is compared with."""

from __future__ import annotations

from realm import PACKS, PROTOCOL

from caravan.protocol.load import load
from caravan.server.web.reviewing import followed, review


def _numbered(text: str, version: int) -> str:
    head, _, rest = text.partition("\nversion: ")
    return f"{head}\nversion: {version}\n{rest.partition(chr(10))[2]}"


def test_a_pack_s_next_version_is_told_against_the_pack_that_others_extend() -> None:
    key, text = next(iter(PACKS.items()))
    found = review(_numbered(text, 9), PACKS, [])
    assert (found.protocol.partition("@")[2], found.against) == ("9", key)
    assert found.changes == ()


def test_a_text_follows_the_newest_version_and_a_published_one_the_newest_below_its_own() -> None:
    published = [load(_numbered(PROTOCOL, version), PACKS) for version in (2, 3, 5)]
    ident = published[0].id

    def follows(before: int | None) -> int:
        found = followed(ident, {}, published, before=before)
        assert found is not None
        return found.version

    assert (follows(None), follows(5), follows(3)) == (5, 3, 2)
    assert followed(ident, {}, published, before=2) is None
    assert followed("otro", {}, published) is None
