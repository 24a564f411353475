"""Small protocols that run beside the state's own: a line of calls, an alert with a time of grace, a relay to another state."""

from __future__ import annotations

from pathlib import Path

from realm import Night

from caravan import commands as c
from caravan import events as e
from caravan.basics import SYSTEM, Actor
from caravan.geography import Position
from caravan.stations import Office

_FILES = Path(__file__).parent / "stories" / "files"
LINE_TEXT, ALERT_TEXT, RELAY_TEXT = (
    (_FILES / f"{name}.yaml").read_text(encoding="utf-8") for name in ("linea", "alerta", "relevo")
)
LINE = Actor(agency="LINEA", role="agency", user="l1")
CONSULATE = Actor(agency="CONSULADO", role="agency", user="k1")
OFFICE = Office(
    id="linea", name="Oficina de la línea", agency="LINEA", municipality="MX11020", town="León",
    position=Position(lat=21.12, lon=-101.68),
)  # fmt: skip


def runs(night: Night, text: str, protocol: str, place: str = "linea") -> str:
    """Publishes a protocol beside the state's own and opens an activation of it; the activation's id."""
    night.do(c.PublishProtocol(text=text), SYSTEM)
    night.do(c.RegisterOffice(office=OFFICE))
    return night.create(c.ActivateProtocol(station=place, reason="Empieza la guardia", protocol=protocol))


def line(night: Night) -> str:
    return runs(night, LINE_TEXT, "linea-de-ensayo")


def call(night: Night, activation: str) -> str:
    """A call comes in; the id of its case."""
    outcome = night.do(c.SendEvent(event="llamada", activation=activation), LINE)
    return next(event.case.id for event in outcome.events if isinstance(event, e.CaseOpened))


def heard(night: Night, activation: str, story: str = "Teme por sus hijos", people: int = 3) -> str:
    """A call that was listened to while the desk is open."""
    case = call(night, activation)
    night.do(c.SendEvent(event="escuchar", case=case, payload={"relato": story, "personas": people}), LINE)
    return case
