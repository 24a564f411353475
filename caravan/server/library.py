"""The protocol files of a folder and those that come with the program, by ``id@version``: where packs are looked for."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from caravan.basics import Record
from caravan.commands import PublishPolicy, PublishProtocol
from caravan.protocol.loading.source import read_tree
from caravan.protocol.model import Problem, Protocol, ProtocolErrors
from caravan.protocol.packs import child, key_of, packs_needed
from caravan.server.settings import shipped


class Pack(Record, frozen=True):
    """A protocol file that others may derive from, and where it was found."""

    file: Path
    text: str

    @property
    def fingerprint(self) -> str:
        """The first 12 digits of the text's SHA-256."""
        return sha256(self.text.encode()).hexdigest()[:12]


def packs_of(path: Path) -> dict[str, Pack]:
    """The protocols in the folder of ``path`` and the shipped ones, by ``id@version``. Raises ``ProtocolErrors`` where the
    file derives from an ``id@version`` of which there are two different texts: nothing says which one holds the law."""
    found: dict[str, list[Pack]] = {}
    for file in (*sorted(shipped("protocols").glob("*.yaml")), *sorted(path.parent.glob("*.yaml"))):
        try:
            text = file.read_text(encoding="utf-8")
            same = found.setdefault(key_of(text), [])
        except (ProtocolErrors, UnicodeDecodeError, OSError):
            continue
        if file.resolve() != path.resolve() and text not in [pack.text for pack in same]:
            same.append(Pack(file, text))
    known = {key: packs[0] for key, packs in found.items() if packs}
    for key in _chain(path, known):
        if len(found.get(key, ())) > 1:
            raise _two_texts(path, key, found[key])
    return known


def _chain(path: Path, known: dict[str, Pack]) -> list[str]:
    try:
        return packs_needed(path.read_text(encoding="utf-8"), {key: pack.text for key, pack in known.items()})
    except (ProtocolErrors, UnicodeDecodeError, OSError):
        return []


def _two_texts(path: Path, key: str, packs: list[Pack]) -> ProtocolErrors:
    named = child(read_tree(path.read_text(encoding="utf-8")), "deriva_de")
    where = (1, 1) if named is None else (named.place.line, named.place.column)
    files = ", ".join(f"{pack.file} (huella {pack.fingerprint})" for pack in packs)
    return ProtocolErrors([Problem(*where, f"hay dos textos distintos de {key}: {files}. Deje uno solo")])


def packs_beside(path: Path) -> dict[str, str]:
    """The texts of ``packs_of``."""
    return {key: pack.text for key, pack in packs_of(path).items()}


def publication(path: Path) -> PublishProtocol:
    """The order to publish a file with the packs it derives from, and no others. Raises ``OSError``,
    ``UnicodeDecodeError``, and ``ProtocolErrors`` for a head that cannot be read; a missing pack is left to the loader."""
    text = path.read_text(encoding="utf-8")
    known = packs_beside(path)
    return PublishProtocol(text=text, packs={key: known[key] for key in packs_needed(text, known) if key in known})


POLICY_FILE = ".colocacion.yaml"
"""How the file of a placement policy ends; it stands beside the protocol whose name it bears."""


def policy_beside(path: Path) -> PublishPolicy | None:
    """The order to publish the placement policy that stands beside a protocol's file, or ``None`` where none does. Raises
    ``OSError`` and ``UnicodeDecodeError``."""
    file = path.with_name(path.stem + POLICY_FILE)
    if not file.exists():
        return None
    return PublishPolicy(text=file.read_text(encoding="utf-8"), reason="La política que acompaña al protocolo")


def lineage(protocol: Protocol) -> frozenset[str]:
    """The ids of a protocol and of all it derives from: a draft is tried on what happened under any of them."""
    return frozenset({protocol.id, *(key.partition("@")[0] for key in protocol.extends)})
