"""The notices to agencies as sentences, with the figures this reader is told."""

from __future__ import annotations

from datetime import date, datetime

from caravan.server.web.pages.horizons import short_stay
from caravan.server.web.pages.names import state_name
from caravan.server.web.pages.wording import day, diet, level, when, word
from caravan.server.web.words import gettext as _
from caravan.server.web.words import mark
from caravan.sharing import SharedPicture
from caravan.tasks import Notice

NOTICES: dict[str, str] = {
    "activacion": mark("Se activó el protocolo."),
    "llegada": mark("Llegó un grupo."),
    "faltan_lugares": mark("Faltan lugares para el grupo."),
    "faltan_raciones": mark("Faltan raciones para el grupo."),
    "sobrecupo": mark("Hay sobrecupo."),
    "manifiestan_temor": mark(
        "Alguien del grupo teme volver o pide asilo: COMAR debe saberlo por escrito de inmediato (LR 21)."
    ),
    "promesas_sin_lugar": mark("Un albergue ya no tiene lugar para personas que espera: hay que buscarles otro."),
    "llegaron_mas": mark("Llegaron más personas de las esperadas."),
    "mudanza": mark("Hay camas apartadas en otra casa para quienes ahí no tienen: pregúnteles si quieren mudarse."),
    "se_mudaron": mark("Personas que ahí no tenían cama llegaron a otra casa."),
    "mudanza_de_mas": mark("Hay camas apartadas en otra casa que ya nadie necesita: si es así, retírelas."),
    "oferta_retirada": mark("Ya no hace falta guardar los lugares apartados."),
    "ninez_detectada": mark("Hay niñas, niños o adolescentes en el grupo (LM 95, 98 y 112)."),
    "falta_interprete": mark("Falta intérprete para el grupo."),
    "presentacion": mark("Personas del grupo fueron puestas a disposición del INM (36 horas, LM 68)."),
    "ninez_en_presentacion": mark(
        "Hay niñas, niños o adolescentes en una presentación ante el INM: nunca en estación migratoria; debe terminar (LM 99, LR 20)."
    ),
    "incidente": mark("Hay un incidente de seguridad."),
    "adopcion_interesado": mark("Un estado quiere adoptar el protocolo."),
    "adopcion_simulacro": mark("El protocolo que se adopta va a simulacro."),
    "adopcion_vigente": mark("El estado firmó el protocolo que adoptó: ya rige."),
    "vencido": mark("Un paso está vencido."),
    "por_vencer": mark("Un plazo está por vencer."),
    "detenido": mark(
        "El protocolo no puede seguir desde un paso: se detuvo solo su reloj. Hay que corregir el protocolo."
    ),
    "oferta": mark("Se apartaron lugares: responda antes de que venza."),
    "estancia_corta": mark("La estancia termina antes que el trámite."),
    "oferta_vencida": mark("Venció un apartado sin respuesta."),
    "raciones": mark("Se pidieron raciones."),
    "menos_raciones": mark("Ya no hacen falta raciones de un pedido: no las prepare."),
    "raciones_movidas": mark("Raciones ya pedidas cambian de lugar de entrega."),
    "comida_cambia": mark("Un comedor no podrá traer lo pedido; lo que otros tengan ya se les pidió."),
    "comida_cancelada": mark("Un comedor canceló raciones."),
    "se_sirvio_menos": mark("Un comedor sirvió menos raciones de las pedidas."),
}
_FACTS: dict[str, str] = {
    "personas": mark("personas"), "nivel": mark("nivel"), "por_colocar": mark("por colocar"), "nna": mark("NNA"),
    "no_acompanados": mark("no acompañados"), "ocupadas": mark("ocupadas"), "lugares": mark("lugares"), "albergue": mark("albergue"),
    "sin_cama": mark("sin cama"), "hay_lugar": mark("hay lugar en"), "esperadas": mark("esperadas"), "llegaron": mark("llegaron"), "raciones": mark("raciones"), "servicio": mark("servicio"),
    "dia": mark("día"), "vence": mark("vence"), "estado": mark("paso"), "vencio": mark("venció"), "raciones_faltantes": mark("faltan"),
    "raciones_repuestas": mark("repuestas por otros"), "dieta": mark("dieta"),
}  # fmt: skip


def notice_sentence(notice: Notice, share: SharedPicture) -> str:
    """What the notice says, with its figures; a figure nobody knows is left out."""
    if notice.template == "estancia_corta":
        return _short_stay(notice)
    sentence = (
        _(NOTICES[notice.template])
        if notice.template in NOTICES
        else notice.template.replace("_", " ").capitalize() + "."
    )
    figures = [
        f"{_(_FACTS[name])}: {_figure(name, value, notice, share)}"
        for name, value in notice.facts.items()
        if name in _FACTS and value is not None
    ]
    return f"{sentence.removesuffix('.')} ({'; '.join(figures)})." if figures else sentence


def _short_stay(notice: Notice) -> str:
    facts = notice.facts
    people = facts.get("personas")
    return short_stay(
        str(facts["albergue"]), date.fromisoformat(str(facts["hasta"])), int(str(facts["tramite"])),
        people if isinstance(people, int) else None,
    )  # fmt: skip


def _figure(name: str, value: object, notice: Notice, share: SharedPicture) -> str:
    text = str(value)
    if name in ("vence", "vencio"):
        return when(datetime.fromisoformat(text))
    if name == "estado" and notice.activation is not None:
        return state_name(share, notice.activation, text)
    if name == "dia":
        return day(date.fromisoformat(text))
    if name == "nivel":
        return level(text)
    if name == "dieta":
        return diet(text)
    return word(text) if name == "servicio" else text
