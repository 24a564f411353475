"""The journal as sentences: one entry an event class, worded from what the reader's share tells.

Users' own words stand between «» and are escaped by the template like any other text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from caravan import events as e
from caravan.protocol.chart import chart_of
from caravan.protocol.model import Protocol
from caravan.server.web.pages.food_story import FOOD
from caravan.server.web.pages.horizons import shortfall_sentence
from caravan.server.web.pages.lodging_story import LODGING
from caravan.server.web.pages.names import (
    federal_state,
    group_name,
    kitchen_name,
    shelter_name,
    state_name,
    station_name,
)
from caravan.server.web.pages.notices import notice_sentence
from caravan.server.web.pages.wording import few, level, said_value, when, word
from caravan.server.web.words import by_language, mark
from caravan.server.web.words import gettext as _
from caravan.sharing import SharedPicture

Sentence = Callable[[Any, SharedPicture], str]
_S = TypeVar("_S", bound=Sentence)
SENTENCES: dict[type[e.Event], Sentence] = {}


def _words(kind: type[e.Event]) -> Callable[[_S], _S]:
    def keep(function: _S) -> _S:
        SENTENCES[kind] = function
        return function

    return keep


def told(event: e.Event, share: SharedPicture) -> str:
    """What happened, as one sentence for this reader."""
    return SENTENCES[type(event)](event, share)


def worth_telling(event: e.Event) -> bool:
    """Leaves out what changed nothing, and the notices of what has a line of its own."""
    match event:
        case e.ProtocolStepped(why=why):
            return any(taken.entered for taken in why)
        case e.NoticeQueued(notice=notice):
            return notice.template not in ("vencido", "estancia_corta")
        case e.EventDropped():
            return False
        case _:
            return True


# --- the realm and its places -----------------------------------------------------------------------------------------

_PLAIN: dict[type[e.Event], str] = {
    e.RealmOpened: mark("Se abrió la bitácora «%(name)s»."),
    e.ProtocolPublished: mark("Se publicó el protocolo «%(protocol)s», versión %(version)s."),
    e.ProtocolTookEffect: mark("Entró en vigor el protocolo «%(protocol)s», versión %(version)s."),
    e.DraftSaved: mark("Se guardó un borrador de protocolo."),
    e.PublicationProposed: mark("Se propuso publicar un borrador de protocolo."),
    e.PublicationApproved: mark("Otra persona aprobó publicar el borrador."),
    e.DraftWithdrawn: mark("Se retiró un borrador de protocolo."),
    e.PlaceLocated: mark("Se corrigió el punto en el mapa de %(place)s."),
    e.EventDropped: mark("Nadie esperaba el aviso «%(name)s»: no cambió nada."),
    e.SendDelivered: mark("Se envió lo que el protocolo tenía programado."),
    e.TaskWithdrawn: mark("Se retiró una tarea: su paso ya terminó."),
    e.NoticeSeen: mark("Se leyó un aviso."),
    e.CaseOpened: mark("Se abrió un caso."),
    e.TextKept: mark("Se guardó un texto que puede borrarse; no está en la bitácora."),
    e.GroupAnnulled: mark("Se anuló el registro del grupo. Motivo: «%(reason)s»."),
    e.GroupConcluded: mark("Concluyó la atención al grupo."),
    e.ShelterRequested: mark("El protocolo pidió albergue para el grupo."),
    e.MealsRequested: mark("El protocolo pidió alimentos para el grupo."),
}


def _plain(event: e.Event, share: SharedPicture) -> str:
    return _(_PLAIN[type(event)], **{name: getattr(event, name) for name in event.__struct_fields__})


SENTENCES.update(dict.fromkeys(_PLAIN, _plain))


@_words(e.StayFallsShort)
def _short(event: e.StayFallsShort, share: SharedPicture) -> str:
    return shortfall_sentence(event.shortfall, share)


@_words(e.PolicyPublished)
def _policy(event: e.PolicyPublished, share: SharedPicture) -> str:
    return _(
        "Se publicó la política de colocación «%(id)s», versión %(version)s. Motivo: «%(reason)s».",
        id=event.policy.id, version=event.policy.version, reason=event.reason,
    )  # fmt: skip


@_words(e.StationRegistered)
def _station(event: e.StationRegistered, share: SharedPicture) -> str:
    return _("Se registró la estación %(name)s.", name=event.station.name)


@_words(e.OfficeRegistered)
def _office(event: e.OfficeRegistered, share: SharedPicture) -> str:
    return _("Se registró la oficina %(name)s.", name=event.office.name)


@_words(e.ShelterRegistered)
def _shelter(event: e.ShelterRegistered, share: SharedPicture) -> str:
    return _("Se registró o corrigió la ficha del albergue %(name)s.", name=event.shelter.name)


@_words(e.KitchenRegistered)
def _kitchen(event: e.KitchenRegistered, share: SharedPicture) -> str:
    return _("Se registró o corrigió la ficha del comedor %(name)s.", name=event.kitchen.name)


# --- the protocol -----------------------------------------------------------------------------------------------------


@_words(e.ActivationOpened)
def _opened(event: e.ActivationOpened, share: SharedPicture) -> str:
    station = station_name(share, event.station)
    if share.restricted or not event.reason:
        return _("Alerta en %(station)s.", station=station)
    return _("Alerta en %(station)s. Lo dice: «%(reason)s».", station=station, reason=event.reason)


@_words(e.ActivationMigrated)
def _migrated(event: e.ActivationMigrated, share: SharedPicture) -> str:
    went = _(
        "La activación pasó a la versión %(version)s de «%(protocol)s». Motivo: «%(reason)s».",
        version=event.version, protocol=event.protocol, reason=event.reason,
    )  # fmt: skip
    clocks = [clock for dropped in event.dropped.values() for clock in dropped if clock.kind != "forewarning"]
    known = [clock for clock in clocks if share.state_words(event.activation, clock.state)]
    lost = "; ".join(
        dict.fromkeys(f"«{state_name(share, event.activation, clock.state)}» ({when(clock.due)})" for clock in known)
    )
    return went if not lost else _("%(went)s Se dejó de contar: %(lost)s.", went=went, lost=lost)


@_words(e.LevelSet)
def _level(event: e.LevelSet, share: SharedPicture) -> str:
    return _("El nivel pasó a %(level)s. Motivo: «%(reason)s».", level=level(event.level), reason=event.reason)


# What a protocol's notes are called by; any other note shows its own words.
_NOTES: dict[str, str] = {"activacion": mark("Se verificó la alerta"), "reanudacion": mark("Se reanudó la atención")}


@_words(e.Remarked)
def _remarked(event: e.Remarked, share: SharedPicture) -> str:
    note, _space, rest = event.text.partition(" ")
    name = _(_NOTES[note]) if note in _NOTES else note.replace("_", " ").capitalize()
    return _("Anotación del protocolo: %(text)s", text=f"{name} («{rest}»)" if rest else name)


@_words(e.ProtocolStepped)
def _stepped(event: e.ProtocolStepped, share: SharedPicture) -> str:
    taken = share.taken(event)
    entered = [state for why in taken if why.entered for state in why.transition[1] or why.entered[-1:]]
    names = [state_name(share, event.activation, state) for state in dict.fromkeys(entered)]
    cause = _cause(event, share)
    return _("%(cause)s: pasa a %(states)s.", cause=cause, states=", ".join(f"«{name}»" for name in names[:4]))


PROGRAM_WORDS: dict[str, str] = {
    "inicio": mark("Comienza"), "grupo_registrado": mark("Se registró un grupo"), "conteo_registrado": mark("Hay un conteo"),
    "todos_con_lugar": mark("Todas las personas tienen lugar"), "faltan_lugares": mark("Faltan lugares"),
    "todos_alojados": mark("Todas las personas están alojadas"), "todos_salieron": mark("Todas las personas salieron"),
    "oferta_vencida": mark("Venció un apartado"), "oferta_rechazada": mark("Un albergue no pudo recibir"),
    "sobrecupo": mark("Llegaron más de los esperados"), "comida_pedida": mark("Se pidieron raciones"),
    "comida_entregada": mark("Se sirvieron raciones"), "comida_cancelada": mark("Se cancelaron raciones"),
    "faltan_raciones": mark("Faltan raciones"), "grupo_anulado": mark("Se anuló el grupo"),
    "grupo_concluido": mark("Concluyó un grupo"), "tarea_cumplida": mark("Se cumplió una tarea"),
    "relevo_aceptado": mark("El otro estado aceptó el relevo"), "relevo_rechazado": mark("El otro estado no aceptó el relevo"),
    "activacion_cerrada": mark("Se cerró la activación"),
}  # fmt: skip


def _cause(event: e.ProtocolStepped, share: SharedPicture) -> str:
    if share.taken(event)[:1] != event.why[:1]:
        return _("El protocolo avanzó")  # what made it go on concerns a step this reader may not know of
    match event.trigger.kind:
        case "timer":
            return _("Se cumplió un plazo")
        case "facts":
            return _("Cambiaron los datos")
        case "event":
            return event_name(
                event.trigger.name, share.protocol("{}@{}".format(*share.protocol_words(event.activation)))
            )


def event_name(name: str, protocol: Protocol | None) -> str:
    """An event as its protocol labels it; one of the program's own in the program's words."""
    if name in PROGRAM_WORDS:
        return _(PROGRAM_WORDS[name])
    machines = () if protocol is None else protocol.machines
    nodes = (node for machine in machines if protocol is not None for node in chart_of(protocol, machine).nodes)
    labels = (by_language(t.label) for node in nodes for t in node.state.transitions if name in t.events and t.label)
    return next(labels, "") or name.replace("_", " ").capitalize()


@_words(e.SendScheduled)
def _scheduled(event: e.SendScheduled, share: SharedPicture) -> str:
    return _("El protocolo enviará «%(name)s» el %(due)s.", name=event.name.replace("_", " "), due=when(event.due))


@_words(e.DeadlineMissed)
def _missed(event: e.DeadlineMissed, share: SharedPicture) -> str:
    return _(
        "Venció «%(step)s» (%(due)s). Se avisó a: %(told)s.",
        step=state_name(share, event.activation, event.state), due=when(event.due), told=", ".join(share.agency_name(None, key) for key in event.told) or _("nadie"),
    )  # fmt: skip


@_words(e.InstanceStopped)
def _stopped(event: e.InstanceStopped, share: SharedPicture) -> str:
    if event.clock is None:
        return _(
            "El protocolo no pudo seguir desde lo que ocurrió: se deshizo solo eso. Hay que corregir el protocolo."
        )
    return _(
        "Se detuvo el reloj de «%(step)s» (%(due)s): el protocolo no puede seguir desde ahí. No se cumplirá solo; hay que corregir el protocolo.",
        step=state_name(share, event.activation, event.clock.state), due=when(event.clock.due),
    )  # fmt: skip


@_words(e.CaseNoted)
def _noted(event: e.CaseNoted, share: SharedPicture) -> str:
    case = share.case(event.case)
    shown = {} if case is None else {name: value for name, value in event.values.items() if name in case.values}
    said = ", ".join(f"{name.replace('_', ' ')}: {said_value(value)}" for name, value in shown.items())
    return _("Se anotó en el caso: %(said)s.", said=said or _("un dato"))


@_words(e.CaseClosed)
def _case_closed(event: e.CaseClosed, share: SharedPicture) -> str:
    if event.reason:
        return _("Se cerró un caso. Motivo: «%(reason)s».", reason=event.reason)
    return _("Se cerró un caso.")


@_words(e.TextsPurged)
def _purged(event: e.TextsPurged, share: SharedPicture) -> str:
    return _("Se borraron %(n)s textos.", n=len(event.texts))


@_words(e.RelayProposed)
def _relay(event: e.RelayProposed, share: SharedPicture) -> str:
    sent = said_value(event.relay.sent)
    return _(
        "Se propuso un relevo a %(state)s. Personas: %(people)s.",
        state=federal_state(event.relay.to_state),
        people=sent,
    )


@_words(e.RelayAnswered)
def _relay_answered(event: e.RelayAnswered, share: SharedPicture) -> str:
    if not event.accepted:
        return _("El otro estado no aceptó el relevo. Motivo: «%(reason)s».", reason=event.reason or _("sin dato"))
    return _("El otro estado aceptó el relevo. Personas que recibió: %(people)s.", people=said_value(event.received))


@_words(e.TaskOpened)
def _task(event: e.TaskOpened, share: SharedPicture) -> str:
    return _(
        "Tarea para %(owner)s: «%(title)s».",
        owner=share.agency_name(None, event.task.owner),
        title=by_language(event.task.title),
    )


@_words(e.TaskCompleted)
def _completed(event: e.TaskCompleted, share: SharedPicture) -> str:
    task = share.task(event.task)
    title = by_language(task.title) if task is not None else _("una tarea")
    if event.evidence:
        return _("Se cumplió «%(title)s». Constancia: «%(evidence)s».", title=title, evidence=event.evidence)
    return _("Se cumplió «%(title)s».", title=title)


@_words(e.NoticeQueued)
def _notice(event: e.NoticeQueued, share: SharedPicture) -> str:
    return _(
        "Aviso a %(to)s: %(notice)s",
        to=share.agency_name(None, event.notice.to),
        notice=notice_sentence(event.notice, share),
    )


# --- groups -----------------------------------------------------------------------------------------------------------


@_words(e.GroupArrived)
def _arrived(event: e.GroupArrived, share: SharedPicture) -> str:
    group = event.group
    people = few(share.told(group.counts[0].people, group.id))
    station = station_name(share, group.station)
    if not share.reads("counts", group.id):
        return _("Llegó un grupo a %(station)s: %(people)s personas.", station=station, people=people)
    return _(
        "Llegó un grupo a %(station)s: %(people)s personas, según «%(source)s».",
        station=station, people=people, source=group.declared_by,
    )  # fmt: skip


@_words(e.CountRecorded)
def _count(event: e.CountRecorded, share: SharedPicture) -> str:
    count = event.count
    if not (share.reads("counts", event.group) and share.tells_where(event.group)):
        return _("Se registró un conteo.")
    text = mark("Conteo: %(people)s personas (%(method)s), según «%(source)s».")
    if not count.whole:
        text = mark("Conteo de una parte: %(people)s personas (%(method)s), según «%(source)s».")
    return _(text, people=few(share.told(count.people, event.group)), method=word(count.method), source=count.source)


@_words(e.AsylumWishRecorded)
def _asylum(event: e.AsylumWishRecorded, share: SharedPicture) -> str:
    return _("%(people)s personas manifiestan temor o piden asilo (LR 21).", people=event.people)


@_words(e.DepartureRecorded)
def _departed(event: e.DepartureRecorded, share: SharedPicture) -> str:
    gone = event.departure
    if not (share.reads("departures", event.group) and share.tells_where(event.group)):
        return _("Salieron personas del grupo.")
    return _(
        "Salida: %(people)s personas, %(outcome)s; destino: «%(destination)s». Lo dice «%(source)s».",
        people=few(share.told(gone.people, event.group)), outcome=word(gone.outcome), destination=gone.destination, source=gone.source,
    )  # fmt: skip


@_words(e.GroupsMerged)
def _merged(event: e.GroupsMerged, share: SharedPicture) -> str:
    return _(
        "Se fusionó con el %(into)s. Motivo: «%(reason)s».", into=group_name(share, event.into), reason=event.reason
    )


@_words(e.GroupSplit)
def _split(event: e.GroupSplit, share: SharedPicture) -> str:
    people = few(share.told(event.part.counts[0].people, event.group))
    return _(
        "Se separaron %(people)s personas en otro grupo. Motivo: «%(reason)s».", people=people, reason=event.reason
    )


SENTENCES.update(LODGING)
SENTENCES.update(FOOD)

# What templates call by name.
STORY: dict[str, Callable[..., str]] = {
    "station_name": station_name, "shelter_name": shelter_name, "kitchen_name": kitchen_name,
    "group_name": group_name, "state_name": state_name, "notice_sentence": notice_sentence,
    "federal_state": federal_state,
}  # fmt: skip
