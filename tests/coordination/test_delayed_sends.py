"""An event that one machine sends to others later."""

from __future__ import annotations

from datetime import timedelta

from realm import NIGHTFALL

from caravan import events as e
from caravan.basics import SYSTEM
from caravan.commands import OpenRealm, PassTime, PublishProtocol, RegisterStation, ReportArrival
from caravan.coordination.loop import Outcome, coordinate
from caravan.geography import Position
from caravan.picture import Picture
from caravan.stations import Station

PROTOCOL = """
protocolo: ejemplo
version: 1
titulo: {es: Ejemplo}
procedencia: Hecho para una prueba.
entidad: {nombre: Guanajuato, pcode: MX11}
zona_horaria: America/Mexico_City
calendario: lfpa28
agencias:
  SDH: {nombre: Coordinación, papel: coordinacion, avisos: [correo]}
niveles: [{id: n1, desde: 15}]
maquinas:
  operativo:
    instancia: activacion
    inicial: esperando
    estados:
      esperando:
        etiqueta: {es: Esperando}
        responsable: SDH
        plazo: 1 d
        fuente: {D: prueba}
        cuando:
          grupo_registrado: {hacer: [{enviar: {a: grupos, evento: hora_de_revisar, tras: 2 h}}]}
          terminar: fin
      fin: {final: true}
  atencion:
    instancia: grupo
    inicial: recibido
    estados:
      recibido:
        etiqueta: {es: Recibido}
        responsable: SDH
        plazo: 1 d
        fuente: {D: prueba}
        cuando: {hora_de_revisar: revisado}
      revisado: {final: true}
"""


def test_a_send_with_a_delay_arrives_when_it_is_due_and_not_before() -> None:
    picture = Picture()

    def tell(command: object, hours: float = 0) -> Outcome:
        nonlocal picture
        outcome = coordinate(picture, command, by=SYSTEM, now=NIGHTFALL + timedelta(hours=hours))  # pyright: ignore
        picture = outcome.picture
        return outcome

    tell(OpenRealm(name="prueba", salt="0123456789abcdef"))
    tell(PublishProtocol(text=PROTOCOL))
    where = Position(lat=21.1, lon=-101.6)
    tell(
        RegisterStation(
            station=Station(id="leon", name="León", kind="bus", municipality="MX11020", town="León", position=where)
        )
    )
    group = tell(ReportArrival(station="leon", people=20, declared_by="brigada")).created
    assert group is not None
    tell(PassTime(), hours=1.9)
    assert picture.groups[group].status == "open"
    outcome = tell(PassTime(), hours=2)
    assert any(isinstance(event, e.SendDelivered) for event in outcome.events)
    assert picture.groups[group].status == "concluded"
    assert not tell(PassTime(), hours=3).events
