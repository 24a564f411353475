"""What two versions of a protocol may differ in, and the Spanish sentence that says each difference."""

from __future__ import annotations

from collections.abc import Iterable

from caravan.basics import Record

GROUPS: tuple[tuple[str, str], ...] = (
    ("law", "Lo que la ley deja fijo"),
    ("gone", "Pasos que se quitan"),
    ("steps", "Pasos nuevos o cambiados"),
    ("owners", "Quién responde"),
    ("deadlines", "Plazos"),
    ("notices", "Avisos"),
    ("tasks", "Tareas"),
    ("ladder", "A quién se avisa de un plazo vencido"),
    ("evidence", "Constancias que se piden"),
    ("ways", "Qué termina cada paso"),
    ("guards", "Condiciones"),
    ("effects", "Otros efectos"),
    ("visibility", "Quién puede saber"),
    ("provenance", "De dónde sale"),
    ("agencies", "Instituciones"),
    ("levels", "Niveles"),
    ("services", "Horarios"),
    ("calendar", "Días hábiles"),
    ("facts", "Datos que se leen"),
    ("head", "Encabezado"),
    ("words", "Palabras"),
    ("order", "Orden"),
)
"""The groups a reader meets, in this order, with their titles."""

_SENTENCES: dict[str, tuple[str, str]] = {
    "pack.gone": ("law", "Ya no deriva de {old}: lo que ese paquete dejaba fijo ya no obliga."),
    "pack.changed": ("law", "Derivaba de {old}; ahora deriva de {new}."),
    "pack.added": ("law", "Ahora deriva de {new}: lo que ese paquete deja fijo obliga."),
    "lock.steps_gone": ("law", "{about}: {old}."),
    "lock.gone": ("law", "{step} deja de estar fijo: podrá quitarse o debilitarse."),
    "lock.way_gone": ("law", "{step}: {about} deja de estar fijo."),
    "lock.added": ("law", "{step} queda fijo: quien derive de este protocolo no podrá quitarlo."),
    "lock.way_added": ("law", "{step}: {about} queda fijo."),
    "machine.added": ("steps", "Se agrega la parte {step}, con {new} pasos."),
    "machine.gone": ("gone", "Se quita la parte {step}, con {old} pasos."),
    "machine.instance": ("steps", "La parte {step} se seguía por cada {old}; ahora por cada {new}."),
    "machine.initial": ("steps", "La parte {step} empezaba en {old}; ahora empieza en {new}."),
    "step.added": ("steps", "Se agrega el paso {step}{about}."),
    "step.gone": ("gone", "Se quita el paso {step}."),
    "step.renamed": ("steps", "El paso {step} cambia de clave: era «{old}», ahora «{new}»."),
    "step.moved": ("steps", "El paso {step} estaba dentro de {old}; ahora está dentro de {new}."),
    "step.kind": ("steps", "El paso {step} era {old}; ahora es {new}."),
    "step.initial": ("steps", "Dentro de {step} se empezaba en {old}; ahora se empieza en {new}."),
    "history.deep": ("steps", "La memoria {step} era {old}; ahora es {new}."),
    "owner.changed": ("owners", "De {step} respondía {old}; ahora responde {new}."),
    "deadline.added": ("deadlines", "{step} no tenía plazo propio; ahora tiene {new}."),
    "deadline.gone": ("deadlines", "{step} tenía un plazo de {old}; ahora no tiene plazo propio."),
    "deadline.changed": ("deadlines", "El plazo de {step} era de {old}; ahora es de {new}."),
    "warning.changed": ("deadlines", "Antes de que venza {step} se avisaba: {old}; ahora: {new}."),
    "delay.changed": ("deadlines", "{step} pasaba por sí solo a otro paso {old}; ahora {new}."),
    "ladder.changed": ("ladder", "Si vence {step} se avisaba a {old}; ahora a {new}."),
    "ladder.protocol": ("ladder", "Si vence un plazo se avisaba a {old}; ahora a {new}."),
    "notice.added": ("notices", "{step}: {about}, ahora se avisa a {new}."),
    "notice.gone": ("notices", "{step}: {about}, ya no se avisa a {old}."),
    "notice.changed": ("notices", "{step}: {about}, se avisaba a {old}; ahora a {new}."),
    "task.added": ("tasks", "{step}: {about}, ahora se pide la tarea {new}."),
    "task.gone": ("tasks", "{step}: {about}, ya no se pide la tarea {old}."),
    "task.changed": ("tasks", "{step}: {about}, la tarea era {old}; ahora es {new}."),
    "evidence.added": ("evidence", "En {step}, {about} pide ahora también {new}."),
    "evidence.gone": ("evidence", "En {step}, {about} ya no pide {old}."),
    "way.added": ("ways", "{step}: ahora también {about} {new}."),
    "way.gone": ("ways", "{step}: {about} ya no {old}."),
    "way.target": ("ways", "{step}: {about} {old}; ahora {new}."),
    "way.form": ("ways", "{step}, {about}: {old}; ahora {new}."),
    "way.order": ("ways", "{step}: {about}, antes {old}; ahora {new}."),
    "senders.changed": ("ways", "{step}: {about} lo podía anotar {old}; ahora {new}."),
    "guard.added": ("guards", "{step}: {about}, ahora solo si {new}."),
    "guard.gone": ("guards", "{step}: {about}, ya no hace falta que se cumpla: {old}."),
    "guard.changed": ("guards", "{step}: {about}, antes si {old}; ahora si {new}."),
    "effect.added": ("effects", "{step}: {about}, ahora además: {new}."),
    "effect.gone": ("effects", "{step}: {about}, ya no: {old}."),
    "visible.changed": ("visibility", "De {step} podía saber {old}; ahora {new}."),
    "provenance.changed": ("provenance", "La fuente de {step} era {old}; ahora es {new}."),
    "provenance.protocol": ("provenance", "La procedencia decía «{old}»; ahora dice «{new}»."),
    "agency.added": ("agencies", "Se agrega la institución {new} ({about})."),
    "agency.gone": ("agencies", "Se quita la institución {old} ({about})."),
    "agency.name": ("agencies", "«{old}» se llama ahora «{new}»."),
    "agency.kind": ("agencies", "El papel de {about} era {old}; ahora es {new}."),
    "agency.channels": ("agencies", "A {about} se le avisaba por {old}; ahora por {new}."),
    "level.added": ("levels", "Se agrega el nivel {about}, desde {new} personas."),
    "level.gone": ("levels", "Se quita el nivel {about}, que empezaba en {old} personas."),
    "level.minimum": ("levels", "El nivel {about} empezaba en {old} personas; ahora en {new}."),
    "service.added": ("services", "Se agrega el horario {about}: {new}."),
    "service.gone": ("services", "Se quita el horario {about}: {old}."),
    "service.changed": ("services", "El horario {about} era {old}; ahora es {new}."),
    "calendar.changed": ("calendar", "Los días hábiles eran los de «{old}»; ahora los de «{new}»."),
    "calendar.days": ("calendar", "Del calendario, {about}: antes {old}; ahora {new}."),
    "closure.added": ("calendar", "El {about} ya no es día hábil ({new})."),
    "closure.gone": ("calendar", "El {about} vuelve a ser día hábil (era: {old})."),
    "closure.changed": ("calendar", "El {about} es inhábil por «{new}»; antes por «{old}»."),
    "fact.added": ("facts", "Se lee un dato más: {about} ({new})."),
    "fact.gone": ("facts", "Ya no se lee el dato {about} ({old})."),
    "fact.changed": ("facts", "El dato {about} era {old}; ahora es {new}."),
    "payload.added": ("facts", "Con «{about}» se anota ahora también {new}."),
    "payload.gone": ("facts", "Con «{about}» ya no se anota {old}."),
    "payload.changed": ("facts", "Lo que se anota con «{about}» era {old}; ahora es {new}."),
    "head.changed": ("head", "{about}: antes, {old}; ahora, {new}."),
    "words.changed": ("words", "{step}: decía {old}; ahora, {new}."),
    "words.event": ("words", "{step}: {about} decía {old}; ahora, {new}."),
    "words.translated": (
        "words",
        "Cambian palabras en otras lenguas ({about} en total); las españolas son las mismas o se dicen aparte.",
    ),
    "order.changed": ("order", "{step}: {about} en otro orden. Antes: {old}. Ahora: {new}."),
    "order.only": ("order", "Solo cambia el orden en que está escrito; todo lo demás es igual."),
    "other": ("head", "Cambia algo que esta comparación no sabe nombrar: lea los dos textos."),
}
_FIXED = frozenset(
    {
        "owner.changed", "deadline.gone", "deadline.changed", "ladder.changed", "notice.gone", "notice.changed", "task.gone", "task.changed",
        "evidence.gone", "way.gone", "way.target", "way.order", "senders.changed", "guard.added", "guard.gone", "guard.changed", "effect.gone",
        "visible.changed", "step.gone", "step.moved", "step.kind",
    }
)  # fmt: skip
"""What is read with the law where it happens to something that was locked."""

_LEGAL = {code: place for place, (code, (group, _)) in enumerate(_SENTENCES.items()) if group == "law"}
_PLACE = {group: place for place, (group, _) in enumerate(GROUPS)}


class Difference(Record, frozen=True):
    """One thing that is not as it was. ``state`` is its id and ``step`` its Spanish words; ``about`` the event, agency or
    moment it concerns; ``old`` and ``new`` in words; ``fixed`` that it stood in what was locked."""

    code: str
    machine: str = ""
    state: str = ""
    step: str = ""
    about: str = ""
    old: str = ""
    new: str = ""
    fixed: bool = False

    @property
    def group(self) -> str:
        """Which of ``GROUPS`` it is read in."""
        return "law" if self.fixed and self.code in _FIXED else _SENTENCES[self.code][0]

    @property
    def said(self) -> str:
        """The difference as one sentence."""
        text = _SENTENCES[self.code][1].format(step=self.step, about=self.about, old=self.old, new=self.new)
        return text[0].upper() + text[1:]


def reading_order(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """What the law fixes first, packs and locks before the rest of it; then steps, owners, deadlines and notices; inside a
    group as they were found."""
    return tuple(sorted(found, key=lambda one: (_PLACE[one.group], _LEGAL.get(one.code, len(_LEGAL)))))


def grouped(found: Iterable[Difference]) -> list[tuple[str, list[Difference]]]:
    """The title of each group that has something to tell, with its differences."""
    by_group: dict[str, list[Difference]] = {}
    for difference in found:
        by_group.setdefault(difference.group, []).append(difference)
    return [(title, by_group[group]) for group, title in GROUPS if group in by_group]
