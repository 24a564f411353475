"""Numbers, hours and codes as people read them, in their language."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from caravan.basics import Reason, Scalar
from caravan.groups import NEEDS
from caravan.maps.page import MAP_WORDS
from caravan.server.web.words import LANGUAGE, mark
from caravan.server.web.words import gettext as _

ZONE = ZoneInfo("America/Mexico_City")
_LOCALES = {"es": "es_MX", "en": "en_GB"}


def locale_of() -> str:
    """The reader's language as dates and numbers are written in it."""
    return _LOCALES.get(LANGUAGE.get(), "es_MX")


def when(moment: datetime | None) -> str:
    """«lun 15 may, 21:00», Guanajuato's hour."""
    if moment is None:
        return _("sin dato")
    return format_datetime(moment, "EEE d MMM, HH:mm", tzinfo=ZONE, locale=locale_of())


def clock(moment: datetime | None) -> str:
    return _("sin dato") if moment is None else format_datetime(moment, "HH:mm", tzinfo=ZONE, locale=locale_of())


def day(local: date | str) -> str:
    """«mar 16 may» of a local date. One written as text, as records have it, says its year: «17 may 2023»; other text stays."""
    if not isinstance(local, str):
        return format_date(local, "EEE d MMM", locale=locale_of())
    with suppress(ValueError):
        return format_date(date.fromisoformat(local), "d MMM y", locale=locale_of())
    return local


def local_input(moment: datetime | None) -> str:
    """For an ``<input type="datetime-local">``."""
    return "" if moment is None else moment.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")


def span(length: timedelta) -> str:
    """«2 h 10 min», «3 d 4 h», «5 min»; the sign is left to the sentence around it."""
    minutes = int(abs(length).total_seconds() // 60)
    days, hours, minutes = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"


def ago(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return _("nadie ha informado")
    if timedelta() <= now - moment < timedelta(minutes=1):
        return _("hace un momento")
    return _("hace %(span)s", span=span(now - moment)) if moment <= now else _("en %(span)s", span=span(moment - now))


def left(deadline: datetime | None, now: datetime) -> str:
    """«quedan 20 min» or «vencido hace 1 h»."""
    if deadline is None:
        return _("sin fecha")
    if deadline < now:
        return _("vencido hace %(span)s", span=span(now - deadline))
    return _("quedan %(span)s", span=span(deadline - now))


def number(value: float | None) -> str:
    return _("sin dato") if value is None else format_decimal(value, locale=locale_of())


def few(value: int | None) -> str:
    """A count that may be hidden because it is small."""
    return _("menos de 5") if value is None else number(value)


def said_value(value: Scalar) -> str:
    """A fact of a case in the reader's words."""
    if isinstance(value, bool):
        return _("sí") if value else _("no")
    return number(value) if isinstance(value, int) else word(None if value is None else str(value))


WORDS: dict[str, str] = {
    # sections
    "fam": mark("familias"), "wom": mark("mujeres"), "men": mark("hombres"), "uam": mark("NNA no acompañados (DIF)"),
    "mix": mark("lugares"),
    # placements
    "held": mark("apartado"), "accepted": mark("aceptado"), "arrived": mark("alojado"), "declined": mark("rechazado"),
    "expired": mark("apartado vencido"), "ended": mark("terminado"),
    # groups
    "open": mark("abierto"), "merged": mark("fusionado"), "annulled": mark("anulado"), "concluded": mark("concluido"),
    # relays
    "proposed": mark("propuesto"), "rejected": mark("no aceptado"),
    # counts
    "declared": mark("declarado"), "press": mark("prensa"), "manifest": mark("lista"), "beds": mark("camas ocupadas"),
    "headcount": mark("contado uno por uno"),
    # outcomes
    "left": mark("salieron por su cuenta"), "transferred": mark("trasladadas"), "hospital": mark("hospital"),
    "elsewhere": mark("en otro lugar"),
    # shelters
    "full": mark("lleno"), "over": mark("sobrecupo"), "unknown": mark("sin dato"), "closed": mark("cerrado"),
    "permanent": mark("albergue"), "temporary": mark("refugio temporal"), "attention_point": mark("punto de atención"),
    # stations
    "bus": mark("central de autobuses"), "road": mark("carretera"), "rail": mark("tren"),
    # meals
    "breakfast": mark("desayuno"), "lunch": mark("comida"), "dinner": mark("cena"), "ordered": mark("pedido"),
    "served": mark("servido"), "cancelled": mark("cancelado"),
    # needs
    **{need: MAP_WORDS[f"need.{need}"] for need in NEEDS},
    # sex and vehicles
    "f": mark("mujeres"), "m": mark("hombres"), "x": mark("otro o no dicho"), "truck": mark("camión de carga"),
    "train": mark("tren"), "on_foot": mark("a pie"), "other": mark("otro"),
    # languages of people on the move
    "es": mark("español"), "ht": mark("criollo haitiano"), "fr": mark("francés"), "en": mark("inglés"), "pt": mark("portugués"),
    # roles
    "coordination": mark("coordinación"), "shelter": mark("albergue"), "kitchen": mark("comedor"), "brigade": mark("brigada"),
    "agency": mark("institución"), "system": mark("sistema"),
}  # fmt: skip


def word(code: str | None) -> str:
    """A code of the program in the reader's words; an unknown one shows itself."""
    return _("sin dato") if code is None else _(WORDS.get(code, code))


def level(code: str) -> str:
    """A protocol's level as people say it: «2» of «n2»; one named otherwise keeps its name."""
    return re.sub(r"^n(?=\d+$)", "", code)


def term(text: str) -> str:
    """A protocol's length of time in words: «30 días hábiles» of «30 dh»."""
    amount, _space, unit = text.partition(" ")
    if unit == "dh":
        return _("1 día hábil") if amount == "1" else _("%(n)s días hábiles", n=amount)
    if unit == "d":
        return _("1 día") if amount == "1" else _("%(n)s días", n=amount)
    return text


REASONS: dict[str, str] = {
    # figure in use
    "only_count": mark("es la única cifra"),
    "strongest_method": mark("es la más firme de las cifras, que van de %(low)s a %(high)s"),
    "latest_of_strongest_method": mark("es la más reciente de las más firmes; las cifras van de %(low)s a %(high)s"),
    "part_exceeds_whole": mark("ojo: una cuenta parcial (%(part)s) supera a la del grupo (%(people)s)"),
    # shelters not used, decided by the program
    "closed": mark("cerrado"),
    "no_beds": mark("no tiene camas: es un punto de atención"),
    "declined": mark("ya rechazó a este grupo"),
    "asked_to_move": mark("%(people)s personas en %(shelter)s no tienen cama: se les pregunta si quieren mudarse"),
    # why a plan is made again
    "places_taken": mark("otra propuesta tomó los lugares de %(shelter)s"),
    "fewer_places": mark("%(shelter)s informó otra cifra de lugares"),
    "house_changed": mark("cambió la ficha de %(shelter)s"),
    "more_came": mark("a %(shelter)s llegaron %(came)s y se esperaban %(expected)s"),
    "people_came": mark("a %(shelter)s llegaron %(came)s de %(expected)s"),
    "places_freed": mark("se desocuparon lugares en %(shelter)s"),
    "offer_declined": mark("%(shelter)s no pudo recibirlas"),
    "offer_expired": mark("venció el apartado en %(shelter)s"),
    "offer_withdrawn": mark("se retiró el apartado en %(shelter)s"),
    "nobody_came": mark("nadie llegó a %(shelter)s"),
    "count_changed": mark("la cuenta cambió: esperan lugar %(people)s y la propuesta era para %(planned)s"),
    "others_than_planned": mark("se supo más de quiénes son"),
    "rules_changed": mark("%(shelter)s ya no las puede recibir: cambiaron sus reglas"),
    "room_for_others": mark("se hizo sitio a otro grupo"),
    "no_known_figure": mark("nadie ha dicho cuántos lugares tiene libres: llame"),
    "intake_over": mark("recibe de %(from)s a %(until)s"),
    "admits_nobody_now": mark("avisó que por ahora no recibe a nadie"),
    "stale_figure": mark(
        "dijo %(free)s lugares libres hace %(hours)s h: se cuenta con %(counted)s mientras no confirme"
    ),
    "figure_too_old": mark(
        "su última cifra (%(free)s lugares libres) tiene %(hours)s h: llame antes de contar con ella"
    ),
    # rules of who may sleep where
    "uam_only_dif": mark("NNA no acompañados: solo con el DIF (LGDNNA 94 y 95)"),
    "does_not_admit": mark("no admite: %(kind)s"),
    "unknown_distance": mark("está en otro municipio y no se sabe a qué distancia"),
    "out_of_reach": mark("está fuera de alcance desde la estación"),
    "missing_service": mark("no ofrece lo que necesitan: %(service)s"),
    "no_overnight": mark("nadie pasa la noche ahí"),
    "no_section": mark("no tiene lugares de ese tipo: %(section)s"),
    "no_accessible_places": mark("lugares accesibles: hay %(free)s y se necesitan %(needed)s"),
    # chosen
    "pinned": mark("lo eligió la coordinación"),
    "uam_to_dif": mark("NNA no acompañados, a cargo del DIF"),
    "only_family_places": mark("es el único con lugares para familias"),
    "part_of_group": mark("recibe a %(people)s de %(of)s personas"),
    "whole_group_together": mark("el grupo completo queda junto (%(people)s personas); distancia: %(metres)s"),
    "suits_better": mark("conviene más que los cercanos: %(because)s"),
    "nearest_with_room": mark("es el más cercano con lugar; distancia: %(metres)s"),
    "search_cut": mark("la búsqueda se paró antes de compararlo con otros"),
    # not chosen
    "pinned_elsewhere": mark("la coordinación eligió otro"),
    "full": mark("no alcanzan los lugares (%(section)s): hay %(free)s y se necesitan %(needed)s"),
    "kept_for_priority": mark("sus lugares libres se guardan para casos prioritarios (%(percent)s %%)"),
    "kept_until": mark("guarda %(places)s lugares hasta las %(until)s para casos prioritarios que aún llegan"),
    "scarcer": mark("ocuparía lugares escasos que otros van a necesitar"),
    "would_split": mark("el grupo se separaría: caben %(takes)s de %(of)s"),
    "other_municipality": mark("está en otro municipio; distancia: %(metres)s"),
    "changes_proposal": mark("cambiaría lo que ya se propuso a %(people)s personas"),
    "over_stay": mark("%(people)s personas tendrían que mudarse antes: noches como máximo: %(max_nights)s"),
    "language_not_spoken": mark("no hablan el idioma de %(people)s personas"),
    "pet_not_accepted": mark("no admite animales de compañía de %(people)s personas"),
    "night_apart": mark("%(people)s personas dormirían separadas de su familia"),
    "farther": mark("queda %(metres)s más lejos por persona"),
    "fuller": mark("quedaría demasiado lleno: tiene %(places)s lugares y %(load)s personas"),
    "as_good": mark("es igual de bueno que el elegido"),
    # rations nobody cooks
    "no_kitchen_open": mark("ningún comedor dijo tener raciones para ese servicio"),
    "kitchens_called_off": mark("canceló %(names)s y ningún otro comedor dijo tener raciones para ese servicio"),
    "no_kitchen_cooks_diet": mark("ningún comedor prepara esa dieta (%(diet)s)"),
    "no_kitchen_in_reach": mark("ningún comedor queda a menos de %(metres)s, hasta donde se lleva comida"),
    "no_road_from_kitchens": mark("ningún comedor que la prepara llega ahí (%(kitchens)s la preparan)"),
    "no_kitchen_delivers_in_time": mark("los comedores cercanos (%(kitchens)s) no entregan a la hora del servicio"),
    "kitchens_full": mark(
        "los comedores que llegan (%(kitchens)s) preparan %(rations)s raciones, también para otros; se necesitan %(needed)s"
    ),
    "too_late_to_ask": mark("ya no hay tiempo de pedirlas a otro comedor"),
    "nearest_kitchen": mark("es el comedor más cercano con raciones; distancia: %(metres)s"),
    "kitchen_with_rations": mark("los más cercanos ya dan todo lo que tienen; distancia: %(metres)s"),
    "people_left_after_order": mark("se pidió para %(asked)s personas y hay %(people)s"),
    "kitchen_has_less": mark("se le pidieron %(asked)s y ya solo puede preparar %(rations)s"),
    "people_came_after_order": mark("hay %(people)s personas y se pidió para %(asked)s"),
    # what is missing
    "lacking_service": mark("a %(people)s personas les falta un albergue con: %(service)s"),
    "lacking_accessible": mark("a %(people)s personas les falta un lugar accesible"),
    "lacking_places": mark("faltan %(places)s lugares (%(kinds)s): hay %(open)s para %(people)s personas"),
    "lacking_reach": mark("para %(people)s personas (%(kinds)s) no hay ningún albergue que pueda recibirlas"),
    "lacking_search_cut": mark(
        "a %(people)s personas (%(kinds)s) no se les encontró lugar antes de que terminara la búsqueda"
    ),
    "lacking_but_kept": mark(
        "%(people)s personas cabrían sin los lugares que se guardan hasta las %(until)s para casos prioritarios"
    ),
    "lacking_room_together": mark(
        "hay lugares sueltos, pero en ningún albergue caben juntas (%(kinds)s): %(people)s personas"
    ),
}


# The same where the number that counts is one.
_ONE: dict[str, tuple[str, str]] = {
    "asked_to_move": ("people", mark("1 persona en %(shelter)s no tiene cama: se le pregunta si quiere mudarse")),
    "stale_figure": (
        "free", mark("dijo 1 lugar libre hace %(hours)s h: se cuenta con %(counted)s mientras no confirme"),
    ),
    "figure_too_old": ("free", mark("su última cifra (1 lugar libre) tiene %(hours)s h: llame antes de contar con ella")),
    "kept_until": ("places", mark("guarda 1 lugar hasta las %(until)s para casos prioritarios que aún llegan")),
    "changes_proposal": ("people", mark("cambiaría lo que ya se propuso a 1 persona")),
    "over_stay": ("people", mark("1 persona tendría que mudarse antes: noches como máximo: %(max_nights)s")),
    "language_not_spoken": ("people", mark("no hablan el idioma de 1 persona")),
    "pet_not_accepted": ("people", mark("no admite animales de compañía de 1 persona")),
    "night_apart": ("people", mark("1 persona dormiría separada de su familia")),
    "lacking_service": ("people", mark("a 1 persona le falta un albergue con: %(service)s")),
    "lacking_accessible": ("people", mark("a 1 persona le falta un lugar accesible")),
    "lacking_places": ("places", mark("falta 1 lugar (%(kinds)s): hay %(open)s y esperan %(people)s")),
    "lacking_reach": ("people", mark("para 1 persona (%(kinds)s) no hay ningún albergue que pueda recibirla")),
    "lacking_search_cut": (
        "people", mark("a 1 persona (%(kinds)s) no se le encontró lugar antes de que terminara la búsqueda"),
    ),
    "lacking_but_kept": (
        "people", mark("1 persona cabría sin los lugares que se guardan hasta las %(until)s para casos prioritarios"),
    ),
}  # fmt: skip


def reason(why: Reason | None) -> str:
    """A recorded reason as a sentence. One this version does not know shows its code, never nothing."""
    if why is None:
        return ""
    details = {name: _detail(why.code, name, value) for name, value in why.details.items()}
    counted, singular = _ONE.get(why.code, ("", ""))
    text = singular if why.details.get(counted) == 1 else REASONS.get(why.code)
    if text is None:
        return why.code
    told = _(text, **details) if details else _(text)
    # A house with one kind of places: «no alcanzan los lugares (lugares)» would say nothing.
    return told.replace(f" ({word('mix')})", "") if why.details.get("section") == "mix" else told


def _detail(code: str, name: str, value: object) -> str:
    """A reason's number or code in words; ``code`` is the reason's."""
    if value is None:
        return _("sin dato")
    if name == "metres" and value == 0 and code != "no_kitchen_in_reach":
        # Both stand at the town's seat for want of a point of their own.
        return _("no consta, en el mismo municipio")
    if name == "metres" and isinstance(value, int):
        return f"{number(round(value / 1000, 1))} km" if value >= 1000 else f"{value} m"
    if name == "service":
        return _(_SERVICES.get(str(value), str(value)))
    if name == "diet":
        return diet(str(value))
    if name in ("kind", "kinds", "section"):
        return ", ".join(word(code) for code in str(value).split())
    if name == "because":
        return _(_RIVAL.get(str(value), REASONS["as_good"]))
    return number(value) if isinstance(value, int | float) else str(value)


_DIETS: dict[str, str] = {
    "standard": mark("común"), "no_pork": mark("sin cerdo"), "infant": mark("fórmula para bebés"), "soft": mark("blanda"),
}  # fmt: skip


def diet(code: str) -> str:
    return _(_DIETS.get(code, code))


_SERVICES: dict[str, str] = {
    "medical": mark("atención médica"), "dif": mark("atención del DIF"), "lgbt": mark("espacio seguro LGBTIQ+"),
    "accessible": mark("lugares accesibles"),
}  # fmt: skip

# Why the nearer ones were passed over, told without their numbers.
_RIVAL: dict[str, str] = {
    "farther": mark("menos camino en total"), "fuller": mark("el otro quedaría demasiado lleno"),
    "other_municipality": mark("se quedan en el municipio"), "would_split": mark("el grupo queda junto"),
    "changes_proposal": mark("no cambia lo ya propuesto"), "over_stay": mark("no tendrían que mudarse pronto"),
    "language_not_spoken": mark("hablan su idioma"), "pet_not_accepted": mark("admite sus animales de compañía"),
    "night_apart": mark("las familias duermen juntas"), "kept_for_priority": mark("los otros lugares se guardan para casos prioritarios"),
}  # fmt: skip


DONE: dict[str, str] = {
    "ReportArrival": mark("La llegada quedó registrada."),
    "RecordCount": mark("El conteo quedó guardado junto a los anteriores."),
    "RecordAsylumWish": mark("Quedó anotado. COMAR debe ser avisada por escrito de inmediato (LR 21)."),
    "RecordDeparture": mark("La salida quedó registrada."),
    "MergeGroups": mark("Los dos reportes son ahora un solo grupo."),
    "SplitGroup": mark("El grupo quedó dividido."),
    "AnnulGroup": mark("El registro quedó anulado; sigue en la bitácora."),
    "ReportOccupancy": mark("Gracias: los lugares quedaron al día."),
    "ProposePlacement": mark("Propuesta lista: revísela y, si hay lugares, confírmela."),
    "ConfirmPlacement": mark("Lugares apartados. El albergue ya tiene el aviso."),
    "AcceptPlacement": mark("Aceptado. La coordinación ya lo sabe."),
    "DeclinePlacement": mark("Rechazado. La coordinación busca otro lugar."),
    "RecordPlacementArrival": mark("La llegada al albergue quedó registrada."),
    "SetStayEnd": mark("El fin de la estancia quedó anotado."),
    "WithdrawPlacement": mark("Se retiró la colocación y se liberaron sus lugares."),
    "ReportRations": mark("Gracias: las raciones quedaron al día."),
    "OrderMeals": mark(
        "Se pidió a los comedores lo que pueden servir. Si faltan raciones, queda un aviso en el tablero."
    ),
    "PlanMeals": mark("Se pidió lo que los comedores pueden dar; lo que falta se dice abajo."),
    "TransferMeals": mark("Las raciones van al otro lugar. El comedor y los dos lugares ya tienen el aviso."),
    "CancelKitchenDay": mark("Cancelado. La coordinación ya lo sabe; lo que otros comedores tengan ya se les pidió."),
    "AcceptMeals": mark("Pedido aceptado."),
    "CancelMeals": mark("Pedido cancelado. La coordinación ya lo sabe."),
    "RecordMealsServed": mark("Raciones servidas: anotado."),
    "CompleteTask": mark("Tarea cumplida."),
    "MarkNoticeSeen": mark("Aviso leído."),
    "SendEvent": mark("Paso registrado."),
    "OpenCase": mark("El caso quedó abierto."),
    "AnswerRelay": mark("La respuesta del otro estado quedó anotada."),
    "ActivateProtocol": mark("Protocolo activado. Se avisó a las instituciones."),
    "LocatePlace": mark("El punto quedó guardado."),
    "RegisterShelter": mark("El albergue quedó registrado."),
    "RegisterKitchen": mark("El comedor quedó registrado."),
    "RegisterStation": mark("La estación quedó registrada."),
    "SaveDraft": mark("El borrador quedó guardado."),
    "ProposePublication": mark("Propuesto: falta que lo apruebe otra persona de la coordinación."),
    "ApprovePublication": mark("Versión publicada. Lo que está en marcha sigue en la suya."),
    "WithdrawDraft": mark("El borrador quedó retirado."),
    "MigrateActivation": mark("La activación pasó a la otra versión."),
    "PublishPolicy": mark("La política de colocación quedó publicada: rige desde la siguiente propuesta."),
}


NOBODY_PLACED = "nobody_placed"
UNDONE: dict[str, str] = {
    NOBODY_PLACED: mark("No hay lugar para nadie de los que esperan: abajo dice qué falta y a quién llamar."),
}  # fmt: skip
"""What was asked for and came to nothing: told as a warning."""


def done_sentence(command: str) -> str:
    text = DONE.get(command) or UNDONE.get(command)
    return "" if text is None else _(text)


def opening(text: str) -> str:
    """With its first letter large and the others left alone (DIF, LGBTIQ+)."""
    return text[:1].upper() + text[1:]


FILTERS: dict[str, Callable[..., Any]] = {
    "when": when, "clock": clock, "local_input": local_input, "ago": ago, "left": left, "number": number, "few": few,
    "word": word, "diet": diet, "reason": reason, "span": span, "opening": opening,
    "day": day, "level": level, "term": term, "said": said_value,
}  # fmt: skip
