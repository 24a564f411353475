"""Every refusal's status and sentence: one table, worded in the reader's language, sent as RFC 9457 or shown beside the field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from caravan.basics import Reason, Refusal
from caravan.server.web.pages.wording import reason
from caravan.server.web.reading import Malformed, Mistake
from caravan.server.web.words import gettext as _
from caravan.server.web.words import mark

REFUSALS: dict[str, tuple[int, str]] = {
    "activation_over": (409, mark("Esa activación ya terminó: se queda en la versión con la que terminó.")),
    "already_repaired": (409, mark("Esa propuesta ya se rehízo: vea la más reciente.")),
    "already_confirmed": (409, mark("Los lugares en %(shelter)s ya estaban apartados.")),
    "arrivals_taken": (
        422,
        mark(
            "«%(protocol)s» atendería las llegadas, que hoy atiende «%(answering)s»: quien las atiende solo cambia por otra versión con ese mismo nombre."
        ),
    ),
    "cannot_migrate": (422, mark("No se puede pasar a la versión %(version)s: %(problems)s.")),
    "draft_changed": (
        409,
        mark("El texto cambió después de que usted lo leyó: lea el que está guardado y vuelva a decidir."),
    ),
    "draft_closed": (409, mark("Ese borrador ya se publicó o se retiró: empiece otro.")),
    "draft_not_proposed": (409, mark("Ese borrador no está propuesto: primero debe proponerlo otra persona.")),
    "draft_of_others": (403, mark("Ese borrador solo lo cambia quien lo empezó o quien coordina ese protocolo.")),
    "draft_saved_meanwhile": (
        409,
        mark(
            "El texto guardado ya no es el que usted cambiaba: alguien guardó otro mientras tanto. El suyo sigue aquí; compárelos antes de guardar."
        ),
    ),
    "cannot_go_on": (500, mark("El protocolo no puede seguir desde aquí. No se guardó nada; avise a la coordinación.")),
    "empty_household": (422, mark("Hay una familia sin personas: escriba cuántas son o quítela.")),
    "endless_loop": (500, mark("El protocolo entró en un ciclo sin fin. No se guardó nada; avise a la coordinación.")),
    "policy_of_another": (
        409,
        mark(
            "Aquí rige la política de colocación «%(known)s»: «%(policy)s» no la sustituye; publique otra versión de la misma."
        ),
    ),
    "policy_unsound": (422, mark("La política de colocación tiene problemas: %(problems)s.")),
    "policy_version_not_newer": (
        409,
        mark(
            "La versión %(version)s no es nueva: rige la %(latest)s. Para volver a un texto anterior, publíquelo con un número mayor."
        ),
    ),
    "ends_before_it_starts": (
        422,
        mark("La estancia terminaría antes de empezar: elija una hora posterior a la llegada."),
    ),
    "event_not_awaited": (409, mark("Ahora nadie espera «%(event)s». Lo que se puede hacer: %(possible)s.")),
    "everybody_placed": (409, mark("Todas las personas del grupo ya tienen lugar.")),
    "evidence_missing": (422, mark("Falta la constancia: %(missing)s.")),
    "fewer_without_bed": (
        409,
        mark("En %(shelter)s ya solo %(left)s personas no tienen cama; la propuesta movía a %(people)s. Pida otra."),
    ),
    "forbidden_origin": (403, mark("La petición viene de otro sitio. Abra la página de nuevo e inténtelo otra vez.")),
    "group_not_open": (409, mark("El grupo ya no está abierto: fue fusionado, anulado o concluido.")),
    "in_the_future": (422, mark("La hora está en el futuro: revise el día y la hora.")),
    "in_the_past": (422, mark("Ese servicio ya pasó: elija uno posterior.")),
    "key_reused": (422, mark("La clave de este envío ya se usó para otro distinto. Abra de nuevo el formulario.")),
    "minors_only_dif": (
        422,
        mark("Niñas, niños y adolescentes no acompañados solo pueden alojarse con el DIF (LGDNNA 94 y 95)."),
    ),
    "more_than_present": (422, mark("En ese lugar hay %(present)s personas: no pueden salir %(people)s.")),
    "more_than_unplaced": (409, mark("Al grupo le faltan %(unplaced)s lugares; se pidió mover o apartar %(people)s.")),
    "law_weakened": (
        422,
        mark(
            "Esta versión afloja lo que «%(pack)s» bloquea: %(problems)s. Si la ley cambió, la nueva versión la instala quien "
            "opera el sistema, no dos personas en esta página."
        ),
    ),
    "no_protocol_in_force": (409, mark("No hay ningún protocolo publicado: publique uno antes de registrar llegadas.")),
    "nobody_to_feed": (409, mark("No queda nadie del grupo sin ración pedida para ese servicio.")),
    "not_a_shelter": (
        422,
        mark(
            "Las estaciones migratorias no son albergues: no se lleva allí a niñas, niños ni familias (LM 99, LR 20)."
        ),
    ),
    "not_found": (404, mark("No existe o no está a su alcance.")),
    "not_your_place": (403, mark("Eso corresponde a otro albergue, comedor o estación.")),
    "may_not_coordinate": (
        422,
        mark("%(agency)s no puede coordinar: no ve albergues, comedores ni necesidades (LM 76 y 96)."),
    ),
    "not_yours_to_do": (403, mark("Su cuenta no puede hacer esto. Pídalo a la coordinación.")),
    "nothing_to_confirm": (409, mark("No hay una cifra o propuesta anterior que confirmar.")),
    "one_figure": (422, mark("Diga una sola cosa: lugares libres, personas ocupando o «sigue igual».")),
    "one_target": (422, mark("Indique una activación, un grupo o un caso: uno solo.")),
    "only_a_pack": (422, mark("«%(protocol)s» solo se extiende desde otro protocolo: no tiene nada que activar.")),
    "all_meals_ordered": (409, mark("Todo lo que los comedores pueden dar para el %(day)s ya está pedido.")),
    "hours_backwards": (422, mark("La hora de inicio debe ser anterior a la de término.")),
    "more_than_ordered": (409, mark("Ese pedido ya solo tiene %(rations)s raciones.")),
    "not_missing_there": (409, mark("Ahí ya solo faltan %(missing)s raciones.")),
    "not_too_much_there": (409, mark("De donde salen ya solo sobran %(left)s raciones.")),
    "nothing_to_cancel": (409, mark("No hay raciones ofrecidas ni pedidas que cancelar ese día.")),
    "order_moved_on": (409, mark("Ese pedido ya cambió: está %(status)s.")),
    "other_activation": (422, mark("Los dos grupos son de activaciones distintas.")),
    "pack_unknown": (
        422,
        mark("El borrador deriva de «%(pack)s», que no está publicado aquí. Los que hay: %(known)s."),
    ),
    "packs_lost": (
        422,
        mark(
            "Esa versión no deriva de %(packs)s y se perdería lo que la ley fija: %(problems)s. Conserve «deriva_de», con la "
            "misma versión o una mayor."
        ),
    ),
    "parts_exceed_people": (
        422,
        mark("Las partes suman %(parts)s y el grupo tiene %(people)s personas: revise una de las dos cifras."),
    ),
    "payload_unknown": (422, mark("Ese dato no va con «%(event)s». Los que admite: %(known)s.")),
    "payload_wrong": (422, mark("El dato no es del tipo que pide «%(event)s».")),
    "group_or_activation": (422, mark("Diga un grupo o una activación, y solo uno de los dos.")),
    "pin_breaks_law": (
        422,
        mark(
            "La ley no permite ese albergue para quien viaja sin un adulto a su cargo: solo el DIF puede recibirlo (LGDNNA 94 y 95)."
        ),
    ),
    "pin_for_nobody": (422, mark("«%(key)s» no es nadie de quienes esperan lugar: revise a quién eligió.")),
    "search_broke": (
        500,
        mark("La búsqueda de lugares falló de nuestro lado. No se propuso nada; inténtelo de nuevo."),
    ),
    "waived_without_reason": (
        422,
        mark("Para que una regla del albergue no cuente, diga qué albergue lo aceptó y el motivo."),
    ),
    "placement_moved_on": (409, mark("Esa colocación ya cambió: está %(status)s.")),
    "others_by_now": (
        409,
        mark(
            "Desde que se hizo la propuesta, las personas que irían a %(shelter)s son otras o ya tienen lugar. Pida otra."
        ),
    ),
    "house_refuses_by_now": (409, mark("%(shelter)s ya no puede recibirlas: %(because)s. Pida otra propuesta.")),
    "plan_out_of_date": (
        409,
        mark(
            "Ya no caben en %(shelter)s: quedan %(left)s de %(wanted)s lugares. En total quedan %(left_everywhere)s. Pida otra propuesta."
        ),
    ),
    "plan_replaced": (409, mark("Hay una propuesta más reciente: véala antes de confirmar.")),
    "protocol_unfit": (
        422,
        mark("No se publica mientras alguien quede esperando o se diga de más: %(problems)s."),
    ),
    "protocol_unsound": (422, mark("El protocolo tiene errores: %(problems)s")),
    "protocol_version_taken": (
        409,
        mark("La versión %(version)s de «%(protocol)s» ya está publicada: suba el número."),
    ),
    "relay_answered": (409, mark("Ese relevo ya se contestó: está %(status)s.")),
    "relay_not_received": (422, mark("Si el otro estado no aceptó, no recibió a nadie: deje vacía la cifra.")),
    "realm_is_open": (409, mark("La bitácora ya está abierta con el nombre «%(realm)s».")),
    "same_version": (409, mark("La activación ya está en la versión %(version)s.")),
    "same_group": (422, mark("Son partes de un mismo grupo: una parte solo puede volver al grupo del que se separó.")),
    "sign_in": (401, mark("Inicie sesión para continuar.")),
    "split_leaves_nobody": (422, mark("Separar %(people)s de %(all)s no deja a nadie en el grupo.")),
    "tell_empty_places": (422, mark("De este albergue no se publica un total: diga cuántos lugares hay libres.")),
    "too_far_ahead": (409, mark("La comida se pide para %(nights)s días, hoy incluido: elija uno anterior.")),
    "too_far_for_meals": (409, mark("Ese lugar queda a más de %(km)s km: hasta ahí no se lleva comida.")),
    "too_many_tries": (429, mark("Demasiados intentos. Espere un minuto.")),
    "two_persons": (
        403,
        mark("Publicar es cosa de dos personas de la coordinación, cada una con su cuenta: falta la otra."),
    ),
    "unaccompanied_with_adults": (422, mark("Una familia marcada «no acompañada» no puede llevar adultos.")),
    "unknown_activation": (422, mark("Esa activación no existe o ya cerró.")),
    "unknown_case": (404, mark("Ese caso no existe o ya se cerró.")),
    "unknown_draft": (404, mark("Ese borrador no existe.")),
    "unknown_group": (404, mark("Ese grupo no existe o ya no está abierto.")),
    "unknown_kitchen": (404, mark("Ese comedor no existe.")),
    "unknown_level": (422, mark("El nivel «%(level)s» no existe. Los del protocolo: %(known)s.")),
    "unknown_machine": (422, mark("El protocolo no lleva casos «%(machine)s». Los que puede abrir: %(known)s.")),
    "unknown_notice": (404, mark("Ese aviso no existe o ya se leyó.")),
    "unknown_order": (404, mark("Ese pedido de raciones no existe.")),
    "unknown_place": (404, mark("Ese lugar del mapa no existe.")),
    "unknown_placement": (404, mark("Esa colocación no existe.")),
    "unknown_protocol": (422, mark("No hay ningún protocolo «%(protocol)s» publicado. Los hay: %(known)s.")),
    "unknown_relay": (404, mark("Ese relevo no existe.")),
    "unknown_section": (422, mark("El albergue no tiene lugares de tipo «%(section)s». Tiene: %(known)s.")),
    "unknown_shelter": (404, mark("Ese albergue no existe.")),
    "unknown_station": (422, mark("Esa estación no existe: elija una de la lista.")),
    "unknown_target": (404, mark("Esa activación o grupo no existe.")),
    "unknown_task": (404, mark("Esa tarea no existe o ya se cerró.")),
    "unknown_version": (422, mark("La versión %(version)s de «%(protocol)s» no está publicada.")),
    "version_not_higher": (
        409,
        mark("La versión %(version)s de «%(protocol)s» no es mayor que la %(above)s, ya publicada: suba el número."),
    ),
    "wrong_sign_in": (401, mark("El correo o la contraseña no son correctos.")),
}

MISTAKES: dict[str, str] = {
    "bad_format": mark("No tiene la forma esperada."),
    "missing": mark("Falta este dato."),
    "no_offset": mark("Falta la zona horaria: escriba la hora con su diferencia, por ejemplo 21:00-06:00."),
    "not_a_choice": mark("No es una de las opciones."),
    "not_a_date": mark("No es una fecha y hora válida."),
    "not_a_number": mark("Escriba un número, sin letras; si se cuentan personas o lugares, entero."),
    "not_json": mark("El cuerpo no es JSON válido."),
    "not_object": mark("El cuerpo debe ser un objeto JSON."),
    "not_text": mark("Debe ser un texto."),
    "not_valid": mark("El valor no es válido."),
    "not_yes_or_no": mark("Responda sí o no."),
    "too_large": mark("El máximo es %(most)s."),
    "too_long": mark("Es demasiado largo: caben %(most)s letras."),
    "too_short": mark("No puede quedar vacío."),
    "too_small": mark("El mínimo es %(least)s."),
    "unknown_field": mark("Ese campo no existe aquí."),
    "wrong_shape": mark("No tiene la estructura esperada (lista u objeto)."),
}

HTTP_SENTENCES: dict[int, str] = {
    400: mark("La petición no se entiende."),
    404: mark("No existe o no está a su alcance."),
    405: mark("Eso no se puede hacer aquí."),
    413: mark("El envío es demasiado grande."),
}
"""What the web framework itself refuses, by status; 400 for all others."""


def status_of(refusal: Refusal) -> int:
    return REFUSALS[refusal.code][0]


def sentence(refusal: Refusal) -> str:
    """The refusal in the reader's language, with what would be right."""
    details = {name: _told(value) for name, value in refusal.details.items()}
    return _(REFUSALS[refusal.code][1], **details)


def _told(value: Any) -> str:
    if isinstance(value, list | tuple):
        members = cast("Sequence[object]", value)
        return ", ".join(str(member) for member in members) or _("nada")
    if isinstance(value, Reason):
        return reason(value)
    return _("sin dato") if value is None else str(value)


def mistake_sentence(mistake: Mistake) -> str:
    return _(MISTAKES[mistake.code], **mistake.details)


def problem_of_refusal(refusal: Refusal) -> dict[str, Any]:
    """RFC 9457: the field that is wrong is named, and the numbers come with the sentence."""
    body: dict[str, Any] = {
        "type": f"urn:caravan:{refusal.code}",
        "title": sentence(refusal),
        "status": status_of(refusal),
        "code": refusal.code,
        "details": refusal.details,
    }
    if refusal.field is not None:
        body["errors"] = [{"field": refusal.field, "code": refusal.code, "message": sentence(refusal)}]
    return body


def problem_of_malformed(malformed: Malformed) -> dict[str, Any]:
    return {
        "type": "urn:caravan:malformed",
        "title": _("Hay datos por corregir."),
        "status": 422,
        "code": "malformed",
        "errors": [{"field": m.field, "code": m.code, "message": mistake_sentence(m)} for m in malformed.mistakes],
    }
