"""Small files with the shapes other procedures need, stepped by the engine alone: the language has room for them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from realm import PROTOCOLS

from caravan.protocol.check import check
from caravan.protocol.load import load
from caravan.protocol.model import Protocol, Snapshot, Step, Trigger
from caravan.protocol.outlook import missing_evidence, next_due, possible, waiting
from caravan.protocol.step import start, step

FILES = Path(__file__).parent / "files"
TUESDAY = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)  # 10:00 in the centre of Mexico
NAMES = sorted(path.stem for path in FILES.glob("*.yaml"))


def trial(name: str) -> Protocol:
    return load((FILES / f"{name}.yaml").read_text(encoding="utf-8"))


class Case:
    """One running copy, its facts, and a clock that fires what is due. What it notes of itself, it can read."""

    def __init__(self, protocol: Protocol, machine: str, now: datetime = TUESDAY, **facts: Any) -> None:
        self.protocol = protocol
        self.now = now
        noted = {name: fact.default for name, fact in protocol.facts.get("caso", {}).items()}
        self.facts: dict[str, dict[str, Any]] = {"caso": noted, "activacion": facts}
        self.last = start(protocol, machine, self.facts, now)
        self.told = list(self.last.effects)
        self._note()

    @property
    def snapshot(self) -> Snapshot:
        return self.last.snapshot

    def _take(self, trigger: Trigger) -> Step:
        self.last = step(self.protocol, self.snapshot, trigger, self.facts, self.now)
        self.told += self.last.effects
        return self.last

    def _note(self) -> None:
        while noted := [effect for effect in self.last.effects if effect.kind == "anotar"]:
            for effect in noted:
                self.facts["caso"].update(effect.args)
            self._take(Trigger(kind="facts"))

    def hears(self, event: str, by: str = "", **payload: Any) -> "Case":
        taken = self._take(Trigger(kind="event", name=event, payload=payload, sender=by)).taken
        assert taken, event
        self._note()
        return self

    def refuses(self, event: str, by: str = "", **payload: Any) -> bool:
        trigger = Trigger(kind="event", name=event, payload=payload, sender=by)
        return not step(self.protocol, self.snapshot, trigger, self.facts, self.now).taken

    def passes(self, **length: float) -> "Case":
        until = self.now + timedelta(**length)
        while (due := next_due(self.snapshot)) is not None and due <= until:
            self.now = due
            timer = min(self.snapshot.timers, key=lambda each: each.due)
            self._take(Trigger(kind="timer", timer=timer))
            self._note()
        self.now = until
        return self

    def stands_in(self) -> set[str]:
        return {each.state for each in waiting(self.protocol, self.snapshot)}

    def did(self, kind: str) -> list[Any]:
        return [effect.args for effect in self.told if effect.kind == kind]


def senders(case: Case, event: str) -> Iterable[str]:
    return next(each.senders for each in possible(case.protocol, case.snapshot, case.facts) if each.event == event)


@pytest.mark.parametrize("name", NAMES)
def test_every_trial_loads_and_has_no_findings(name: str):
    assert check(trial(name)) == []


def test_the_trials_are_the_five_shapes():
    assert NAMES == [
        "alerta-con-gracia",
        "caso-por-victima",
        "linea-con-ventanilla",
        "red-de-ciudad",
        "retorno-con-seguimiento",
    ]


# -- an alert with a grace period


def test_an_alert_withdrawn_in_its_grace_reaches_nobody_and_leaves_nothing():
    alert = Case(trial("alerta-con-gracia"), "alerta")
    alert.passes(seconds=30).hears("retirar", clave="propia").passes(days=1)
    assert alert.snapshot.done
    assert alert.did("avisar") == []
    assert alert.did("purgar") == [{}]


def test_an_alert_nobody_withdraws_goes_out_after_sixty_seconds_and_climbs_until_somebody_answers():
    alert = Case(trial("alerta-con-gracia"), "alerta")
    assert alert.passes(seconds=59).did("avisar") == []
    alert.passes(seconds=1)
    assert alert.stands_in() == {"despachada"}
    alert.passes(minutes=15)
    assert [each["avisar_a"] for each in alert.did("vencido") + alert.did("escalado") if "avisar_a" in each]
    alert.hears("acusar", by="CENTRAL")
    assert alert.stands_in() == {"por_contactar"}


def test_a_withdrawal_under_duress_goes_out_and_no_call_closes_it_as_a_false_alarm():
    alert = Case(trial("alerta-con-gracia"), "alerta").hears("retirar", clave="de_coaccion")
    assert alert.stands_in() == {"despachada"}
    alert.hears("retirar", clave="propia")
    assert alert.refuses("llamada_confirma")
    alert.hears("llamada_no_confirma")
    assert alert.stands_in() == {"por_contactar"}


def test_after_it_went_out_a_withdrawal_waits_for_the_call():
    alert = Case(trial("alerta-con-gracia"), "alerta").passes(minutes=1).hears("retirar", clave="propia")
    assert not alert.snapshot.done
    assert alert.hears("llamada_confirma").snapshot.active == ("falsa_alarma",)


def test_the_place_of_an_attended_alert_is_erased_after_three_days():
    alert = Case(trial("alerta-con-gracia"), "alerta").passes(minutes=1).hears("acusar", by="GUARDIA")
    alert.hears("detencion_confirmada").passes(days=2)
    assert alert.did("purgar") == []
    assert alert.passes(days=1).did("purgar") == [{}]
    assert alert.stands_in() == {"acompanamiento"}


# -- a line with office hours


def test_a_call_in_office_hours_is_taken_at_once_and_one_at_night_waits_for_the_opening():
    line = trial("linea-con-ventanilla")
    assert Case(line, "llamada").stands_in() == {"triaje"}
    night = Case(line, "llamada", now=datetime(2026, 11, 28, 4, 0, tzinfo=UTC))  # Friday 22:00
    assert night.stands_in() == {"fuera_de_horario"}
    assert next_due(night.snapshot) == datetime(2026, 11, 30, 15, 0, tzinfo=UTC)  # Monday 9:00
    assert night.passes(days=2, hours=11).stands_in() == {"triaje"}


def test_what_is_urgent_at_night_does_not_wait_for_the_opening():
    night = Case(trial("linea-con-ventanilla"), "llamada", now=datetime(2026, 11, 28, 4, 0, tzinfo=UTC))
    night.hears("es_urgente")
    assert {"enviada_urgente"} <= night.stands_in()
    assert night.did("avisar")[-1]["a"] == ["GUARDIA"]


@pytest.mark.parametrize(("urgent", "state"), [(True, "enviada_urgente"), (False, "enviada")])
def test_a_referral_is_accepted_or_declined_by_its_receiver_alone(urgent: bool, state: str):
    call = Case(trial("linea-con-ventanilla"), "llamada").hears("clasificar", urgente=urgent)
    assert state in call.stands_in()
    assert senders(call, "aceptar") == ("DIF",)
    assert call.refuses("aceptar", by="LINEA")
    assert missing_evidence(call.protocol, call.snapshot, "rechazar", {}, "DIF") == ("motivo",)
    call.hears("rechazar", by="DIF", motivo="no es de aquí")
    assert call.stands_in() == {"triaje"}
    assert call.hears("clasificar", urgente=urgent).hears("aceptar", by="DIF").stands_in() == {"seguimiento"}


def test_the_line_calls_back_at_24_and_72_hours_and_thirty_days_later_nothing_is_left():
    call = Case(trial("linea-con-ventanilla"), "llamada").hears("orientada", ficha="F-1")
    assert len(call.passes(hours=24).did("tarea")) == 1
    assert len(call.passes(hours=48).did("tarea")) == 2
    call.hears("concluir").passes(days=29)
    assert call.did("purgar") == []
    call.passes(days=1)
    assert call.did("purgar") == [{}]
    assert call.snapshot.done


# -- people who come back


def test_a_referral_without_an_answer_is_overdue_after_two_working_days():
    referral = Case(trial("retorno-con-seguimiento"), "empleo")
    assert referral.snapshot.deadlines["enviada"] == datetime(2026, 11, 27, 6, 0, tzinfo=UTC)  # the end of Thursday
    assert referral.refuses("aceptar", by="ENLACE")
    referral.hears("aceptar", by="EMPLEO").hears("servicio_iniciado", by="EMPLEO").hears("servicio_concluido")
    assert referral.snapshot.done


def test_a_person_is_looked_for_at_7_30_and_90_days_and_after_three_silences_no_more():
    followed = Case(trial("retorno-con-seguimiento"), "acompanamiento")
    for days, tasks in ((7, 1), (23, 2), (60, 3)):
        assert len(followed.passes(days=days).did("tarea")) == tasks
    assert followed.stands_in() == {"en_contacto"}
    silent = Case(trial("retorno-con-seguimiento"), "acompanamiento")
    silent.hears("no_contesta").hears("no_contesta")
    assert silent.stands_in() == {"en_contacto"}
    assert silent.hears("no_contesta").snapshot.active == ("sin_contacto",)


def test_an_activation_opens_cases_and_does_not_end_while_one_is_open():
    arrival = Case(trial("retorno-con-seguimiento"), "llegada", casos_abiertos=0).hears("recibida", constancia="C")
    arrival.hears("abrir_empleo").hears("abrir_seguimiento")
    assert [each["maquina"] for each in arrival.did("abrir_caso")] == ["empleo", "acompanamiento"]
    arrival.facts["activacion"]["casos_abiertos"] = 2
    assert arrival.refuses("terminar")
    arrival.facts["activacion"]["casos_abiertos"] = 0
    assert arrival.hears("terminar").snapshot.done


# -- one case per victim


def test_a_family_is_told_only_of_who_is_identified_and_anonymity_stands_unless_they_say_otherwise():
    victim = Case(trial("caso-por-victima"), "victima").hears("familia_localizada")
    assert victim.refuses("informada")
    assert victim.refuses("identificada", by="SDH", dictamen="D")
    victim.hears("identificada", by="FISCALIA", dictamen="D").hears("informada")
    assert victim.facts["caso"]["anonimato"] is True
    victim.hears("consentir", anonimato=True)
    assert victim.refuses("despedida")
    victim.hears("decidir_destino", destino="repatriacion").hears("decidir_destino", destino="aqui")
    assert victim.facts["caso"]["destino"] == "aqui"
    assert victim.hears("despedida").snapshot.done


# -- a city's network


@pytest.mark.parametrize(("full", "state"), [(79, "normal"), (80, "presion"), (95, "saturada"), (100, "colapso")])
def test_the_census_moves_the_network(full: int, state: str):
    network = Case(trial("red-de-ciudad"), "red").hears("censo", ocupacion=full)
    assert network.stands_in() == {state}


def test_an_hour_without_a_census_is_overdue():
    assert Case(trial("red-de-ciudad"), "red").passes(hours=1).did("vencido")


def test_the_profile_decides_the_shelter_and_the_shelter_says_who_has_a_bed():
    single = Case(trial("red-de-ciudad"), "persona").hears("perfilar", familia=False)
    assert single.refuses("asignar_familia")
    single.hears("asignar_solo")
    assert single.refuses("alojar", by="CIUDAD")
    single.hears("no_cupo", by="ALBERGUE").hears("asignar_solo").hears("alojar", by="ALBERGUE").hears("egreso")
    assert single.snapshot.done


# -- a state adopts a protocol


def test_an_adoption_goes_from_interest_to_force_with_two_signatures_and_comes_back_every_year():
    adoption = Case(load((PROTOCOLS / "adopcion-estatal.yaml").read_text(encoding="utf-8")), "adopcion")
    adoption.hears("oficio_recibido", oficio="O").hears("diagnostico_entregado", agencias="A", directorio="D")
    adoption.hears("version_elegida", protocolo_y_version="guanajuato@2")
    adoption.hears("archivo_terminado", archivo="A", huella="H")
    adoption.hears("sin_hallazgos", resultado="R", huella="H")
    assert adoption.refuses("dictamen_favorable", by="ENLACE", dictamen="D")
    adoption.hears("dictamen_favorable", by="JURIDICO", dictamen="D")
    adoption.hears("simulacro_hecho", informe="I")
    assert adoption.refuses("firma_del_enlace", by="TITULAR", huella="H")
    adoption.hears("firma_del_enlace", by="ENLACE", huella="H")
    assert adoption.refuses("firma_del_titular", by="ENLACE", huella="H", acuerdo="A")
    adoption.hears("firma_del_titular", by="TITULAR", huella="H", acuerdo="A")
    assert adoption.stands_in() == {"vigente"}
    assert adoption.passes(days=335).stands_in() == {"revision_anual"}
    assert adoption.hears("ratificado", informe="I").stands_in() == {"vigente"}
    assert adoption.hears("reforma_legal", articulo="LM 111").hears("hay_cambios", informe="I").stands_in() == {
        "overlay"
    }


def test_remarks_bring_the_file_back_to_whoever_writes_it():
    adoption = Case(load((PROTOCOLS / "adopcion-estatal.yaml").read_text(encoding="utf-8")), "adopcion")
    adoption.hears("oficio_recibido", oficio="O").hears("diagnostico_entregado", agencias="A", directorio="D")
    adoption.hears("version_elegida", protocolo_y_version="x@1").hears("archivo_terminado", archivo="A", huella="H")
    adoption.hears("sin_hallazgos", resultado="R", huella="H").hears("hay_observaciones", motivo="falta un plazo")
    assert adoption.stands_in() == {"overlay"}
