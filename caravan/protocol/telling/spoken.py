"""A protocol's parts as people say them, in Spanish or English: steps, events, terms, conditions and effects.

The file's own words come first; what the program itself sends or knows has its words here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from caravan.protocol import expressions as x
from caravan.protocol.model import Action, Deadline, Duration, Moment, Protocol, State, Transition

Language = Literal["es", "en"]
Words = Mapping[str, str]


def _two(es: str, en: str) -> dict[str, str]:
    return {"es": es, "en": en}


EVENTS: dict[str, dict[str, str]] = {
    "grupo_registrado": _two("Se registra un grupo", "A group is recorded"),
    "conteo_registrado": _two("Se registra un conteo", "A count is recorded"),
    "todos_con_lugar": _two("Todas las personas tienen lugar", "Everyone has a place"),
    "faltan_lugares": _two("Faltan lugares", "Places are short"),
    "todos_alojados": _two("Todas las personas están alojadas", "Everyone is lodged"),
    "todos_salieron": _two("Todas las personas salieron", "Everyone has left"),
    "oferta_vencida": _two("Vence un apartado", "A hold expires"),
    "oferta_rechazada": _two("Un albergue no puede recibir", "A shelter cannot receive"),
    "sobrecupo": _two("Llegan más de los esperados", "More arrive than expected"),
    "comida_pedida": _two("Se piden raciones", "Meals are ordered"),
    "comida_entregada": _two("Se sirven raciones", "Meals are served"),
    "comida_cancelada": _two("Se cancelan raciones", "Meals are cancelled"),
    "faltan_raciones": _two("Faltan raciones", "Meals are short"),
    "grupo_anulado": _two("Se anula el registro del grupo", "The group's record is annulled"),
    "grupo_concluido": _two("Concluye un grupo", "A group concludes"),
    "activacion_cerrada": _two("Se cierra la activación", "The response is closed"),
    "tarea_cumplida": _two("Se cumple una tarea", "A task is completed"),
    "relevo_aceptado": _two("Aceptan el relevo", "The handover is accepted"),
    "relevo_rechazado": _two("Rechazan el relevo", "The handover is refused"),
}
"""What the program sends by itself (``PROGRAM_EVENTS``)."""

FACTS: dict[str, dict[str, str]] = {
    "activacion.personas": _two("personas en la activación", "people in the response"),
    "activacion.grupos_abiertos": _two("grupos abiertos", "open groups"),
    "activacion.nivel": _two("el nivel", "the level"),
    "activacion.por_colocar": _two("personas sin lugar", "people without a place"),
    "activacion.casos_abiertos": _two("casos abiertos", "open cases"),
    "grupo.personas": _two("personas en el grupo", "people in the group"),
    "grupo.nna": _two("niñas, niños o adolescentes", "children or adolescents"),
    "grupo.nna_no_acompanados": _two("niñas, niños o adolescentes no acompañados", "unaccompanied children"),
    "grupo.mujeres": _two("mujeres", "women"),
    "grupo.horas_sin_comer": _two("horas sin comer", "hours without food"),
    "grupo.dias_sin_comer": _two("días sin comer", "days without food"),
    "grupo.solicitan_asilo": _two("personas que piden asilo", "people who ask for asylum"),
    "grupo.embarazadas": _two("mujeres embarazadas", "pregnant women"),
    "grupo.requieren_medico": _two("personas que requieren médico", "people who need a doctor"),
    "grupo.lactantes": _two("lactantes", "infants"),
    "grupo.por_colocar": _two("personas sin lugar", "people without a place"),
    "grupo.alojadas": _two("personas alojadas", "people lodged"),
    "grupo.fin_de_estancia": _two("el fin de la estancia", "the end of the stay"),
    "grupo.ingreso_al_pais": _two("el ingreso al país", "the entry into the country"),
    "grupo.idiomas": _two("los idiomas del grupo", "the group's languages"),
    "grupo.sobrecupo": _two("hay sobrecupo", "a shelter is over its places"),
}

EVIDENCE: dict[str, str] = {
    "folio_aviso": "folio del aviso", "folio_plan": "folio del plan", "acta_de_canalizacion": "acta de canalización",
    "numero": "número de la publicación", "descripcion": "descripción, sin nombres", "resolucion": "resolución",
    "tramite": "trámite", "constancia_comar": "constancia de COMAR", "conciliacion": "conciliación de las cifras",
    "bitacora": "anotación en la bitácora", "aviso_de_tramite_leido": "constancia de que se leyó el aviso del trámite",
    "salida_voluntaria": "constancia de que la salida es voluntaria", "atendidas": "personas atendidas",
    "trasladadas": "personas trasladadas", "pendientes_legales_entregados": "constancia de los pendientes legales entregados",
}  # fmt: skip

_UNITS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "d": (_two("1 día", "1 day"), _two("{n} días", "{n} days")),
    "dh": (_two("1 día hábil", "1 working day"), _two("{n} días hábiles", "{n} working days")),
}
_SIGNS: dict[str, dict[str, str]] = {
    "==": _two("es", "is"), "!=": _two("no es", "is not"), "<": _two("es menor que", "is less than"),
    "<=": _two("es a lo más", "is at most"), ">": _two("es mayor que", "is more than"), ">=": _two("es al menos", "is at least"),
    "+": _two("más", "plus"), "-": _two("menos", "minus"), "and": _two("y", "and"), "or": _two("o", "or"),
}  # fmt: skip
_OPPOSITE = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "==": "!=", "!=": "=="}
_HOPS = {
    "activacion": _two("la operación", "the response"),
    "grupos": _two("los grupos", "the groups"),
    "casos": _two("los casos", "the cases"),
}


def plain(name: str) -> str:
    """A name of the file as words: «folio plan» of ``folio_plan``."""
    return name.replace("_", " ")


def opening(text: str) -> str:
    return text[:1].upper() + text[1:]


def one_of(words: Words, language: str) -> str:
    """The words in this language; in Spanish where it has none."""
    return words.get(language) or words.get("es") or next(iter(words.values()), "")


def listed(things: Sequence[str], language: str, word: str = "and") -> str:
    """«a, b y c»."""
    if len(things) < 2:
        return "".join(things)
    joint = _SIGNS[word][language]
    if joint == "y" and things[-1][:1].lower() in ("i", "í"):
        joint = "e"
    return f"{', '.join(things[:-1])} {joint} {things[-1]}"


def state_words(state: State, language: str) -> str:
    return one_of(state.label, language) or opening(plain(state.id))


ROLES: dict[str, dict[str, str]] = {
    "coordinacion": _two("coordinación", "coordination"), "estatal": _two("estatal", "of the state"), "municipal": _two("municipal", "municipal"),
    "federal": _two("federal", "federal"), "internacional": _two("internacional", "international"), "civil": _two("sociedad civil", "civil society"),
    "derechos": _two("derechos humanos", "human rights"),
}  # fmt: skip


def role_words(role: str, language: str) -> str:
    """A ``papel`` in words."""
    known = ROLES.get(role)
    return known[language] if known is not None else plain(role)


def rung_words(protocol: Protocol, rung: str, language: str) -> str:
    """A rung of a ladder: the owner of the step, an agency by its name, or a part with the names of those who have it."""
    if rung == "responsable":
        return _two("quien responde del paso", "the step's owner")[language]
    if rung in protocol.agencies:
        return agency_words(protocol, rung)
    named = [a.name for a in protocol.agencies.values() if a.kind == rung]
    return f"{role_words(rung, language)} ({', '.join(named)})" if named else plain(rung)


_MARKS: dict[str, dict[str, str]] = {
    "L": _two("Ley", "Law"), "S": _two("Fuente pública", "Public source"), "K": _two("Sin verificar", "Not verified"),
    "D": _two("Propuesta de diseño", "Our own proposal"),
}  # fmt: skip


def mark_words(mark: str, language: str) -> str:
    """Where a rule comes from, by its mark."""
    return _MARKS[mark][language] if mark in _MARKS else mark


def evidence_words(name: str, language: str) -> str:
    return EVIDENCE.get(name, plain(name)) if language == "es" else plain(name)


def duration_words(duration: Duration, language: str) -> str:
    one, many = _UNITS.get(duration.unit, ({}, {}))
    words = one if duration.amount == 1 else many
    return words[language].format(n=duration.amount) if words else str(duration)


def delay_words(protocol: Protocol, delay: Duration | Moment, language: str) -> str:
    """What a transition waits for: a length of time, or a desk that opens or closes."""
    if isinstance(delay, Duration):
        return f"{_two('tras', 'after')[language]} {duration_words(delay, language)}"
    verb = _two("al abrir", "when it opens:") if delay.what == "opens" else _two("al cerrar", "when it closes:")
    return f"{verb[language]} «{service_words(protocol, delay.service, language)}»"


def service_words(protocol: Protocol, service: str, language: str) -> str:
    known = protocol.services.get(service)
    return (one_of(known.label, language) if known is not None else "") or plain(service)


def fact_words(name: str, language: str) -> str:
    known = FACTS.get(name)
    return known[language] if known is not None else plain(name.rpartition(".")[2])


def deadline_words(deadline: Deadline, language: str) -> str:
    """«30 min», «30 días hábiles desde el ingreso al país», «al llegar el fin de la estancia»."""
    if deadline.since is None:
        return duration_words(deadline.lasts, language)
    since = fact_words(deadline.since, language)
    if deadline.lasts.amount == 0:
        return _two(f"al llegar {since}", f"on {since}")[language]
    lasts = duration_words(deadline.lasts, language)
    return _two(f"{lasts} desde {since}", f"{lasts} from {since}")[language]


def event_words(protocol: Protocol, event: str, language: str) -> str:
    """An event as the file labels it anywhere, else in the program's words, else its name."""
    if event in EVENTS:
        return EVENTS[event][language]
    if event.startswith("done."):
        return _two("Al terminar", "When it is complete")[language]
    if event == "*":
        return _two("Cualquier aviso", "Anything")[language]
    labels = (one_of(t.label, language) for t in _transitions(protocol) if event in t.events and t.label)
    return next(labels, "") or opening(plain(event.replace(".", " ")))


def _transitions(protocol: Protocol) -> list[Transition]:
    found: list[Transition] = []
    stack = [state for machine in protocol.machines.values() for state in reversed(machine.states)]
    while stack:
        state = stack.pop()
        found += state.transitions
        stack += reversed(state.children)
    return found


def transition_words(protocol: Protocol, transition: Transition, language: str) -> str:
    """What makes it happen, without its condition: «Verificar y activar», «tras 7 días»; «» for an automatic one."""
    if transition.delay is not None:
        return delay_words(protocol, transition.delay, language)
    said = one_of(transition.label, language) if transition.label else ""
    return said or " / ".join(event_words(protocol, event, language) for event in transition.events)


def is_otherwise(state: State, transition: Transition) -> bool:
    """Whether it is what happens when the conditions of those before it do not hold."""
    before = state.transitions[: state.transitions.index(transition)]
    return (
        transition.guard is None
        and transition.delay is None
        and any(t.guard is not None and t.delay is None and t.events == transition.events for t in before)
    )


# --- conditions ---------------------------------------------------------------------------------------------------------


def guard_words(protocol: Protocol, text: str, language: str) -> str:
    """A guard as a clause: «hay niñas, niños o adolescentes y «Sin niñez» está en curso»."""
    return _Guard(protocol, language).say(x.parse(text))


def undecided_words(protocol: Protocol, transition: Transition, language: str) -> str:
    """That a guard refuses as long as nobody knows what it reads: «mientras no se sepa, no»; with the names of what must be
    known where it reads other things too; «» for a guard that something known decides."""
    if transition.guard is None:
        return ""
    guard, lacking = x.parse(transition.guard), dict[str, None]()
    for name in x.names(guard):
        kinds = protocol.facts.get(name.owner, {})
        if name.owner == "evento":
            kinds = {
                field: kind for event in transition.events for field, kind in protocol.events.get(event, {}).items()
            }
        kind = kinds.get(name.field)
        unknown = kind is not None and kind.optional and kind.default is None
        if unknown and True not in _answers(guard, name.text):
            lacking[fact_words(name.text, language)] = None
    if not lacking:
        return ""
    read = {name.text for name in x.names(guard)} | {state.state for state in x.states(guard)}
    named = f": {listed(list(lacking), language)}" if len(read) > 1 else ""
    return _two("mientras no se sepa, no", "not while it is unknown")[language] + named


def _answers(node: x.Node, unknown: str) -> set[bool]:
    """What a condition can still come to while the value of that name is not known; nothing if it stays undecided."""
    match node:
        case x.Binary(operator="and" | "or" as operator):
            left, right = _answers(node.left, unknown), _answers(node.right, unknown)
            decisive = operator == "or"
            return ({decisive} & (left | right)) | ({not decisive} & left & right)
        case x.Not(part=part):
            return {not answer for answer in _answers(part, unknown)}
        case x.Known(name=name) if name.text == unknown:
            return {False}
        case x.Known() | x.Constant():
            return {True, False}
        case _:
            return set() if any(name.text == unknown for name in x.names(node)) else {True, False}


class _Guard:
    def __init__(self, protocol: Protocol, language: str) -> None:
        self.protocol = protocol
        self.language = language

    def say(self, node: x.Node) -> str:
        match node:
            case x.Binary(operator="and" | "or"):
                parts = [self._part(part, node.operator) for part in (node.left, node.right)]
                return f" {_SIGNS[node.operator][self.language]} ".join(parts)
            case x.Binary():
                return self._comparison(node)
            case x.Not(part=part):
                return self._denied(part)
            case x.Among(part=part, options=options):
                values = [self._value(option.value) for option in options]
                return f"{self.say(part)} {_SIGNS['=='][self.language]} {listed(values, self.language, 'or')}"
            case x.InState(state=state):
                return f"{_two('está en', 'it stands at')[self.language]} «{self._state(state)}»"
            case x.IsOpen(service=service):
                name = service_words(self.protocol, service, self.language)
                return f"{_two('está abierto', 'it is open:')[self.language]} «{name}»"
            case x.Known(name=name):
                return f"{_two('se conoce', 'it is known:')[self.language]} {self.say(name)}"
            case x.Name():
                return fact_words(node.text, self.language)
            case x.Constant(value=value):
                return self._value(value)

    def _denied(self, part: x.Node) -> str:
        if isinstance(part, x.InState):
            return f"{_two('no está en', 'it does not stand at')[self.language]} «{self._state(part.state)}»"
        if isinstance(part, x.Binary) and part.operator in _OPPOSITE:
            return self._comparison(x.Binary(_OPPOSITE[part.operator], part.left, part.right, part.offset))
        return f"{_two('no se cumple que', 'it is not so that')[self.language]} {self.say(part)}"

    def _part(self, node: x.Node, around: str) -> str:
        said = self.say(node)
        mixed = isinstance(node, x.Binary) and node.operator in ("and", "or") and node.operator != around
        return f"({said})" if mixed else said

    def _comparison(self, node: x.Binary) -> str:
        """Counts are there or not: «hay mujeres», «no hay mujeres»."""
        if isinstance(node.left, x.Name) and isinstance(node.right, x.Constant) and node.right.value == 0:
            said = self.say(node.left)
            counted = not said.startswith(("el ", "la ", "the "))
            if counted and node.operator == ">":
                return f"{_two('hay', 'there are')[self.language]} {said}"
            if counted and node.operator in ("==", "<="):
                return f"{_two('no hay', 'there are no')[self.language]} {said}"
        return f"{self.say(node.left)} {_SIGNS[node.operator][self.language]} {self.say(node.right)}"

    def _value(self, value: object) -> str:
        if isinstance(value, bool):
            return _two("sí", "yes")[self.language] if value else "no"
        return plain(str(value))

    def _state(self, ident: str) -> str:
        for machine in self.protocol.machines.values():
            stack = list(machine.states)
            while stack:
                state = stack.pop()
                if state.id == ident:
                    return state_words(state, self.language)
                stack += state.children
        return plain(ident)


# --- effects --------------------------------------------------------------------------------------------------------------


def agency_words(protocol: Protocol, key: str) -> str:
    """The agency's full name; a ``papel`` or an unknown key as it stands."""
    agency = protocol.agencies.get(key)
    return agency.name if agency is not None else plain(key)


def action_words(protocol: Protocol, action: Action, language: str, *, short: bool = False) -> str:
    """An effect as a clause: «se avisa a COMAR y ACNUR». ``short`` names agencies by their keys."""
    args = action.args
    match action.kind:
        case "avisar":
            said = _two("se avisa a", "notice goes to"), _names(protocol, args.get("a"), language, short)
        case "tarea":
            who = _names(protocol, args.get("a"), language, short)
            said = _two(f"tarea para {who}:", f"task for {who}:"), f"«{task_words(args, language)}»"
        case "pedir_albergue":
            said = _two("se busca albergue", "shelter is sought"), ""
        case "pedir_alimentos":
            said = _two("se piden alimentos", "food is ordered"), ""
        case "registrar":
            said = _two("queda anotado en la bitácora", "it is noted in the log"), ""
        case "emitir":
            said = _two("se anota por sí solo", "recorded by itself:"), _event(protocol, args, language)
        case "cancelar":
            said = (
                _two("ya no se anotará por sí solo", "no longer recorded by itself:"),
                _event(protocol, args, language),
            )
        case "enviar":
            to = _HOPS.get(str(args.get("a")), _two("la operación", "the response"))[language]
            said = _two(f"se comunica a {to}:", f"told to {to}:"), _event(protocol, args, language)
        case "abrir_caso":
            machine = protocol.machines.get(str(args.get("maquina")))
            label = one_of(machine.label, language) if machine is not None else ""
            said = _two("se abre un caso:", "a case is opened:"), label or plain(str(args.get("maquina", "")))
        case "anotar":
            noted = [f"{plain(name)}, {_noted(protocol, value, language)}" for name, value in args.items()]
            said = _two("se anota en el caso:", "the case records:"), "; ".join(noted)
        case "purgar":
            said = _two("se borran los textos personales", "personal texts are erased"), ""
        case "proponer_relevo":
            said = _two("se propone el relevo a otro estado", "a handover to another state is proposed"), ""
        case _:
            said = _two(plain(action.kind), plain(action.kind)), ""
    return f"{said[0][language]} {said[1]}".strip() + _term(action, language)


def _term(action: Action, language: str) -> str:
    """How long it has, or how long it waits: «, en 24 h», «, tras 2 días»."""
    term = action.args.get("plazo" if action.kind == "tarea" else "tras")
    if term is None or action.kind not in ("tarea", "emitir", "enviar"):
        return ""
    lasts = duration_words(Duration.of(term), language)
    if action.kind == "tarea":
        return f", {_two('en', 'within')[language]} {lasts}"
    return f", {_two('tras', 'after')[language]} {lasts}"


def _noted(protocol: Protocol, value: object, language: str) -> str:
    if isinstance(value, bool):
        return _two("sí", "yes")[language] if value else "no"
    text = str(value)
    return guard_words(protocol, text[1:], language) if text.startswith("=") else plain(text)


def task_words(args: Mapping[str, object], language: str) -> str:
    """The title of a task."""
    title = args.get("titulo")
    if isinstance(title, dict):
        return one_of({str(k): str(v) for k, v in title.items()}, language)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # a YAML map
    return str(title or "")


def _names(protocol: Protocol, to: object, language: str, short: bool) -> str:
    keys = [str(one) for one in to] if isinstance(to, list | tuple) else [str(to or "")]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # a YAML list
    return listed(keys if short else [agency_words(protocol, key) for key in keys], language)


def _event(protocol: Protocol, args: Mapping[str, object], language: str) -> str:
    return f"«{event_words(protocol, str(args.get('evento', '')), language)}»"
