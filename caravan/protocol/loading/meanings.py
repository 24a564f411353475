"""What each key of a protocol file and each effect means, for whoever writes one: the words of the reference and of the
help an editor shows."""

from __future__ import annotations

from caravan.basics import Record
from caravan.protocol.loading import schema
from caravan.protocol.loading.schema import Table


class Described(Record, frozen=True):
    """A table of keys: where in a file it stands, and what each key means there."""

    where: str
    table: Table
    meanings: dict[str, str]


TABLES: dict[str, Described] = {
    "El archivo": Described(
        "En la raíz.",
        schema.PROTOCOL,
        {
            "protocolo": "Identificador corto.",
            "version": "Número que sube con cada publicación. Una activación abierta sigue en la suya.",
            "titulo": "Título por lengua: `{es: …, en: …}`.",
            "procedencia": "Qué es este texto y qué no es. Se muestra junto al protocolo.",
            "entidad": "El estado: nombre y clave OCHA.",
            "zona_horaria": "Zona IANA con la que se cuentan los días.",
            "calendario": "Calendario de los días hábiles (`dh`).",
            "agencias": "Quién participa. La clave de cada una se usa en todo el archivo.",
            "niveles": "Niveles por número de personas, de menor a mayor.",
            "maquinas": "Las máquinas de estados.",
            "deriva_de": "El paquete que extiende, como `base-legal@1`. Lo que el paquete bloquea no se quita ni se debilita.",
            "vigente_desde": "Fecha desde la que responde a las llegadas; hasta entonces responde la versión anterior. La primera que se publica responde desde luego, y un simulacro no la espera.",
            "escala": "A quién se avisa de un plazo vencido, si el estado no dice otra cosa.",
            "datos": "Hechos que leen las condiciones: `activacion`, `grupo`, `caso`. Los dos primeros, solo con nombres "
            "de la tabla de hechos; los de `caso` los pone el archivo y nunca son texto.",
            "eventos": "Datos que lleva cada evento. Los eventos sin datos no se declaran.",
            "horarios": "Ventanillas con horario, por nombre. Las leen `abierto('…')` y `tras: {abre …, cierra …}`.",
            "calendarios": "Calendarios de días hábiles, por nombre; `calendario` elige uno. El que lleva el nombre de uno del "
            "programa solo dice lo que cambia.",
        },
    ),
    "La entidad": Described(
        "Bajo `entidad`.",
        schema.STATE_OF,
        {"nombre": "Nombre del estado.", "pcode": "`MX` y dos cifras, por ejemplo `MX11`."},
    ),
    "Una agencia": Described(
        "Bajo `agencias`.",
        schema.AGENCY,
        {
            "nombre": "Nombre completo.",
            "papel": "Su papel. Las de `coordinacion` pueden enviar cualquier evento de personas.",
            "avisos": "Medios por los que se le avisa. Sin ninguno, un `avisar` a ella es un hallazgo.",
        },
    ),
    "Un nivel": Described(
        "En la lista `niveles`. Por debajo del primero rige `n0`.",
        schema.LEVEL,
        {"id": "Su nombre.", "desde": "Personas a partir de las cuales rige."},
    ),
    "La escala": Described(
        "En la raíz o en un estado.",
        schema.LADDER,
        {
            "peldanos": "A quién, en orden: una agencia, un papel o `responsable`. Sube uno por vez y al terminar se detiene.",
            "cada": "Cuánto se espera entre un peldaño y el siguiente.",
        },
    ),
    "Un hecho o un dato de evento": Described(
        "Bajo `datos` y `eventos`. Puede ser solo el tipo (`personas: entero`) o un mapa.",
        schema.FACT,
        {
            "tipo": "Uno de los tipos de abajo.",
            "uno_de": "Los valores admitidos, en vez de `tipo`.",
            "por_omision": "El valor que se toma cuando no se sabe.",
            "opcional": "Declara que puede no saberse.",
            "borrable": "Solo en un texto de un evento: no entra en la bitácora y `purgar` lo borra. Ninguna condición lo lee.",
        },
    ),
    "Un horario": Described(
        "Bajo `horarios`.",
        schema.SERVICE,
        {
            "dias": "Días de la semana: `lun`, `mar`, `mie`, `jue`, `vie`, `sab`, `dom`.",
            "abre": "Hora, como `09:00`, en la `zona_horaria` del archivo.",
            "cierra": "Hora más tarde que `abre`, el mismo día.",
            "etiqueta": "Sus palabras, por lengua.",
            "inhabiles": "Los días inhábiles del calendario está `cerrado` (así es si falta) o `abierto`.",
        },
    ),
    "Un calendario": Described(
        "Bajo `calendarios`. Lo que falta es como en el calendario del programa de ese nombre; si no lo hay, cuentan de lunes a "
        "viernes. Uno que no cuenta ningún día no se admite.",
        schema.CALENDAR,
        {
            "fuente": "La norma que lo fija.",
            "semana": "Días de la semana que cuentan.",
            "fijos": "Días de cada año que no cuentan, como `[01-01, 09-16]`.",
            "cada": "Días que no cuentan cada tantos años.",
            "cierres": "Fechas que no cuentan, cada una con el acuerdo que lo dice: `{2026-12-24: …}`.",
        },
    ),
    "Un día de cada tantos años": Described(
        "En la lista `cada` de un calendario.",
        schema.RECURRING,
        {"dia": "Mes y día, como `12-01`.", "desde": "Un año en que no contó.", "anos": "Cada cuántos años."},
    ),
    "Una máquina": Described(
        "Bajo `maquinas`.",
        schema.MACHINE,
        {
            "instancia": "De qué corre una copia por cada uno.",
            "estados": "Sus estados.",
            "inicial": "Dónde empieza; si falta, en el primero.",
            "etiqueta": "Sus palabras, por lengua.",
        },
    ),
    "Un estado": Described(
        "Bajo `estados` y `paralelo`.",
        schema.STATE,
        {
            "etiqueta": "Sus palabras, por lengua.",
            "responsable": "Agencia que responde de él. Se hereda hacia dentro.",
            "visible": "Agencias que pueden saber de él. Se hereda y hacia dentro solo puede reducirse.",
            "plazo": "Duración, o `{dura, desde, avisa_antes}`. Vencerlo avisa; no saca del estado. Se hereda.",
            "escala": "Su propia escala.",
            "fuente": "De dónde sale la regla, por marca: `{S: …, L: …, K: …, D: …}`.",
            "inicial": "En qué hijo empieza; si falta, en el primero. Una lista nombra uno por región.",
            "estados": "Hijos, de los que hay uno activo.",
            "paralelo": "Regiones, activas todas a la vez.",
            "final": "Estado final. Llegar a él termina a su padre.",
            "historia": "`{nombre: superficial}` o `{nombre: profunda}`: un destino que vuelve a donde se estaba.",
            "cuando": "Transiciones por evento.",
            "siempre": "Transiciones que se toman solas en cuanto su condición se cumple.",
            "tras": "Transiciones que se toman solas al pasar un tiempo en el estado (`7 d`), o cuando un horario `abre` o `cierra` "
            "(`abre ventanilla`). Sin destino, avisan y se quedan.",
            "al_terminar": "Transición al terminar sus hijos, o todas sus regiones.",
            "al_entrar": "Efectos al entrar.",
            "al_salir": "Efectos al salir.",
            "al_reanudar": "Efectos al volver por historia, en lugar de `al_entrar`. Los plazos siguen como estaban.",
            "bloqueado": "`true` en un paquete: quien lo extiende no puede quitarlo ni debilitarlo, ni lo que lleva dentro.",
        },
    ),
    "Una transición": Described(
        "En `cuando`, `siempre`, `tras` y `al_terminar`. Puede ser solo el destino, un mapa, o una lista de mapas: vale el primero "
        "cuya condición se cumple.",
        schema.TRANSITION,
        {
            "si": "Condición.",
            "ir_a": "Destino, o una lista de destinos en regiones distintas. Sin él no se sale del estado.",
            "hacer": "Efectos.",
            "requiere": "Constancias o datos que deben venir con el evento. Si faltan, se rechaza y se dice cuáles.",
            "envia": "Solo en `cuando`: las únicas agencias que pueden enviar ese evento. Sin ella, el responsable y la coordinación.",
            "externa": "Sale del estado y vuelve a entrar. En YAML las transiciones son internas si no se pide.",
            "etiqueta": "Palabras del botón.",
            "bloqueado": "`true` en un paquete: quien lo extiende no puede quitarla ni debilitarla.",
        },
    ),
    "Un plazo contado desde una fecha": Described(
        "En `plazo`.",
        schema.DEADLINE,
        {
            "dura": "Duración.",
            "desde": "Hecho con fecha desde el que se cuenta. Sin dato se muestra «sin fecha, urgente».",
            "avisa_antes": "Avisa al responsable con esta anticipación. En `min`, `h` o `d`.",
        },
    ),
}
"""By the title of their section."""

EFFECTS: dict[str, str] = {
    "avisar": "Un aviso por agencia, con esa plantilla; los demás argumentos son las cifras que dice.",
    "tarea": "Abre una tarea. Se retira sola al salir del estado. Sin `plazo` toma el del estado.",
    "pedir_albergue": "El grupo queda pidiendo albergue.",
    "pedir_alimentos": "El grupo queda pidiendo alimentos.",
    "registrar": "Un renglón en la bitácora.",
    "anotar": "Guarda valores en el caso, cada uno declarado en `datos: caso`. Solo en máquinas de `caso`.",
    "emitir": "Un evento en esta misma máquina, en el mismo paso; con `tras`, pasado ese tiempo, aunque ya se haya salido del estado.",
    "cancelar": "Retira los `emitir` demorados de ese evento.",
    "abrir_caso": "Abre un caso: una copia de una máquina de `caso`, con el grupo si la abre la máquina de un grupo.",
    "proponer_relevo": "Propone a otro estado recibir a tantas personas. La respuesta llega como `relevo_aceptado` o `relevo_rechazado`.",
    "purgar": "Borra los textos `borrable` de lo que atiende la máquina: el caso, el grupo o la activación.",
    "enviar": "Un evento a otras máquinas de la activación; con `tras`, pasado ese tiempo.",
}


def meanings_of(table: Table) -> dict[str, str]:
    """What the keys of one of the schema's tables mean."""
    return next(told.meanings for told in TABLES.values() if told.table is table)
