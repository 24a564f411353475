"""A protocol as a document to be read and signed: plain sentences for somebody who has never seen a statechart.

Pure: it makes ``Paper``, blocks of text without any markup. ``printed.py`` writes them as HTML; the PDF is the server's.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from caravan.basics import Record
from caravan.protocol.chart import Node, chart_of
from caravan.protocol.drawing.sight import machine_words
from caravan.protocol.model import Machine, Protocol
from caravan.protocol.telling.paper import Block, Facts, Heading, Paper, Paragraph, Table
from caravan.protocol.telling.spoken import listed, one_of, opening, plain, role_words, rung_words
from caravan.protocol.telling.stepwise import Telling

_MARKS: tuple[tuple[str, str, str], ...] = (
    ("L", "Ley", "Law"), ("S", "Fuente pública", "Public source"), ("K", "Conocimiento general sin verificar", "General knowledge, not verified"),
    ("D", "Propuesta de diseño", "Our own proposal"),
)  # fmt: skip
_RUNS = {
    "activacion": ("en cada activación", "in each response"),
    "grupo": ("con cada grupo que llega", "with each group that arrives"),
    "caso": ("en cada caso", "in each case"),
}
_MONTHS = {
    "es": ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"),
}  # fmt: skip
_DAYS = {
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}


class Source(Record, frozen=True):
    """The file the document is of: its fingerprint is printed, so that a signature speaks of these very bytes. ``packs`` are
    the texts it may derive from, by ``id@version``, printed likewise; ``undecided`` what is still missing in it, in
    sentences: a document with any is a draft that cannot be signed."""

    text: str
    packs: dict[str, str] = {}
    undecided: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        return _sha256(self.text)


def _sha256(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def document(protocol: Protocol, source: Source, language: str = "es") -> Paper:
    """The whole document. ``language`` is ``es`` or ``en``; what the file says only in Spanish stays so."""
    return _Writing(protocol, source, language).paper()


class _Writing:
    def __init__(self, protocol: Protocol, source: Source, language: str) -> None:
        self.protocol = protocol
        self.source = source
        self.language = language

    def t(self, es: str, en: str) -> str:
        return es if self.language == "es" else en

    def date(self, month: int, day: int, year: int | None = None) -> str:
        name = _MONTHS[self.language][month - 1]
        if self.language == "es":
            return f"{day} de {name}" + (f" de {year}" if year else "")
        return f"{day} {name}" + (f" {year}" if year else "")

    def paper(self) -> Paper:
        protocol = self.protocol
        blocks: list[Block] = [
            *self._reading(), *self._agencies(), *self._levels(), *self._ladder(), *self._services(),
        ]  # fmt: skip
        for number, machine in enumerate(protocol.machines.values(), start=1):
            blocks += self._machine(number, machine)
        blocks += [*self._packs(), *self._calendar()]
        return Paper(
            language=self.language, title=one_of(protocol.title, self.language), subtitle=protocol.state_name,
            front=tuple(self._front()), note=protocol.provenance, blocks=tuple(blocks), signature=() if self.source.undecided else self._signature(), draft=self._draft(),
            page=self.t("Página", "Page"), of=self.t("de", "of"), running=f"{one_of(protocol.title, self.language)} · {protocol.key}",
        )  # fmt: skip

    def _front(self) -> list[tuple[str, str]]:
        protocol = self.protocol
        rows = [
            (self.t("Protocolo", "Protocol"), protocol.id),
            (self.t("Versión", "Version"), str(protocol.version)),
            (self.t("Entidad", "State"), f"{protocol.state_name} ({protocol.pcode})"),
        ]
        if protocol.effective is not None:
            day = protocol.effective
            rows.append((self.t("Vigente desde", "In force from"), self.date(day.month, day.day, day.year)))
        if protocol.extends:
            rows.append((self.t("Se apoya en", "Built on"), ", ".join(protocol.extends)))
        rows.append((self.t("Huella del archivo (SHA-256)", "Fingerprint of the file (SHA-256)"), self.source.sha256))
        rows += [
            (self.t(f"Huella de {key} (SHA-256)", f"Fingerprint of {key} (SHA-256)"), _sha256(self.source.packs[key]))
            for key in protocol.extends
            if key in self.source.packs
        ]
        return rows

    def _reading(self) -> list[Block]:
        marks = tuple((mark, self.t(es, en)) for mark, es, en in _MARKS)
        return [
            Heading(1, self.t("Cómo se lee este documento", "How to read this document")),
            Paragraph(
                self.t(
                    "El protocolo se compone de pasos. De cada paso se dice quién responde, en cuánto tiempo, qué lo termina, qué "
                    "constancia debe acompañarlo, a quién se avisa y de dónde sale la regla. Varias líneas de atención corren al mismo "
                    "tiempo: ninguna espera a las demás, salvo que aquí se diga.",
                    "The protocol is made of steps. Each tells who answers for it, in how long, what ends it, which evidence must come "
                    "with it, who is told and where the rule comes from. Several lines of care run at the same time: none waits for "
                    "the others unless this document says so.",
                )
            ),
            Paragraph(self.t("De dónde sale cada regla se marca así:", "Where each rule comes from is marked so:")),
            Table((self.t("Marca", "Mark"), self.t("Qué significa", "What it means")), marks),
        ]

    def _agencies(self) -> list[Block]:
        rows = tuple(
            (
                a.id,
                a.name,
                opening(role_words(a.kind, self.language)),
                listed([plain(c) for c in a.channels], self.language) or "—",
            )
            for a in self.protocol.agencies.values()
        )
        head = (
            self.t("Clave", "Key"), self.t("Institución", "Agency"), self.t("Papel", "Part"), self.t("Cómo se le avisa", "How it is told"),
        )  # fmt: skip
        return [
            Heading(1, self.t("Instituciones y cómo se les avisa", "Agencies and how they are told")),
            Table(head, rows),
        ]

    def _levels(self) -> list[Block]:
        if not self.protocol.levels:
            return []
        rows = tuple((level.id, str(level.minimum)) for level in self.protocol.levels)
        head = (self.t("Nivel", "Level"), self.t("Desde cuántas personas", "From how many people"))
        return [Heading(1, self.t("Niveles", "Levels")), Table(head, rows)]

    def _ladder(self) -> list[Block]:
        ladder = self.protocol.ladder
        if ladder is None:
            return []
        who = listed([rung_words(self.protocol, rung, self.language) for rung in ladder.rungs], self.language)
        text = self.t(
            f"Cuando un plazo vence sin que el paso se cumpla, se avisa, uno cada {ladder.every}, a: {who}. Algunos pasos tienen su propia "
            "escala: entonces se dice en el paso.",
            f"When a deadline passes and the step is not done, these hear of it, one every {ladder.every}: {who}. Some steps have a "
            "ladder of their own: then the step says so.",
        )  # fmt: skip
        return [Heading(1, self.t("Quién se entera de un retraso", "Who hears of a delay")), Paragraph(text)]

    def _services(self) -> list[Block]:
        if not self.protocol.services:
            return []
        rows = tuple(
            (
                one_of(s.label, self.language) or plain(s.id), listed([_DAYS[self.language][d] for d in s.days], self.language),
                f"{s.opens:%H:%M}–{s.closes:%H:%M}", self.t("solo días hábiles", "working days only") if s.working_days else "—",
            )
            for s in self.protocol.services.values()
        )  # fmt: skip
        head = (
            self.t("Servicio", "Service"),
            self.t("Días", "Days"),
            self.t("Horario", "Hours"),
            self.t("Días inhábiles", "Closed days"),
        )
        return [Heading(1, self.t("Horarios de atención", "Opening hours")), Table(head, rows)]

    # --- the machines ---

    def _machine(self, number: int, machine: Machine) -> list[Block]:
        title = machine_words(self.protocol, machine.id, self.language)
        runs = self.t(*_RUNS[machine.instance])
        chart = chart_of(self.protocol, machine.id)
        telling = Telling(self.protocol, machine.id, self.language)
        blocks: list[Block] = [
            Heading(1, f"{number}. {title}"),
            Paragraph(
                self.t(f"Se sigue por separado {runs}.", f"It is followed apart {runs}.")
                + f" {telling.beginning(chart.root)}"
            ),
        ]
        return blocks + self._steps(chart.root.children, str(number), telling)

    def _steps(self, nodes: Sequence[Node], number: str, telling: Telling) -> list[Block]:
        blocks: list[Block] = []
        for n, node in enumerate(nodes, start=1):
            place = f"{number}.{n}"
            blocks.append(Facts(place, telling.title(node), telling.facts(node), len(node.path)))
            blocks += self._steps(node.children, place, telling)
        return blocks

    # --- what is fixed ---

    def _packs(self) -> list[Block]:
        locked = self._locked()
        if not self.protocol.extends and not locked:
            return []
        blocks: list[Block] = [
            Heading(1, self.t("De qué se deriva y qué no se puede quitar", "What it derives from and what is fixed"))
        ]
        if self.protocol.extends:
            names = listed(self.protocol.extends, self.language)
            blocks.append(
                Paragraph(self.t(f"Este protocolo se apoya en: {names}.", f"This protocol is built on: {names}."))
            )
        if locked:
            blocks += [
                Paragraph(
                    self.t(
                        "Los siguientes pasos y reglas están bloqueados: quien adapte el protocolo puede reforzarlos, nunca quitarlos ni "
                        "debilitarlos.",
                        "These steps and rules are locked: whoever adapts the protocol may strengthen them, never remove or weaken them.",
                    )
                ),
                Table((self.t("Paso", "Step"), self.t("Qué está bloqueado", "What is locked")), tuple(locked)),
            ]
        return blocks

    def _locked(self) -> list[tuple[str, ...]]:
        found: list[tuple[str, ...]] = []
        for machine in self.protocol.machines:
            telling = Telling(self.protocol, machine, self.language)
            for node in chart_of(self.protocol, machine).nodes[1:]:
                if node.state.locked:
                    found.append((telling.title(node), self.t("todo el paso", "the whole step")))
                found += [(telling.title(node), telling.exit(node, t)) for t in node.state.transitions if t.locked]
        return found

    def _calendar(self) -> list[Block]:
        calendar = self.protocol.calendar
        days = listed([_DAYS[self.language][d] for d in calendar.weekdays], self.language)
        closed = [self.date(month, day) for month, day in calendar.holidays]
        closed += [
            self.t(
                f"{self.date(r.month, r.day)} cada {r.every} años, como en {r.since}", f"{self.date(r.month, r.day)} every {r.every} years, as in {r.since}"
            )
            for r in calendar.recurring
        ]  # fmt: skip
        blocks: list[Block] = [
            Heading(1, self.t("Días hábiles", "Working days")),
            Paragraph(
                self.t(
                    f"Los plazos en días hábiles se cuentan con el calendario «{calendar.id}»: {days}, y no cuentan: ",
                    f"Terms in working days are counted by the calendar «{calendar.id}»: {days}; these do not count: ",
                )
                + (listed(closed, self.language) or "—") + "."
                + (f" {self.t('Fundamento', 'Source')}: {calendar.source}." if calendar.source else "")
            ),
        ]  # fmt: skip
        if calendar.closures:
            rows = tuple((self.date(d.month, d.day, d.year), why) for d, why in sorted(calendar.closures.items()))
            blocks.append(Table((self.t("Día inhábil", "Closed day"), self.t("Acuerdo", "Act")), rows))
        return blocks

    def _draft(self) -> tuple[str, ...]:
        if not self.source.undecided:
            return ()
        said = self.t(
            "Falta decidir lo que sigue; mientras falte, no se firma:", "To be decided before it can be signed:"
        )
        return (self.t("BORRADOR", "DRAFT"), said, *self.source.undecided)

    def _signature(self) -> tuple[str, ...]:
        return (
            self.t("Firma", "Signature"),
            self.t(
                "Leí este protocolo y lo autorizo. Las huellas que aparecen en la primera página identifican el texto exacto que firmo.",
                "I have read this protocol and authorise it. The fingerprints on the first page identify the exact text I sign.",
            ),
            self.t("Nombre", "Name"), self.t("Cargo", "Office"), self.t("Lugar y fecha", "Place and date"), self.t("Firma", "Signature"),
        )  # fmt: skip
