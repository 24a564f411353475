"""Desks with hours, calendars, cases, delayed events, acceptance, erasable texts: each key as it is read, each mistake with its place."""

from datetime import date, time

import pytest
from written_protocols import HEAD, MACHINE, problems, state_problem, with_state

from caravan.protocol.load import load
from caravan.protocol.model import Duration, Moment, Protocol, State
from caravan.protocol.workdays import LFPA28, Recurring

HOURS = "horarios: {ventanilla: {etiqueta: {es: Ventanilla}, dias: [lun, vie], abre: 09:00, cierra: 14:30}}\n"
CASE_FACTS = "  caso: {intentos: entero, urgente: booleano, cita: fecha, resultado: {uno_de: [hallada, sin_datos]}}\n"
CASE = """\
  llamada:
    instancia: caso
    etiqueta: {es: Una llamada}
    estados:
      c: {BODY}
      d: {final: true}
"""


def text(body: str = "{cuando: {e: b}}", *, hours: str = HOURS, top: str = "") -> str:
    return HEAD + hours + top + MACHINE.replace("{BODY}", body)


def loaded(body: str = "{cuando: {e: b}}", **parts: str) -> Protocol:
    return load(text(body, **parts))


def first(protocol: Protocol, machine: str = "operativo") -> State:
    return protocol.machines[machine].states[0]


def case(body: str, facts: str = CASE_FACTS, events: str = "eventos: {verificar: {motivo: texto}}") -> str:
    head = HEAD.replace("eventos: {verificar: {motivo: texto}}\n", facts + events + "\n")
    return head + MACHINE.replace("{BODY}", "{cuando: {e: b}}") + CASE.replace("{BODY}", body)


def said(whole: str) -> list[str]:
    """The problems of a file without their places."""
    return [problem.partition(": ")[2] for problem in problems(whole)]


# -- hours


def test_a_desk_has_days_hours_and_words_and_is_shut_on_days_that_do_not_count():
    desk = loaded().services["ventanilla"]
    assert (desk.days, desk.opens, desk.closes) == ((0, 4), time(9), time(14, 30))
    assert desk.working_days
    assert desk.label == {"es": "Ventanilla"}
    assert not loaded(hours=HOURS.replace("14:30", "14:30, inhabiles: abierto")).services["ventanilla"].working_days


def test_a_delay_may_end_when_a_desk_opens_or_closes():
    body = "{tras: {abre ventanilla: b, cierra ventanilla: b, 45 s: b}}"
    assert [transition.delay for transition in first(loaded(body)).transitions] == [
        Moment(what="opens", service="ventanilla"),
        Moment(what="closes", service="ventanilla"),
        Duration(45, "s"),
    ]


def test_a_condition_may_ask_whether_a_desk_is_open():
    assert (
        first(loaded("{siempre: [{si: abierto('ventanilla'), ir_a: b}]}")).transitions[0].guard
        == "abierto('ventanilla')"
    )


@pytest.mark.parametrize(
    ("hours", "message"),
    [
        ("dias: [lun], abre: 09:00", "horario «v»: falta «cierra»"),
        ("dias: [], abre: 09:00, cierra: 10:00", "horario «v»: «dias» no tiene ningún día: no contaría nunca"),
        ("dias: [lunes], abre: 09:00, cierra: 10:00", "horario «v»: día desconocido «lunes»; ¿quiso decir «lun»?"),
        ("dias: lun, abre: 9:00, cierra: 10:00", "horario «v»: hora «9:00» mal escrita; se escribe 09:00"),
        ("dias: lun, abre: 09:00, cierra: 24:00", "horario «v»: hora «24:00» mal escrita; se escribe 09:00"),
        ("dias: lun, abre: 22:00, cierra: 06:00", "horario «v»: «cierra» es más tarde que «abre», el mismo día"),
        ("dias: lun, abre: 09:00, cierra: 10:00, inhabiles: no", "horario «v»: «inhabiles» es «no»"),
        ("dias: sab, abre: 09:00, cierra: 10:00", "horario «v»: no abriría nunca: «lfpa28» no cuenta esos días; ponga «inhabiles: abierto»"),
        ("dias: lun, abre: 09:00, cierra: 10:00, cirra: 11:00", "horario «v»: clave desconocida «cirra»; ¿quiso decir «cierra»?"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_hours_is_told(hours: str, message: str):
    assert said(text(hours=f"horarios: {{v: {{{hours}}}}}\n")) == [message]


def test_a_desk_nobody_declared_is_told_with_the_nearest_one():
    guard = text("{siempre: [{si: abierto('ventanila'), ir_a: b}]}")
    assert said(guard) == ["estado «a», «siempre»: horario desconocido «ventanila»; ¿quiso decir «ventanilla»?"]
    assert said(text("{tras: {abre ventanila: b}}")) == [
        "estado «a»: horario desconocido «ventanila»; ¿quiso decir «ventanilla»?"
    ]


# -- calendars

CALENDAR = """\
calendarios:
  estatal:
    fuente: Decreto inventado
    semana: [lun, mar, mie, jue]
    fijos: [01-01, 09-16]
    cada: [{dia: 12-01, desde: 2018, anos: 6}]
    cierres: {2026-12-24: Acuerdo inventado}
"""


def test_a_file_may_bring_a_calendar_of_its_own():
    calendar = load(text(top=CALENDAR).replace("calendario: lfpa28", "calendario: estatal")).calendar
    assert (calendar.id, calendar.source, calendar.weekdays) == ("estatal", "Decreto inventado", (0, 1, 2, 3))
    assert calendar.holidays == ((1, 1), (9, 16))
    assert calendar.recurring == (Recurring(month=12, day=1, since=2018, every=6),)
    assert calendar.closures == {date(2026, 12, 24): "Acuerdo inventado"}
    assert not calendar.counts(date(2026, 12, 24))


def test_closures_alone_are_added_to_the_calendar_the_program_brings():
    added = load(text(top="calendarios: {lfpa28: {cierres: {2026-12-24: Acuerdo inventado}}}\n")).calendar
    assert (added.holidays, added.recurring, added.weekdays) == (LFPA28.holidays, LFPA28.recurring, LFPA28.weekdays)
    assert not added.counts(date(2026, 12, 24))
    assert loaded().calendar is LFPA28


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[lun, mar, mie, jue]", "[]", "calendario «estatal»: «semana» no tiene ningún día: no contaría nunca"),
        ("jue]", "jueves]", "calendario «estatal»: día desconocido «jueves»; ¿quiso decir «jue»?"),
        ("09-16]", "9-16]", "calendario «estatal»: día «9-16» mal escrito; se escribe mes y día, como 09-16"),
        ("09-16]", "02-30]", "calendario «estatal»: día «02-30» mal escrito; se escribe mes y día, como 09-16"),
        ("anos: 6", "anos: 0", "calendario «estatal»: cada: «anos» va de 1 a 100"),
        ("2026-12-24: Acuerdo inventado", "2026-13-24: Acuerdo", "calendario «estatal»: fecha «2026-13-24» mal escrita; se escribe 2026-12-01"),
        ("2026-12-24: Acuerdo inventado", "2026-12-24: ''", "calendario «estatal»: el cierre del 2026-12-24 dice qué acuerdo lo ordena"),
        ("01-01, 09-16", ", ".join(f"{month:02}-{day:02}" for month in range(1, 6) for day in range(1, 29)), "calendario «estatal»: más de 100 días inhábiles al año: casi no cuenta ninguno"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_calendar_is_told(old: str, new: str, message: str):
    assert old in CALENDAR
    assert said(text(top=CALENDAR.replace(old, new))) == [message]


def test_the_calendar_of_a_file_is_among_those_it_may_name():
    found = said(text(top=CALENDAR).replace("calendario: lfpa28", "calendario: estatl"))
    assert found == ["calendario: calendario desconocido «estatl»; ¿quiso decir «estatal»?"]


# -- who may send, what a pack locks, what is erased


def test_a_transition_names_who_alone_may_send_it():
    state = first(loaded("{cuando: {aceptar: {ir_a: b, envia: [DIF, SDH], bloqueado: true}}, bloqueado: true}"))
    assert (state.transitions[0].senders, state.transitions[0].locked, state.locked) == (("DIF", "SDH"), True, True)


def test_an_event_may_carry_a_text_that_can_be_erased():
    whole = text().replace("{motivo: texto}", "{relato: {tipo: texto, borrable: true}}")
    assert load(whole).events["verificar"]["relato"].erasable


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{cuando: {e: {ir_a: b, envia: [‸DIFF]}}}", "estado «a», «e»: agencia desconocida «DIFF»; ¿quiso decir «DIF»?"),
        ("{cuando: {e: {ir_a: b, envia: ‸[]}}}", "estado «a», «e»: «envia» no nombra a nadie"),
        ("{cuando: {todos_salieron: {ir_a: b, envia: ‸DIF}}}", "estado «a», «todos_salieron»: «todos_salieron» lo envía el programa, no una agencia"),
        ("{tras: {1 h: {ir_a: b, envia: ‸DIF}}}", "estado «a», «tras»: «envia» solo va en «cuando»"),
        ("{bloqueado: ‸si, cuando: {e: b}}", "estado «a»: «bloqueado»: se esperaba true o false"),
        ("{cuando: {e: {ir_a: [‸b" + ", b" * 24 + "]}}}", "estado «a»: más de 24 destinos"),
        ("{escala: {peldanos: ‸[], cada: 1 h}}", "estado «a»: la escala no tiene peldaños"),
        ("{escala: {peldanos: [SDH], cada: ‸0 min}}", "estado «a»: «cada» es más que cero: todos los peldaños sonarían a la vez"),
        ("{fuente: {D: ‸[x]}}", "estado «a»: «D»: se esperaba texto"),
        ("{al_entrar: [{emitir: {evento: ‸'*'}}]}", "estado «a»: emitir: el evento «*» lleva minúsculas, números, «_» y puntos"),
        ("{al_entrar: [{emitir: {evento: x, tras: ‸pronto}}]}", "estado «a»: emitir: duración «pronto» mal escrita; se escribe como «30 min», «4 h», «1 d» o «30 dh»"),
        ("{al_entrar: [{cancelar: {evento: ‸x}}]}", "estado «a»: cancelar: ningún «emitir» con «tras» demora «x»"),
        ("{al_entrar: [{purgar: {‸todo: 1}}]}", "estado «a»: purgar: clave desconocida «todo»"),
        ("{al_entrar: [{‸anotar: {x: 1}}]}", "estado «a»: anotar: solo una máquina de «caso» anota"),
        ("{al_entrar: [{abrir_caso: {maquina: ‸operativo}}]}", "estado «a»: abrir_caso: la máquina «operativo» no es de «caso»"),
        ("{al_entrar: [{abrir_caso: {maquina: ‸operativos}}]}", "estado «a»: abrir_caso: máquina desconocida «operativos»; ¿quiso decir «operativo»?"),
        ("{al_entrar: [{proponer_relevo: {a: ‸MX, personas: 5}}]}", "estado «a»: proponer_relevo: el pcode «MX» es «MX» y dos cifras"),
        ("{al_entrar: [{pedir_albergue: {personas: ‸muchas}}]}", "estado «a»: pedir_albergue: se esperaba un número entero"),
        ("{al_entrar: [{pedir_albergue: {personas: ‸=grupo.ingreso_al_pais}}]}", "estado «a»: pedir_albergue: se esperaba un número entero"),
    ],
)  # fmt: skip
def test_a_mistake_in_what_a_state_does_is_told_with_its_place(body: str, message: str):
    assert state_problem(body) == message


def test_an_erasable_text_is_read_by_no_condition_and_no_effect():
    carried = "{relato: {tipo: texto, borrable: true}}"
    for body in (
        "{cuando: {verificar: {si: evento.relato == 'x', ir_a: b}}}",
        "{cuando: {verificar: {ir_a: b, hacer: [{registrar: {nota: n, relato: =evento.relato}}]}}}",
    ):
        (only,) = said(text(body).replace("{motivo: texto}", carried))
        assert only.endswith("«evento.relato» es borrable: no queda donde se lea")


def test_only_a_text_that_an_event_carries_can_be_erasable():
    other = text().replace("{motivo: texto}", "{motivo: {tipo: entero, borrable: true}}")
    of_a_fact = text().replace("horas_sin_comer: {tipo: entero,", "horas_sin_comer: {tipo: entero, borrable: true,")
    for whole in (other, of_a_fact):
        assert [problem.partition("«borrable» ")[2] for problem in said(whole)] == [
            "es de los textos que lleva un evento"
        ]


# -- delayed events, cases, relays


def test_an_event_may_be_sent_later_and_called_off():
    body = "{al_entrar: [{emitir: {evento: recordar, tras: 12 h}}], cuando: {e: {ir_a: b, hacer: [{cancelar: {evento: recordar}}]}}}"
    state = first(loaded(body))
    assert state.on_entry[0].args == {"evento": "recordar", "tras": "12 h"}
    assert state.transitions[0].actions[0].args == {"evento": "recordar"}


def test_a_case_has_values_of_its_own_and_its_machine_notes_them():
    body = "{al_entrar: [{anotar: {intentos: 1, urgente: true, cita: 2026-12-01, resultado: hallada}}], cuando: {e: {si: caso.urgente, ir_a: d}}}"
    protocol = load(case(body))
    assert protocol.facts["caso"]["resultado"].options == ("hallada", "sin_datos")
    assert first(protocol, "llamada").on_entry[0].args == {
        "intentos": 1,
        "urgente": True,
        "cita": "2026-12-01",
        "resultado": "hallada",
    }
    assert (protocol.machines["llamada"].instance, protocol.machines["llamada"].label) == (
        "caso",
        {"es": "Una llamada"},
    )
    raised = load(case("{al_entrar: [{anotar: {intentos: =caso.intentos + 1}}], cuando: {e: d}}"))
    assert first(raised, "llamada").on_entry[0].args == {"intentos": "=caso.intentos + 1"}


def test_a_case_machine_may_be_opened_and_may_be_opened_by_nobody():
    whole = case("{cuando: {e: d}}")
    load(whole)
    opening = whole.replace("a: {cuando: {e: b}}", "a: {al_entrar: [{abrir_caso: {maquina: llamada}}], cuando: {e: b}}")
    assert first(load(opening)).on_entry[0].args == {"maquina": "llamada"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("anotar: {intento: 1}", "anotar: el caso no declara el dato «intento»; ¿quiso decir «intentos»?"),
        ("anotar: {intentos: muchos}", "anotar: «muchos» no es un valor de este tipo"),
        ("anotar: {intentos: [1]}", "anotar: valor mal escrito"),
        ("anotar: {urgente: si}", "anotar: «si» no es un valor de este tipo"),
        ("anotar: {cita: mañana}", "anotar: fecha «mañana» mal escrita; se escribe 2026-12-01"),
        ("anotar: {resultado: halada}", "anotar: no es una opción «halada»; ¿quiso decir «hallada»?"),
        ("anotar: {resultado: =caso.intentos}", "anotar: «resultado» es de otro tipo"),
        ("anotar: {intentos: =caso.intento}", "anotar: dato desconocido «caso.intento»; ¿quiso decir «caso.intentos»?"),
        ("anotar: {}", "anotar: no anota nada"),
    ],
)
def test_a_mistake_in_what_a_case_notes_is_told(body: str, message: str):
    assert said(case(f"{{al_entrar: [{{{body}}}], cuando: {{e: d}}}}")) == [f"estado «c»: {message}"]


def test_a_case_keeps_no_free_text():
    (only,) = said(case("{cuando: {e: d}}", facts="  caso: {nombre: texto}\n"))
    assert only.startswith("dato «caso.nombre»: un caso no guarda texto libre")


def test_a_case_may_not_keep_more_than_a_reader_can_oversee():
    facts = "  caso: {" + ", ".join(f"x{number}: entero" for number in range(301)) + "}\n"
    assert said(case("{cuando: {e: d}}", facts=facts)) == ["datos: más de 300 datos"]


def test_a_relay_is_proposed_to_a_state_with_a_number_of_people():
    body = "{al_entrar: [{proponer_relevo: {a: MX14, personas: =grupo.personas}}, {purgar: {}}], cuando: {relevo_aceptado: b}}"
    relay, purge = first(loaded(body)).on_entry
    assert relay.args == {"a": "MX14", "personas": "=grupo.personas"}
    assert (purge.kind, purge.args) == ("purgar", {})


def test_a_final_state_may_do_something_when_it_is_entered():
    whole = with_state("{cuando: {e: b}}").replace("b: {final: true}", "b: {final: true, al_entrar: [{purgar: {}}]}")
    assert load(whole).machines["operativo"].states[1].on_entry[0].kind == "purgar"


def test_a_file_without_any_machine_is_refused():
    assert said(HEAD + "maquinas: {}\n") == ["maquinas: no lleva ninguna máquina"]


def test_the_first_states_of_a_machine_stand_in_different_regions():
    whole = with_state("{cuando: {e: b}}").replace("inicial: a", "inicial: [a, b]")
    assert said(whole) == ["máquina «operativo»: «a» y «b» no están en regiones distintas"]


def test_events_that_only_the_program_sends_may_be_awaited_and_cases_counted():
    counted = text(
        "{cuando: {relevo_aceptado: b, relevo_rechazado: b}, siempre: [{si: activacion.casos_abiertos == 0, ir_a: b}]}"
    )
    load(counted.replace("activacion: {nivel:", "activacion: {casos_abiertos: entero, nivel:"))


# -- bounds, and what the engine could not run


def test_a_machine_that_would_begin_in_a_memory_of_itself_is_refused():
    (only,) = problems(with_state("{inicial: h, historia: {h: profunda}, estados: {c: {final: true}}}"))
    assert only.startswith("línea 19, columna 3: máquina «operativo»: ")
    assert "«h»" in only


def test_events_may_not_carry_more_than_a_reader_can_oversee():
    carried = ", ".join(f"e{number}: {{x{number}: entero}}" for number in range(301))
    assert said(text().replace("eventos: {", f"eventos: {{{carried}, ")) == ["eventos: más de 300 datos"]


def test_a_beginning_names_a_bounded_number_of_states():
    regions = ", ".join(f"r{number}: {{estados: {{q{number}: {{}}}}}}" for number in range(25))
    names = ", ".join(f"r{number}" for number in range(25))
    assert said(with_state(f"{{paralelo: {{{regions}}}, inicial: [{names}], cuando: {{e: b}}}}")) == [
        "estado «a»: más de 24 estados iniciales"
    ]


def test_a_calendar_may_not_be_closed_for_ever():
    days = ", ".join(f"{2000 + number // 28}-01-{number % 28 + 1:02}: x" for number in range(1001))
    assert said(text(top=f"calendarios: {{lfpa28: {{cierres: {{{days}}}}}}}\n")) == [
        "calendario «lfpa28»: más de 1000 cierres"
    ]
